"""The rules of a project over HTTP: drafted, tried on the past, put in force; and what they did."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import MOST, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.errors import bad_input
from crowd.models import Firing, Rule
from crowd.services.access import scope
from crowd.services.rules import trial
from crowd.services.rules.words import subjects
from crowd.services.setup import rule_book
from qc.rule_text import text as line_of
from qc.rules import read

blueprint = Blueprint("rules", "What is watched in a project, and what is done about it.")

LONGEST = 4000
MOST_MOMENTS = 200
AS_LINE = about("The rule as one line: `collect gold; when graded >= 10 and accuracy_high < 0.6; do suspend`")
AS_DATA = about("The rule as data: collect, when, do, and if wanted window and again.")


class RuleBody(Schema):
    """A rule, as a line or as data."""

    rule = text(LONGEST, load_default=None, allow_none=True, metadata=AS_LINE)
    body = fields.Dict(keys=fields.String(), load_default=None, allow_none=True, metadata=AS_DATA)


class NewRule(RuleBody):
    """A rule, or the next version of one."""

    name = text(63, shortest=1, required=True)


class TrialBody(RuleBody):
    """A rule to try; without one, the newest version of the rule that the path names."""

    moments = fields.Integer(
        load_default=trial.MOMENTS, validate=validate.Range(min=1, max=MOST_MOMENTS), strict=True
    )


class VersionBody(Schema):
    """Which version; the newest unless named."""

    version = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(min=1, max=MOST), strict=True
    )


class RuleSchema(Schema):
    """One version of a rule."""

    name = fields.String()
    version = fields.Integer()
    state = fields.String(metadata=about("draft, active or retired"))
    rule = fields.String(metadata=AS_LINE)
    body = fields.Dict(metadata=AS_DATA)
    created_at = fields.DateTime()


class RuleList(Schema):
    """The rules of a project: of each the version in force, or else the newest."""

    rules = fields.List(fields.Nested(RuleSchema))


class RetiredSchema(Schema):
    """How many versions ended."""

    retired = fields.Integer()


class HitSchema(Schema):
    """A worker or an item on which the rule would have fired."""

    subject = fields.String(metadata=about("A worker's pseudonym, or an item's key."))
    at = fields.DateTime(metadata=about("The first of the moments at which the conditions were met."))
    facts = fields.Dict()
    answers = fields.Integer(metadata=about("Of the worker, or about the item, up to now."))
    after = fields.Integer(metadata=about("Of them, given after that moment."))


class TrialSchema(Schema):
    """What a rule would have done; nothing was changed."""

    about = fields.String(metadata={"description": "worker or item"})
    moments = fields.Integer(metadata={"description": "How many moments of the past were looked at."})
    subjects = fields.Integer()
    share = fields.Float(metadata={"description": "The share of subjects hit."})
    answers = fields.Integer()
    answers_share = fields.Float(
        metadata={"description": "The share of all answers that are of, or about, those hit."}
    )
    hits = fields.List(fields.Nested(HitSchema))


class FiringsQuery(PageQuery):
    """Which firings."""

    rule = fields.String(load_default=None, validate=validate.Length(max=63))


class FiringSchema(Schema):
    """What a rule did about a worker or an item, on which facts."""

    id = fields.Integer()
    rule = fields.String()
    version = fields.Integer()
    worker = fields.String(allow_none=True)
    item = fields.String(allow_none=True)
    facts = fields.Dict()
    action = fields.Dict()
    created_at = fields.DateTime()


class FiringPage(PageSchema):
    """A page of firings, the newest first."""

    firings = fields.List(fields.Nested(FiringSchema))


@blueprint.on("GET", "/projects/<project>/rules")
@requires("read")
@blueprint.gives(200, RuleList)
def list_rules(at: Visit, project: str) -> dict[str, Any]:
    """List the rules of a project."""
    row = scope.project(at.session, at.principal, project)
    return {"rules": [_rule(rule) for rule in rule_book.rules(at.session, row)]}


@blueprint.on("POST", "/projects/<project>/rules")
@blueprint.takes(NewRule)
@requires("write")
@blueprint.gives(201, RuleSchema)
def add_rule(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Draft a rule; under a name that is taken it is the next version."""
    row = scope.project(at.session, at.principal, project)
    added = rule_book.add(at.session, at.principal, row, body["name"], _data(body), now=at.now)
    return _rule(added)


@blueprint.on("GET", "/projects/<project>/rules/<rule>")
@requires("read")
@blueprint.gives(200, RuleList)
def get_rule(at: Visit, project: str, rule: str) -> dict[str, Any]:
    """Return every version of a rule, the oldest first."""
    row = scope.project(at.session, at.principal, project)
    rule_book.one(at.session, row, rule)
    return {"rules": [_rule(version) for version in rule_book.versions(at.session, row, rule)]}


@blueprint.on("POST", "/projects/<project>/rules/<rule>/trial")
@blueprint.may_take(TrialBody)
@requires("read")
@blueprint.gives(200, TrialSchema)
def try_rule(at: Visit, body: dict[str, Any], project: str, rule: str) -> trial.Trial:
    """Tell whom a rule would have hit so far, and when; nothing is changed."""
    row = scope.project(at.session, at.principal, project)
    stored = rule_book.one(at.session, row, rule)
    is_given = body["rule"] is not None or body["body"] is not None
    checked = rule_book.checked(row, _data(body) if is_given else stored.body)
    return trial.attempt(at.session, row, checked, now=at.now, moments=body["moments"])


@blueprint.on("POST", "/projects/<project>/rules/<rule>/activate")
@blueprint.may_take(VersionBody)
@requires("write")
@blueprint.gives(200, RuleSchema)
def activate_rule(at: Visit, body: dict[str, Any], project: str, rule: str) -> dict[str, Any]:
    """Put a version of a rule in force; the one in force before is retired."""
    row = scope.project(at.session, at.principal, project)
    return _rule(rule_book.activate(at.session, at.principal, row, rule, body["version"], now=at.now))


@blueprint.on("POST", "/projects/<project>/rules/<rule>/retire")
@requires("write")
@blueprint.gives(200, RetiredSchema)
def retire_rule(at: Visit, project: str, rule: str) -> dict[str, int]:
    """End a rule and its drafts; what it did stays."""
    row = scope.project(at.session, at.principal, project)
    return {"retired": rule_book.retire(at.session, at.principal, row, rule, now=at.now)}


@blueprint.on("GET", "/projects/<project>/firings")
@blueprint.takes_query(FiringsQuery)
@requires("read")
@blueprint.gives(200, FiringPage)
def list_firings(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List what rules did, the newest first, with the facts that led to it."""
    row = scope.project(at.session, at.principal, project)
    found = rule_book.firings(
        at.session, row, name=query["rule"], before=number(query["after"]), limit=query["limit"] + 1
    )
    names = subjects(at.session, [firing for firing, _ in found])
    rows = [_firing(firing, rule, names[firing.id]) for firing, rule in found]
    return page("firings", rows, query["limit"], lambda firing: firing["id"])


def _data(body: dict[str, Any]) -> dict[str, Any]:
    """Return the rule of a body as data."""
    if (body["rule"] is None) == (body["body"] is None):
        raise bad_input("rule", "give the rule either as a line (rule) or as data (body)")
    found: dict[str, Any] = body["body"] if body["rule"] is None else rule_book.of_line(body["rule"])
    return found


def _rule(row: Rule) -> dict[str, Any]:
    names = ("name", "version", "state", "body", "created_at")
    return {name: getattr(row, name) for name in names} | {"rule": line_of(read(row.body))}


def _firing(firing: Firing, row: Rule, subject: str) -> dict[str, Any]:
    names = ("id", "facts", "action", "created_at")
    return {name: getattr(firing, name) for name in names} | {
        "rule": row.name,
        "version": row.version,
        "worker": subject if firing.worker_id else None,
        "item": subject if firing.item_id else None,
    }
