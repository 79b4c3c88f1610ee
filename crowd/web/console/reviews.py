"""Pages that somebody looks at before they are paid: a verdict on one, or on all that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, CrowdError, Unprocessable, bad_input
from crowd.models import Item, Project
from crowd.models.assignment import REVIEW_STATES
from crowd.services.access import scope
from crowd.services.experts import review
from crowd.services.experts.review import VERDICTS, ReviewPage, Verdict
from crowd.web.place import Place, RequesterCall

SHOWN = 20
LONGEST_REASON = 1000
LONGEST_ID = 18  # digits


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a form of the page says: a verdict on pages, and why."""

    pages: tuple[int, ...]
    verdict: Verdict
    reason: str


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of what waits for a review."""

    @pages.get("/projects/<slug>/reviews", endpoint="reviews")
    @at.for_requesters("read")
    def show(call: RequesterCall, slug: str) -> str:
        return _shown(call, scope.project(call.session, call.principal, slug))

    @pages.post("/projects/<slug>/reviews", endpoint="review")
    @at.for_requesters("spend")
    def decide(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        ruling = _ruling()
        about = ruling.pages, ruling.verdict
        try:
            # Refused halfway it must leave nothing behind: this page commits whatever it returns.
            with call.session.begin_nested():
                review.decide(
                    call.session, call.principal, project, *about, reason=ruling.reason, now=call.now
                )
        except (Unprocessable, Conflict) as error:
            return _shown(call, project, ruling=ruling, error=error), error.status
        return redirect(url_for("console.reviews", slug=slug, state=_state()), 303)


def _shown(
    call: RequesterCall, project: Project, *, ruling: Ruling | None = None, error: CrowdError | None = None
) -> str:
    found = review.pages(call.session, project, review=_state(), after=_after(), limit=SHOWN + 1)
    shown = found[:SHOWN]
    return render_template(
        "console/reviews.html",
        project=project,
        pages=shown,
        payloads=_payloads(call.session, project, shown),
        state=_state(),
        states=REVIEW_STATES,
        after=_after(),
        following=shown[-1].id if len(found) > SHOWN else None,
        longest=LONGEST_REASON,
        ruling=ruling,
        error=error,
    )


def _payloads(session: Session, project: Project, pages: Sequence[ReviewPage]) -> dict[str, dict[str, Any]]:
    """Return what the items on these pages show, by their keys."""
    keys = {said.item for page in pages for said in page.answers}
    query = select(Item.key, Item.payload).where(Item.project_id == project.id, Item.key.in_(keys))
    return {key: payload for key, payload in session.execute(query)}


def _ruling() -> Ruling:
    verdict, reason = (request.form.get(name, "").strip() for name in ("verdict", "reason"))
    if verdict not in VERDICTS:
        raise bad_input("verdict", f"choose from {', '.join(VERDICTS)}")
    if len(reason) > LONGEST_REASON:
        raise bad_input("reason", f"has at most {LONGEST_REASON} characters")
    pages = tuple(_number(text) for text in request.form.getlist("pages"))
    if not pages:
        raise bad_input("pages", "name at least one")
    return Ruling(pages, verdict, reason)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise bad_input("pages", f"{text[:LONGEST_ID]!r} is no page")
    return int(text)


def _state() -> str:
    """Return which pages are asked for; those that wait where nothing else is said."""
    state = request.values.get("state", "")
    return state if state in REVIEW_STATES else REVIEW_STATES[0]


def _after() -> int:
    after = request.values.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) <= LONGEST_ID else 0
