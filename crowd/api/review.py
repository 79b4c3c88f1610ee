"""Review of pages over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Dollars, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models.assignment import REVIEW_STATES
from crowd.services.access import scope
from crowd.services.experts import review
from crowd.services.experts.review import VERDICTS

blueprint = Blueprint("review", "Pages that somebody looks at before they are paid.")
MOST_PAGES = 1000


class ReviewQuery(PageQuery):
    """Which pages."""

    state = fields.String(load_default="pending", validate=validate.OneOf(REVIEW_STATES))


class SaidSchema(Schema):
    """An answer, beside gold where there is any."""

    item = fields.String()
    value = fields.String()
    seconds = fields.Float(allow_none=True)
    note = fields.String(allow_none=True)
    gold = fields.String(allow_none=True)


class ReviewedPage(Schema):
    """A page that was handed in."""

    page = fields.Integer(attribute="id")
    worker = fields.String()
    submitted_at = fields.DateTime()
    active_seconds = fields.Float(allow_none=True)
    amount = Dollars(attribute="amount_micros")
    state = fields.String(attribute="review")
    answers = fields.List(fields.Nested(SaidSchema))


class ReviewList(PageSchema):
    """A page of pages."""

    pages = fields.List(fields.Nested(ReviewedPage))


class NewVerdict(Schema):
    """One verdict on many pages."""

    pages = fields.List(
        fields.Integer(strict=True, validate=validate.Range(min=1, max=2**63 - 1)),
        required=True,
        validate=validate.Length(min=1, max=MOST_PAGES),
    )
    verdict = fields.String(
        required=True,
        validate=validate.OneOf(VERDICTS),
        metadata=about(
            "Accepted and softly rejected pages are paid; the answers of both rejections no longer count."
        ),
    )
    reason = text(1000, load_default="", metadata=about("Needed for a rejection: the worker is told."))


class VerdictSchema(Schema):
    """How many pages a verdict changed."""

    changed = fields.Integer()


@blueprint.on("GET", "/projects/<project>/reviews")
@blueprint.takes_query(ReviewQuery)
@requires("read")
@blueprint.gives(200, ReviewList)
def list_reviews(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List pages in a state of review, oldest first."""
    row, after = scope.project(at.session, at.principal, project), number(query["after"]) or 0
    found = review.pages(at.session, row, review=query["state"], after=after, limit=query["limit"] + 1)
    return page("pages", found, query["limit"], lambda reviewed: reviewed.id)


@blueprint.on("POST", "/projects/<project>/reviews")
@blueprint.takes(NewVerdict)
@requires("spend")
@blueprint.gives(200, VerdictSchema)
def review_pages(at: Visit, body: dict[str, Any], project: str) -> dict[str, int]:
    """Give one verdict on pages: all of them or, where one cannot have it, none.

    The places of rejected pages are offered again, to others. An overturned rejection is paid after all.
    """
    row = scope.project(at.session, at.principal, project)
    changed = review.decide(
        at.session, at.principal, row, body["pages"], body["verdict"], reason=body["reason"], now=at.now
    )
    return {"changed": changed}
