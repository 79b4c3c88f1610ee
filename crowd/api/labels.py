"""Consensus over HTTP: runs, and the labels they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validate
from sqlalchemy.orm import Session

from crowd.api.access import Visit, admits, requires
from crowd.api.blueprint import Blueprint
from crowd.api.downloads import DOCUMENTED, FormatQuery, download
from crowd.api.edge import edge
from crowd.api.fields import Schema, about
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.errors import NotFound, bad_input
from crowd.models import Consensus, ConsensusRun, Item, Project, Provisional
from crowd.services import conclude, provisional
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.estimate import METHODS
from crowd.services.reports import answers, browse, label_table

blueprint = Blueprint("labels", "What the answers say together.")
# A request must not buy a thousand hours of computing with one number.
LARGEST = 10_000


class Parameter(fields.Raw):
    """A number or a switch."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        if not isinstance(value, int | float) or abs(value) > LARGEST:
            raise ValidationError(f"must be a number up to {LARGEST}, true or false")
        return value


class NewRun(Schema):
    """How to aggregate; the project's method where none is named."""

    method = fields.String(validate=validate.OneOf(METHODS))
    parameters = fields.Dict(
        keys=fields.String(),
        values=Parameter(metadata={"type": ["number", "boolean"]}),
        validate=validate.Length(max=10),
    )


class RunSchema(Schema):
    """A consensus run; the same answers, method and parameters always give the same one."""

    id = fields.Integer()
    key = fields.String()
    method = fields.String()
    parameters = fields.Dict()
    iterations = fields.Integer()
    log_likelihood = fields.Float(allow_none=True)
    evidence = fields.Dict(
        allow_none=True,
        metadata=about("Predictions heard beside people: by lineage version and weight, and what they gain."),
    )
    created_at = fields.DateTime()


class LabelsQuery(PageQuery):
    """Which labels: those of the newest run of a method, the project's own where none is named."""

    method = fields.String(validate=validate.OneOf(METHODS), load_default=None)
    lineage = fields.Boolean(load_default=False, metadata=about("Show the answers of each label."))
    provisional = fields.Boolean(
        load_default=False,
        metadata=about("Show what is taken for the labels of items answered since the run, marked."),
    )


class TableQuery(FormatQuery):
    """Which labels, and in which form."""

    method = fields.String(validate=validate.OneOf(METHODS), load_default=None)
    provisional = fields.Boolean(
        load_default=False, metadata=about("With what was judged since the run; a column marks it.")
    )


class LineageSchema(Schema):
    """An answer a label was made of."""

    answer = fields.Integer()
    worker = fields.String()
    value = fields.String()


class LabelSchema(Schema):
    """The label of an item."""

    item = fields.String()
    label = fields.String()
    confidence = fields.Float()
    posterior = fields.Dict(
        keys=fields.String(), values=fields.Float(), metadata=about("Empty where answers are no labels.")
    )
    human_posterior = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        allow_none=True,
        metadata=about("Of people alone, where predictions were heard too."),
    )
    votes = fields.Integer()
    provisional = fields.Boolean(metadata=about("Judged since the run, which has not read all answers."))
    lineage = fields.List(fields.Nested(LineageSchema))


class LabelPage(PageSchema):
    """A page of labels, all of one run."""

    run = fields.Nested(RunSchema)
    labels = fields.List(fields.Nested(LabelSchema))


@blueprint.on("POST", "/projects/<project>/consensus")
@blueprint.takes(NewRun)
@requires("write")
@blueprint.gives(201, RunSchema)
def create_run(at: Visit, body: dict[str, Any], project: str) -> ConsensusRun:
    """Aggregate all answers that count."""
    row = scope.project(at.session, at.principal, project)
    return conclude.conclude(at.session, row, **body, now=at.now)


@blueprint.on("GET", "/projects/<project>/labels")
@blueprint.takes_query(LabelsQuery)
@requires("read")
@blueprint.gives(200, LabelPage)
def list_labels(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List labels by item, with posterior, confidence, votes and, if asked, the answers behind them.

    They are the run's; those judged since are shown only where `provisional` asks for them.
    """
    row = scope.project(at.session, at.principal, project)
    run, after = _run(at.session, row, query["method"], query["after"])
    labels_of = provisional.labels_of if query["provisional"] else conclude.labels_of
    found = labels_of(at.session, run, after=after, limit=query["limit"] + 1)
    shown = page("labels", found, query["limit"], lambda pair: f"{run.id}:{pair[0].key}")
    names = browse.label_set(at.session, run).labels
    item_ids = [item.id for item, _ in shown["labels"]] if query["lineage"] else []
    lineage = browse.lineage(at.session, run, item_ids)
    labels = [_label(item, said, names, lineage.get(item.id)) for item, said in shown["labels"]]
    return shown | {"run": run, "labels": labels}


@blueprint.on("GET", "/projects/<project>/labels/table")
@blueprint.takes_query(TableQuery)
@admits("read")
@blueprint.describes(responses={200: {"description": "The labels.", **DOCUMENTED}})
def export_labels(caller: Principal, query: dict[str, Any], project: str) -> Response:
    """Write one label for each item, as `crowd labels` does, of the newest run of the project's method."""
    since = query["provisional"]
    with edge().database.read() as session:
        row = scope.project(session, caller, project)
        run, _ = _run(session, row, query["method"], "")
    return download(
        f"{row.slug}-labels",
        query["format"],
        label_table.MARKED if since else label_table.COLUMNS,
        lambda session: label_table.rows(session, run, since=since),
        exact=answers.exact(row),
    )


def _run(session: Session, project: Project, method: str | None, cursor: str) -> tuple[ConsensusRun, str]:
    """Return the run to show and the item to go on after: later pages stay with the run of the first."""
    run_id, colon, after = cursor.partition(":")
    if colon:
        return scope.run(session, project, number(run_id) or 0), after
    if cursor:
        raise bad_input("after", "is not the `next` of a page")
    run = conclude.latest_run(session, project, method)
    if run is None:
        raise NotFound(f"no consensus run of {method or project.method!r} yet; POST to consensus first")
    return run, ""


def _label(
    item: Item, said: Consensus | Provisional, names: Sequence[str], lineage: list[browse.Lineage] | None
) -> dict[str, Any]:
    alone = said.human_posterior if isinstance(said, Consensus) else None
    label = {
        "item": item.key,
        "label": said.label,
        "confidence": said.confidence,
        "posterior": dict(zip(names, said.posterior, strict=bool(said.posterior))),
        "human_posterior": alone and dict(zip(names, alone, strict=True)),
        "votes": said.votes,
        "provisional": isinstance(said, Provisional),
    }
    return label if lineage is None else label | {"lineage": lineage}
