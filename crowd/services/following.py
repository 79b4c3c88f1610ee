"""A page comes back and the next one goes out, in one transaction and one call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import Line
from crowd.errors import Forbidden, NotFound
from crowd.models import Worker
from crowd.services import assign, collect
from crowd.services.access.attempts import Limit
from crowd.services.collect import Receipt, Sent
from crowd.services.page import accept, at_once, look, terms
from crowd.services.page import express as ordinary
from crowd.services.page.accept import Entry
from crowd.services.page.express import Plan, Taken
from crowd.services.page.hold import Held
from crowd.services.page.look import Caller, Card


def claim(session: Session, worker: Worker, token: str, *, now: datetime) -> tuple[Page, int] | None:
    """Claim the page after one just handed in, in its project; return it and for how many seconds it is held.

    None where `assign.claim` finds nothing or refuses: what was handed in stands, and whoever claims by
    itself is told why.
    """
    _, project = assign.find(session, worker, token)
    try:
        with session.begin_nested():
            row = terms.of_worker(session, worker, project.id)
            page = assign.claim(session, row, worker, now=now)
    except (Forbidden, NotFound):
        return None
    return None if page is None else (page, row.lease_seconds)


def express(
    line: Line, card: Card, token: str, sent: Sent, *, limit: Limit, now: datetime
) -> tuple[Caller, Receipt, Taken | None] | None:
    """Accept an ordinary page and claim an ordinary one in two statements on a line.

    None, and nothing is stored, where either is not ordinary as far as a look tells. Where then there is
    not all of a page left, what was handed in stands, without a next one.

    Raises:
        terms.Unread: this process has not read the project as it is now.
    """
    found = look.at_both(line, card, token, now=now)
    if found is None or found[0].holds_second:  # a page fetched ahead is next
        return None
    standing, page = found
    entry = collect.ordinary(line, standing.caller, page, sent, limit=limit, now=now)
    known = terms.kept(line, page.project_id, page.revision)
    planned = ordinary.plan(standing, *known, ahead=False)
    if entry is None or planned is None:
        return None
    accepted, held = _store_and_hold(line, standing.caller, entry, planned, now)
    if not accepted:
        return None
    return (
        standing.caller,
        collect.receipt(token, entry, now),
        planned.taken(standing.caller, held),
    )


def _store_and_hold(
    line: Line, caller: Caller, entry: Entry, planned: Plan, now: datetime
) -> tuple[bool, Held | None]:
    if line.is_sqlite:
        accepted = accept.store(line, caller, entry, now=now)
        return accepted, ordinary.take_and_hold(line, caller, planned, now=now) if accepted else None
    return at_once.store_and_hold(line, planned.project, caller, entry, planned.draft, planned.mix, now=now)
