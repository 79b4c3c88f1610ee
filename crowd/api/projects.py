"""Projects over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from aggregation.registry import AGGREGATORS
from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Dollars, Number, Schema, about, share, slug, text, whole
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.models import Project
from crowd.models.project import PROJECT_STATES
from crowd.selection.strategies import STRATEGIES
from crowd.services import browse, instructions, pay, projects, scope
from crowd.services.instructions import Wording
from crowd.services.projects import MAX_LABELS, ProjectSettings

blueprint = Blueprint("projects", "What is asked, with its rules and its budget.")
# A model that is Python code is for the operator to set, on the command line: it runs with our rights.
MODELS = ("builtin",)
MOST_ANSWERS = 1000


class Settings(Schema):
    """The settings of a project."""

    title = text(200, metadata=about("Shown to workers; the slug where it is left out."))
    instructions = text(20_000, metadata=about("Shown to workers on every page."))
    price = Dollars(
        attribute="price_micros", metadata=about("For one answer, in dollars: “0.05”; 0 unless given.")
    )
    overlap = whole(
        1, MOST_ANSWERS, metadata=about("Answers bought before the first decision; 3 unless given.")
    )
    max_overlap = whole(
        1,
        MOST_ANSWERS,
        allow_none=True,
        metadata=about(
            "Answers bought at most; unless given 3 more than overlap if there is a confidence, else overlap."
        ),
    )
    confidence = Number(
        validate=validate.Range(min=0.5, max=1, max_inclusive=False),
        allow_none=True,
        metadata={
            "exclusiveMaximum": 1,
            **about("Another answer is bought until a label is this sure; null: exactly overlap answers."),
        },
    )
    hit_size = whole(1, 100, metadata=about("Questions on one page, gold included; 10 unless given."))
    gold_share = Number(
        validate=validate.Range(min=0, max=0.5), metadata=about("Of the questions; 0.1 unless given.")
    )
    lease_seconds = whole(10, 86_400, metadata=about("How long a worker may hold a page; 900 unless given."))
    strategy = fields.String(
        validate=validate.OneOf(STRATEGIES), metadata=about("How items are chosen; margin unless given.")
    )
    random_share = share(metadata=about("Of a batch, drawn at random instead; 0.25 unless given."))
    batch_size = whole(1, metadata=about("Items asked about in one turn; 100 unless given."))
    seed = whole(0, metadata=about("Of all chance in the project; drawn unless given."))
    model = fields.String(
        validate=validate.OneOf(MODELS),
        allow_none=True,
        metadata=about("Trained anew in each turn; null: none, upload predictions instead."),
    )
    method = fields.String(
        validate=validate.OneOf(AGGREGATORS),
        metadata=about("How answers are aggregated; panel unless given."),
    )


class NewProject(Settings):
    """A project to be made."""

    slug = slug(required=True, metadata=about("Its name in paths: lower-case letters, digits and dashes."))
    labels = fields.List(
        text(200, shortest=1), required=True, validate=validate.Length(min=2, max=MAX_LABELS)
    )
    cap = Dollars(load_default=0, metadata=about("What the project may cost in all, in dollars: “12.50”."))


class ProjectSchema(Schema):
    """A project."""

    slug = fields.String()
    title = fields.String()
    instructions = fields.String()
    state = fields.String()
    channel = fields.String()
    labels = fields.List(fields.String())
    price = Dollars(attribute="price_micros")
    cap = Dollars()
    held = Dollars()
    spent = Dollars()
    overlap = fields.Integer()
    max_overlap = fields.Integer()
    confidence = fields.Float(allow_none=True)
    hit_size = fields.Integer()
    gold_share = fields.Float()
    lease_seconds = fields.Integer()
    strategy = fields.String()
    random_share = fields.Float()
    batch_size = fields.Integer()
    seed = fields.Integer()
    model = fields.String(allow_none=True)
    method = fields.String()
    created_at = fields.DateTime()


class ProjectLine(Schema):
    """A project in a list."""

    slug = fields.String()
    title = fields.String()
    state = fields.String()
    channel = fields.String()
    created_at = fields.DateTime()


class ProjectPage(PageSchema):
    """A page of projects."""

    projects = fields.List(fields.Nested(ProjectLine))


class NewState(Schema):
    """The state a project is moved to."""

    state = fields.String(required=True, validate=validate.OneOf(PROJECT_STATES))


class NewCap(Schema):
    """What a project may cost in all."""

    cap = Dollars(required=True)


class OverviewSchema(Schema):
    """How far a project is."""

    items = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata=about("By state."))
    open_answers = fields.Integer(metadata=about("Wanted, and held by nobody."))
    answers = fields.Integer()
    gold = fields.Integer()
    cap = Dollars(attribute="cap_micros")
    held = Dollars(attribute="held_micros")
    spent = Dollars(attribute="spent_micros")


@blueprint.on("POST", "/projects")
@blueprint.takes(NewProject)
@requires("write")
@blueprint.gives(201, ProjectSchema)
def create_project(at: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Make a project."""
    slug, labels, cap = body.pop("slug"), body.pop("labels"), body.pop("cap")
    made = projects.create(
        at.session,
        at.principal,
        slug=slug,
        labels=labels,
        wording=Wording(body.pop("instructions", "")),
        settings=ProjectSettings(**body),
        cap_micros=cap,
        now=at.now,
    )
    return _whole(at.session, made)


@blueprint.on("GET", "/projects")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, ProjectPage)
def list_projects(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List projects by slug."""
    rows = browse.projects(at.session, at.principal, after=query["after"], limit=query["limit"] + 1)
    return page("projects", rows, query["limit"], lambda row: row.slug)


@blueprint.on("GET", "/projects/<project>")
@requires("read")
@blueprint.gives(200, ProjectSchema)
def get_project(at: Visit, project: str) -> dict[str, Any]:
    """Show a project with its settings and its budget."""
    return _whole(at.session, scope.project(at.session, at.principal, project))


@blueprint.on("PATCH", "/projects/<project>")
@blueprint.takes(Settings)
@requires("write")
@blueprint.gives(200, ProjectSchema)
def update_project(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Change settings; the price only while nothing is on offer."""
    row = scope.project(at.session, at.principal, project)
    if "instructions" in body:
        instructions.reword(at.session, at.principal, row, body.pop("instructions"), now=at.now)
    return _whole(at.session, projects.update(at.session, at.principal, row, body, now=at.now))


@blueprint.on("POST", "/projects/<project>/state")
@blueprint.takes(NewState)
@requires("write")
@blueprint.gives(200, ProjectSchema)
def move_project(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Pause, resume or close a project; pages already claimed may still be submitted."""
    row = scope.project(at.session, at.principal, project)
    return _whole(at.session, projects.move(at.session, at.principal, row, body["state"], now=at.now))


@blueprint.on("GET", "/projects/<project>/overview")
@requires("read")
@blueprint.gives(200, OverviewSchema)
def get_overview(at: Visit, project: str) -> projects.Overview:
    """Count what a project holds."""
    return projects.overview(at.session, scope.project(at.session, at.principal, project))


@blueprint.on("PUT", "/projects/<project>/budget")
@blueprint.takes(NewCap)
@requires("spend")
@blueprint.gives(200, ProjectSchema)
def set_budget(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Change what the project may cost in all."""
    row = scope.project(at.session, at.principal, project)
    projects.set_cap(at.session, at.principal, row, body["cap"], now=at.now)
    return _whole(at.session, row)


def _whole(session: Session, project: Project) -> dict[str, Any]:
    session.flush()
    budget = pay.budget(session, project)
    columns = {column.name: getattr(project, column.name) for column in Project.__table__.columns}
    told = instructions.current(session, project)
    known = {"labels": projects.labels(session, project).labels, "instructions": told.text}
    return columns | known | {"cap": budget.cap, "held": budget.held, "spent": budget.spent}
