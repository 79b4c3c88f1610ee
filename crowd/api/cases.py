"""The queue of cases over HTTP: what needs a reviewer, and what they say."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models import Case
from crowd.models.case import CASE_KINDS, CASE_STATES
from crowd.services import cases
from crowd.services.access import scope
from crowd.services.experts import casefile, rulings
from crowd.services.experts.rulings import LONGEST_NOTE, OUTCOMES, Ruling

MOST_WRONG = 100

blueprint = Blueprint("cases", "What needs a reviewer: doubtful items, gold, the audit slice, appeals.")


class CaseQuery(PageQuery):
    """Which cases."""

    kind = fields.String(load_default=None, validate=validate.OneOf(CASE_KINDS))
    state = fields.String(load_default="open", validate=validate.OneOf(CASE_STATES))


class CaseSchema(Schema):
    """A case in the queue."""

    id = fields.Integer()
    kind = fields.String()
    state = fields.String()
    subject = fields.String(metadata=about("item:, gold:, page:, restriction: or worker:, and its number."))
    item = fields.String(allow_none=True)
    value = fields.Float(metadata=about("What looking at it is worth, among cases of a kind."))
    facts = fields.Dict(metadata=about("Why it is here."))
    text = fields.String(metadata=about("The words of a worker who appeals."))
    created_at = fields.DateTime()
    outcome = fields.String(allow_none=True)
    label = fields.String(allow_none=True, metadata=about("What the reviewer said is right."))
    note = fields.String(allow_none=True)
    reviewer = fields.String(allow_none=True)
    closed_at = fields.DateTime(allow_none=True)


class CasePage(PageSchema):
    """A page of cases."""

    cases = fields.List(fields.Nested(CaseSchema))


class HeardSchema(Schema):
    """An answer that bears on a case, beside gold where there is any."""

    item = fields.String()
    worker = fields.String()
    value = fields.String()
    counts = fields.Boolean(metadata=about("False: it is set aside."))
    accuracy = fields.Float(allow_none=True, metadata=about("Of the worker, as far as gold tells."))
    note = fields.String(allow_none=True)
    gold = fields.String(allow_none=True)


class CaseFileSchema(CaseSchema):
    """A case with all that is needed to rule on it."""

    outcomes = fields.List(fields.String(), metadata=about("How it can end."))
    payload = fields.Dict(allow_none=True)
    worker = fields.String(allow_none=True, metadata=about("Who appeals."))
    gold = fields.String(allow_none=True)
    consensus = fields.String(allow_none=True)
    confidence = fields.Float(allow_none=True)
    posterior = fields.Dict(keys=fields.String(), values=fields.Float())
    reason = fields.String(allow_none=True, metadata=about("Of the newest decision on the item."))
    answers = fields.List(fields.Nested(HeardSchema))


class WrongGold(Schema):
    """Gold that turned out to be wrong."""

    item = text(1000, shortest=1, required=True)
    label = fields.Raw(
        load_default=None, allow_none=True, metadata=about("What is right; null: nobody knows, retire it.")
    )


class NewRuling(Schema):
    """What a reviewer says."""

    outcome = fields.String(
        required=True,
        validate=validate.OneOf(sorted({outcome for named in OUTCOMES.values() for outcome in named})),
        metadata=about("One of the case's `outcomes`."),
    )
    label = fields.Raw(
        load_default=None, allow_none=True, metadata=about("What is right, as an answer of the task type.")
    )
    note = text(LONGEST_NOTE, load_default="", metadata=about("Why; a worker who appealed is told."))
    wrong_gold = fields.List(
        fields.Nested(WrongGold),
        load_default=list,
        validate=validate.Length(max=MOST_WRONG),
        metadata=about("With an appeal that is upheld: the gold that misled us."),
    )


@blueprint.on("GET", "/projects/<project>/cases")
@blueprint.takes_query(CaseQuery)
@requires("read")
@blueprint.gives(200, CasePage)
def list_cases(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List cases: appeals, gold, then what is most likely wrong; candidates for gold last."""
    row, after = scope.project(at.session, at.principal, project), number(query["after"])
    limit = query["limit"] + 1
    found = cases.queue(at.session, row, kind=query["kind"], state=query["state"], after=after, limit=limit)
    keys = casefile.keys(at.session, found)
    rows = [_case(case, keys.get(case.item_id or 0)) for case in found]
    return page("cases", rows, query["limit"], lambda row: row["id"])


@blueprint.on("GET", "/projects/<project>/cases/<id:case>")
@requires("read")
@blueprint.gives(200, CaseFileSchema)
def get_case(at: Visit, project: str, case: int) -> dict[str, Any]:
    """Show a case with all that is needed to rule on it."""
    row = scope.project(at.session, at.principal, project)
    found = casefile.read(at.session, row, cases.find(at.session, row, case))
    return _case(found.case, found.item.key if found.item else None) | {
        "outcomes": found.outcomes,
        "payload": found.item.payload if found.item else None,
        "worker": found.worker.pseudonym if found.worker else None,
        "gold": found.gold.label if found.gold else None,
        "consensus": found.label,
        "confidence": found.confidence,
        "posterior": found.posterior,
        "reason": found.reason,
        "answers": found.answers,
    }


@blueprint.on("POST", "/projects/<project>/cases/<id:case>")
@blueprint.takes(NewRuling)
@requires("spend")
@blueprint.gives(200, CaseSchema)
def decide_case(at: Visit, body: dict[str, Any], project: str, case: int) -> dict[str, Any]:
    """Rule on a case. A label settles its item as an expert's word; an appeal upheld is paid after all."""
    row = scope.project(at.session, at.principal, project)
    wrong = {gold["item"]: gold["label"] for gold in body["wrong_gold"]}
    ruling = Ruling(body["outcome"], label=body["label"], note=body["note"], wrong_gold=wrong)
    found = cases.find(at.session, row, case)
    closed = rulings.close(at.session, at.principal, row, found, ruling, now=at.now)
    return _case(closed, casefile.keys(at.session, [closed]).get(closed.item_id or 0))


def _case(case: Case, key: str | None) -> dict[str, Any]:
    names = [name for name in CaseSchema().fields if name != "item"]
    return {name: getattr(case, name) for name in names} | {"item": key}
