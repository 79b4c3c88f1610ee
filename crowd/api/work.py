"""What workers do over HTTP. A page names no item: nothing on it tells gold from ordinary work."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from crowd.api.access import WorkerVisit, requires_worker
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Dollars, Number, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.api.problems import problem
from crowd.channels import Page
from crowd.services import assign, browse, collect, scope

blueprint = Blueprint("labeling", "For workers: claim a page, answer it, hand it in.")


class OpenProject(Schema):
    """A project a worker may claim work of."""

    id = fields.Integer()
    title = fields.String()
    instructions = fields.String()
    price = Dollars(attribute="price_micros", metadata=about("For one answer."))


class OpenProjectPage(PageSchema):
    """A page of projects."""

    projects = fields.List(fields.Nested(OpenProject))


class QuestionSchema(Schema):
    """One question: the name its answer goes by, and what to look at."""

    name = fields.String()
    payload = fields.Dict()


class ClaimedPage(Schema):
    """A page of questions, held by the worker for `lease_seconds`."""

    token = fields.String()
    title = fields.String()
    instructions = fields.String()
    labels = fields.List(fields.String())
    questions = fields.List(fields.Nested(QuestionSchema))
    lease_seconds = fields.Integer()


class NewSubmission(Schema):
    """The answers to a page: the name of each question with one of the labels."""

    answers = fields.Dict(
        keys=text(10), values=text(200), required=True, validate=validate.Length(min=1, max=100)
    )
    seconds = Number(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=10**7),
        metadata=about("Time taken."),
    )


class ReceiptSchema(Schema):
    """What was accepted; repeating the same submission gives the same receipt."""

    token = fields.String()
    answers = fields.Integer()
    amount = Dollars(attribute="amount_micros")
    submitted_at = fields.DateTime()


class LeaseSchema(Schema):
    """Until when a page is held."""

    lease_until = fields.DateTime()


@blueprint.on("GET", "/work/projects")
@blueprint.takes_query(PageQuery)
@requires_worker
@blueprint.gives(200, OpenProjectPage)
def list_open_projects(at: WorkerVisit, query: dict[str, Any]) -> dict[str, Any]:
    """List the projects that may have work."""
    after = number(query["after"]) or 0
    found = browse.projects_of(at.session, at.worker, after=after, limit=query["limit"] + 1)
    return page("projects", found, query["limit"], lambda project: project.id)


@blueprint.on("POST", "/work/projects/<id:project>/claim")
@requires_worker
@blueprint.gives(200, ClaimedPage)
@blueprint.may_give_nothing("There is nothing for this worker now.")
def claim_page(at: WorkerVisit, project: int) -> dict[str, Any] | Response:
    """Claim a page of questions, or get again the page still held."""
    row = scope.project_of_worker(at.session, at.worker, project)
    claimed = assign.claim(at.session, row, at.worker, now=at.now)
    return Response(status=204) if claimed is None else _page(claimed, row.lease_seconds)


@blueprint.on("POST", "/work/pages/<token>/submit")
@blueprint.takes(NewSubmission)
@requires_worker
@blueprint.gives(200, ReceiptSchema)
def submit_page(at: WorkerVisit, body: dict[str, Any], token: str) -> collect.Receipt | Response:
    """Hand in all answers of a page at once."""
    outcome = collect.submit(at.session, at.worker, token, **body, now=at.now)
    # What came too late is an error for the worker and yet stored: the transaction has to commit.
    return problem(outcome.error) if isinstance(outcome, collect.Kept) else outcome


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


def _page(claimed: Page, lease_seconds: int) -> dict[str, Any]:
    # Field by field: a question's key stays here.
    questions = [{"name": question.name, "payload": question.payload} for question in claimed.questions]
    return {
        "token": claimed.token,
        "title": claimed.title,
        "instructions": claimed.instructions,
        "labels": claimed.labels,
        "questions": questions,
        "lease_seconds": lease_seconds,
    }
