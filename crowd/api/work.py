"""What workers do over HTTP. A page names no item: nothing on it tells gold from ordinary work."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, post_load, validate

from crowd.api import express
from crowd.api.access import WorkerVisit, requires_worker
from crowd.api.blueprint import Blueprint
from crowd.api.edge import edge
from crowd.api.express import JSON_TYPE, MOST_QUESTIONS, MOST_SECONDS, NAME_LENGTH, NOTE_LENGTH
from crowd.api.fields import Dollars, Flag, Number, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.api.problems import problem
from crowd.models.answer import SKIP_REASONS
from crowd.services import assign, collect, following
from crowd.services.access import attempts
from crowd.services.collect import Skipped
from crowd.services.page import terms
from crowd.services.people import messages
from crowd.services.reports import browse

REPORT_LENGTH = 2000

blueprint = Blueprint("labeling", "For workers: claim a page, answer it, hand it in.")


def _by_question(values: fields.Field[Any], **options: Any) -> fields.Dict:  # noqa: ANN401 - marshmallow's own
    """Return a field that says something of each question, by its name."""
    options = options if options.get("required") else {"load_default": dict, **options}
    return fields.Dict(
        keys=text(NAME_LENGTH), values=values, validate=validate.Length(max=MOST_QUESTIONS), **options
    )


class OpenProject(Schema):
    """A project a worker may claim work of."""

    id = fields.Integer()
    title = fields.String()
    instructions = fields.String()
    price = Dollars(attribute="price_micros", metadata=about("For one answer."))


class OpenProjectPage(PageSchema):
    """A page of projects."""

    projects = fields.List(fields.Nested(OpenProject))


class ClaimBody(Schema):
    """Which page is claimed."""

    ahead = Flag(
        load_default=False,
        metadata=about("Claim a second page, to be there when the one held is handed in."),
    )


class QuestionSchema(Schema):
    """One question: the name its answer goes by, and what to look at."""

    name = fields.String()
    payload = fields.Dict()


class ClaimedPage(Schema):
    """A page of questions, held by the worker until `lease_until`, which `lease_seconds` prolong."""

    token = fields.String()
    kind = fields.String(
        metadata=about("`work`; or, not paid, `training` or `quiz`: the entrance to the project.")
    )
    title = fields.String()
    instructions = fields.String()
    task_type = fields.String()
    options = fields.Dict(metadata=about("Of the task type."))
    labels = fields.List(fields.String())
    details = fields.Dict(metadata=about("Of the labels: definition, parent, key and kind, each optional."))
    questions = fields.List(fields.Nested(QuestionSchema))
    lease_until = fields.DateTime()
    lease_seconds = fields.Integer()


class SkipSchema(Schema):
    """Why a question is handed back unanswered."""

    reason = fields.String(required=True, validate=validate.OneOf(SKIP_REASONS))
    note = text(NOTE_LENGTH, load_default="")

    @post_load
    def skipped(self, data: dict[str, Any], **_: Any) -> Skipped:  # noqa: ANN401 - marshmallow's own
        """Return the reason as the services take it."""
        return Skipped(**data)


class NewSubmission(Schema):
    """A whole page: every question answered, with the JSON of the project's task type, or skipped."""

    answers = _by_question(fields.Raw(allow_none=False), required=True)
    skips = _by_question(fields.Nested(SkipSchema))
    notes = _by_question(text(NOTE_LENGTH), metadata=about("The worker's own words."))
    seconds = Number(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=MOST_SECONDS),
        metadata=about("Active time; no more than the page was held is believed."),
    )
    times = _by_question(
        Number(validate=validate.Range(min=0, max=MOST_SECONDS)), metadata=about("Active seconds.")
    )
    next = Flag(
        load_default=False,
        metadata=about("Claim the next page in the same call, and get it with the receipt."),
    )


class LessonSchema(Schema):
    """What there is to learn from one training question."""

    question = fields.String()
    correct = fields.Boolean(metadata=about("Whether the answer was right."))
    label = fields.String(metadata=about("What is right."))
    explanation = fields.String(metadata=about("Why."))


class ReceiptSchema(Schema):
    """What was accepted; repeating the same submission gives the same receipt."""

    token = fields.String()
    answers = fields.Integer()
    skipped = fields.Integer()
    amount = Dollars(attribute="amount_micros")
    submitted_at = fields.DateTime()
    lessons = fields.List(
        fields.Nested(LessonSchema), metadata=about("Of a page of training; empty for all others.")
    )
    next = fields.Nested(
        ClaimedPage,
        allow_none=True,
        metadata=about(
            "Only where it was asked for: the page the worker now holds. Null where there is none, or more "
            "to say: then ask `claim`, which says it."
        ),
    )


class LeaseSchema(Schema):
    """Until when a page is held."""

    lease_until = fields.DateTime()


class ReportSchema(Schema):
    """A problem with a page, or with one question of it."""

    question = fields.String(load_default="", validate=validate.Regexp(r"^(q[1-9][0-9]{0,2})?\Z"))
    text = text(REPORT_LENGTH, shortest=1, required=True)


@blueprint.on("GET", "/work/projects")
@blueprint.takes_query(PageQuery)
@requires_worker
@blueprint.gives(200, OpenProjectPage)
def list_open_projects(at: WorkerVisit, query: dict[str, Any]) -> dict[str, Any]:
    """List the projects that may have work."""
    after = number(query["after"]) or 0
    found = browse.projects_of(at.session, at.worker, after=after, limit=query["limit"] + 1, now=at.now)
    rows = [
        {"id": each.id, "title": each.title, "price_micros": each.price_at(at.worker.channel)}
        for each in found
    ]
    return page("projects", rows, query["limit"], lambda row: row["id"])


@blueprint.on("POST", "/work/projects/<id:project>/claim")
@blueprint.may_take(ClaimBody)
@requires_worker
@blueprint.gives(200, ClaimedPage)
@blueprint.may_give_nothing("There is nothing for this worker now.")
def claim_page(at: WorkerVisit, body: dict[str, Any], project: int) -> Response:
    """Claim a page of questions, or get again the page still held."""
    row = terms.of_worker(at.session, at.worker, project)
    claimed = assign.claim(at.session, row, at.worker, ahead=body["ahead"], now=at.now)
    if claimed is None:
        return Response(status=204)
    return Response(express.text(claimed, row.lease_seconds), content_type=JSON_TYPE)


@blueprint.on("POST", "/work/pages/<token>/submit")
@blueprint.takes(NewSubmission)
@requires_worker
@blueprint.gives(200, ReceiptSchema)
def submit_page(at: WorkerVisit, body: dict[str, Any], token: str) -> collect.Receipt | Response:
    """Hand in a page: every question answered or skipped, all at once; and get the next, where wanted."""
    limit = attempts.submissions(edge().settings.submits_per_minute)
    attempts.count(at.session, limit, str(at.worker.id), now=at.now)
    wants_next = body.pop("next")
    outcome = collect.submit(at.session, at.worker, token, **body, now=at.now)
    if isinstance(outcome, collect.Kept):
        # What came too late is an error for the worker and yet stored: the transaction has to commit.
        return problem(outcome.error)
    if not wants_next:
        return outcome
    claimed = following.claim(at.session, at.worker, token, now=at.now)
    told = ReceiptSchema().dump(outcome)
    return Response(
        express.with_next(told, None if claimed is None else express.text(*claimed)), content_type=JSON_TYPE
    )


@blueprint.on("POST", "/work/pages/<token>/renew")
@requires_worker
@blueprint.gives(200, LeaseSchema)
def renew_page(at: WorkerVisit, token: str) -> dict[str, Any]:
    """Hold a page for longer."""
    return {"lease_until": assign.renew(at.session, at.worker, token, now=at.now)}


@blueprint.on("POST", "/work/pages/<token>/return")
@requires_worker
@blueprint.gives(204)
def return_page(at: WorkerVisit, token: str) -> Response:
    """Give a page back unanswered."""
    assign.give_back(at.session, at.worker, token, now=at.now)
    return Response(status=204)


@blueprint.on("POST", "/work/pages/<token>/report")
@blueprint.takes(ReportSchema)
@requires_worker
@blueprint.gives(204)
def report_page(at: WorkerVisit, body: dict[str, Any], token: str) -> Response:
    """Tell the requester of a problem with a page."""
    assignment, project = assign.find(at.session, at.worker, token)
    words = body["text"].strip()
    named = f"Question {body['question'][1:]}: " if body["question"] else ""
    messages.send(
        at.session,
        requester_id=project.requester_id,
        worker=at.worker,
        sender="worker",
        text=words and named + words,
        assignment=assignment,
        now=at.now,
    )
    return Response(status=204)
