"""Projects over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate
from sqlalchemy.orm import Session

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.bodies import faults
from crowd.api.edge import edge
from crowd.api.fields import Dollars, Schema, about
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.api.project_settings import NewProject, ProjectSchema, Settings, settings_of
from crowd.errors import bad_input
from crowd.models import Project
from crowd.models.project import PROJECT_STATES
from crowd.services import pay
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.mturk import cost
from crowd.services.reports import browse
from crowd.services.setup import instructions, projects
from crowd.services.setup.instructions import Wording
from crowd.services.setup.projects import ProjectSettings
from workers import qualification

blueprint = Blueprint("projects", "What is asked, with its rules and its budget.")


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


class FairPaySchema(Schema):
    """What the newest pages earn by the hour of active time."""

    pages = fields.Integer()
    hourly = Dollars(attribute="hourly_micros", metadata=about("The median."))
    floor = Dollars(attribute="floor_micros", allow_none=True)
    warning = fields.String(allow_none=True, metadata=about("Set where the median is below the floor."))


class ChannelSchema(Schema):
    """What one channel of a project brought."""

    channel = fields.String()
    price = Dollars(attribute="price_micros", metadata=about("For one answer."))
    answers = fields.Integer()
    open_answers = fields.Integer(metadata=about("Wanted of its people, and held by nobody."))
    paid = Dollars(attribute="paid_micros", metadata=about("For its pages, fees included."))


class OverviewSchema(Schema):
    """How far a project is."""

    items = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata=about("By state."))
    open_answers = fields.Integer(metadata=about("Wanted, and held by nobody."))
    answers = fields.Integer()
    gold = fields.Integer()
    cap = Dollars(attribute="cap_micros")
    held = Dollars(attribute="held_micros")
    spent = Dollars(attribute="spent_micros")
    fair_pay = fields.Nested(
        FairPaySchema, allow_none=True, metadata=about("Null while fewer than 5 pages say anything.")
    )
    channels = fields.List(fields.Nested(ChannelSchema), metadata=about("The project's own first."))


class CostSchema(Schema):
    """What publishing would cost."""

    hits = fields.Integer()
    assignments = fields.Integer(metadata=about("Workers, over all HITs."))
    reward = Dollars(attribute="reward_micros", metadata=about("For all workers."))
    fee = Dollars(attribute="fee_micros", metadata=about("For the endpoint."))
    cost = Dollars(attribute="whole_micros")
    lacking = Dollars(attribute="lacking_micros", metadata=about("Of the cost, not covered by the cap."))
    notes = fields.List(fields.String())


@blueprint.on("POST", "/projects")
@blueprint.takes(NewProject)
@requires("write")
@blueprint.gives(201, ProjectSchema)
def create_project(at: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Make a project."""
    return _whole(at.session, _made(at.session, at.principal, body, at.now))


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
    """Change settings; a channel's price only while nothing is on offer there."""
    row = scope.project(at.session, at.principal, project)
    _require_known(body.get("endpoint"))
    if "instructions" in body:
        instructions.reword(at.session, at.principal, row, body.pop("instructions"), now=at.now)
    if "posting" in body:
        body["posting"] = {**row.posting, **body["posting"]}
    changed = projects.update(at.session, at.principal, row, settings_of(body), now=at.now)
    return _whole(at.session, changed)


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


@blueprint.on("GET", "/projects/<project>/cost")
@requires("read")
@blueprint.gives(200, CostSchema)
def get_cost(at: Visit, project: str) -> cost.Quote:
    """Say what it would cost to offer at the endpoint what wants answers now, to the cent."""
    return cost.quote(at.session, scope.project(at.session, at.principal, project), now=at.now)


@blueprint.on("PUT", "/projects/<project>/budget")
@blueprint.takes(NewCap)
@requires("spend")
@blueprint.gives(200, ProjectSchema)
def set_budget(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Change what the project may cost in all."""
    row = scope.project(at.session, at.principal, project)
    projects.set_cap(at.session, at.principal, row, body["cap"], now=at.now)
    return _whole(at.session, row)


def make(session: Session, principal: Principal, sent: Mapping[str, Any], now: datetime) -> Project:
    """Make a project of what was sent otherwise than as a request's body, under the same schema."""
    try:
        body = NewProject().load(sent)
    except ValidationError as error:
        raise faults(error.messages) from None
    return _made(session, principal, body, now)


def _made(session: Session, principal: Principal, body: dict[str, Any], now: datetime) -> Project:
    slug, labels, cap = body.pop("slug"), body.pop("labels"), body.pop("cap")
    _require_known(body.get("endpoint"))
    return projects.create(
        session,
        principal,
        slug=slug,
        labels=labels,
        details=body.pop("label_details"),
        wording=Wording(body.pop("instructions", "")),
        settings=ProjectSettings(**settings_of(body)),
        cap_micros=cap,
        now=now,
    )


def _require_known(endpoint: str | None) -> None:
    """Refuse endpoints that nobody named for this server: it calls them with its own credentials."""
    known = edge().settings.endpoints
    if endpoint is not None and endpoint not in known:
        named = ", ".join(known) or "none; CROWD_MTURK_ENDPOINTS names them"
        raise bad_input("endpoint", f"this server may publish to: {named}")


def _whole(session: Session, project: Project) -> dict[str, Any]:
    session.flush()
    budget = pay.budget(session, project)
    columns = {column.name: getattr(project, column.name) for column in Project.__table__.columns}
    told, label_set = instructions.current(session, project), projects.labels(session, project)
    known = {
        "labels": label_set.labels,
        "label_details": label_set.details,
        "instructions": told.text,
        "qualifications": qualification.text(project.qualifications),
    }
    return columns | known | {"cap": budget.cap, "held": budget.held, "spent": budget.spent}
