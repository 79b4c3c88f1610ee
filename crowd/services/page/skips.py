"""Questions handed back unanswered: others are asked, until enough of them say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crowd.errors import Problem, bad_inputs
from crowd.models import Decision, Item, Project, Skip, Slot, Worker
from crowd.models.answer import SKIP_REASONS
from crowd.models.states import advance
from crowd.services import locks, publish
from crowd.services.page import release
from crowd.services.page.accept import Claimed

# So many workers must say it before an item is taken out.
QUARANTINE = {"broken": 2, "cannot_tell": 3}
SAID = {"broken": "say it is broken", "cannot_tell": "cannot tell"}


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a question was not answered, and the worker's own words."""

    reason: str
    note: str = ""


def require_reasons(skips: Mapping[str, Skipped]) -> None:
    """Raise unless every reason is one of those there are."""
    problems = [
        Problem(name, f"{skip.reason!r} is no reason to skip; choose from {', '.join(SKIP_REASONS)}")
        for name, skip in skips.items()
        if skip.reason not in SKIP_REASONS
    ]
    if problems:
        raise bad_inputs(problems, what="skips")


def store_skips(
    session: Session,
    project: Project,
    worker: Worker,
    page: Claimed,
    skips: Mapping[str, Skipped],
    *,
    now: datetime,
) -> None:
    """Keep what was skipped, open the places again, and take out items that cannot be answered."""
    skipped = [(page.places[name], skip) for name, skip in skips.items()]
    item_ids = sorted(place.item_id for place, _ in skipped if place.gold_id is None)
    locks.items(session, item_ids)
    slots = [place.slot_id for place, _ in skipped]
    advance(session, Slot, "state", ("leased", "skipped"), Slot.id.in_(slots))
    row = {"project_id": project.id, "worker_id": worker.id, "created_at": now}
    rows = [
        {**row, "slot_id": place.slot_id, "item_id": place.item_id, "reason": skip.reason, "note": skip.note}
        for place, skip in skipped
    ]
    session.execute(insert(Skip), rows)
    came_over = worker.channel == project.second_channel
    release.reopen(session, project, page.id, item_ids, came_over=came_over, now=now)
    quarantine(session, project, page.id, item_ids, now=now)


def quarantine(
    session: Session, project: Project, assignment_id: int, item_ids: Sequence[int], *, now: datetime
) -> None:
    """Ask no longer about items of which enough workers say that they cannot be answered."""
    query = (
        select(Skip.item_id, Skip.reason, func.count(Skip.worker_id.distinct()))
        .join(Item, Item.id == Skip.item_id)
        .where(Skip.item_id.in_(item_ids), Item.state == "asking")
        .group_by(Skip.item_id, Skip.reason)
        .order_by(Skip.item_id, Skip.reason)
    )
    found = {
        item_id: f"{workers} workers {SAID[reason]}"
        for item_id, reason, workers in session.execute(query)
        if workers >= QUARANTINE.get(reason, workers + 1)
    }
    if not found:
        return
    advance(session, Item, "state", ("asking", "quarantined"), Item.id.in_(list(found)))
    decision = {"project_id": project.id, "action": "quarantine", "created_at": now}
    rows = [{**decision, "item_id": item_id, "reason": reason} for item_id, reason in found.items()]
    session.execute(insert(Decision), rows)
    publish.withdraw(session, project, list(found), cause=f"quarantine:{assignment_id}", now=now)
