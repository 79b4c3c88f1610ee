"""A claimed page comes back: checked, accepted once, and what cannot be accepted is kept apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels import Pool
from crowd.errors import Conflict, Stale, Unprocessable
from crowd.models import Assignment, Item, Project, Slot, Worker
from crowd.models.states import advance
from crowd.services import assign, pay, quiz, record, terms
from crowd.services.skips import Skipped, require_reasons, store_skips
from crowd.services.terms import Terms
from crowd.task_types import TASK_TYPES, Ask
from workers.earnings import earned

__all__ = ["Kept", "Receipt", "Skipped", "submit"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker is told about work handed in; a repeat of the same work gets the same receipt."""

    token: str
    answers: int
    amount_micros: int
    submitted_at: datetime
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission that was kept apart; the edge commits it and then raises the error."""

    error: Conflict | Stale


@dataclass(frozen=True, slots=True)
class _Sent:
    """One submission as it came."""

    answers: Mapping[str, object]
    skips: Mapping[str, Skipped]
    notes: Mapping[str, str]
    seconds: float | None
    times: Mapping[str, float]

    def said(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return all that must be the same in a repetition."""
        skipped = {name: asdict(skip) for name, skip in self.skips.items()}
        more = {"skips": skipped, "notes": dict(self.notes)}
        return {"answers": dict(values)} | {name: part for name, part in more.items() if part}

    def payload(self) -> dict[str, Any]:
        """Return everything, to be kept."""
        times = {"times": dict(self.times)} if self.times else {}
        return {**self.said(self.answers), "seconds": self.seconds, **times}


def submit(
    session: Session,
    worker: Worker,
    token: str,
    *,
    answers: Mapping[str, object],
    skips: Mapping[str, Skipped] | None = None,
    notes: Mapping[str, str] | None = None,
    seconds: float | None = None,
    times: Mapping[str, float] | None = None,
    now: datetime,
) -> Receipt | Kept:
    """Accept a claimed page, whole and once: every question answered or skipped.

    Repeating the same submission gives the same receipt. One that comes too late, or says something
    else than the one already accepted, is stored as a stray and returned as `Kept`. Everything but
    `seconds` goes by question: `answers` as JSON, `notes` in the worker's own words, active `times`.

    Raises:
        NotFound: the worker holds no such page.
        Unprocessable: a question is missing or unknown, or a value is no answer to it.
    """
    sent = _Sent(answers, skips or {}, notes or {}, seconds, times or {})
    assignment, project = assign.find(session, worker, token)
    slots, known = _slots(session, assignment), terms.of(session, project)
    try:
        values = _read(session, project, known, slots, sent)
    except Unprocessable:
        if assignment.work == "assigned":
            raise
        return _again(session, project, assignment, sent, {}, now)
    held_for = _held_for(assignment, worker, now)
    amount = _earned(project, assignment, len(values), _capped(seconds, held_for))
    if not _accept(session, project, assignment, sent, values, amount, _capped(seconds, held_for), now):
        return _again(session, project, assignment, sent, values, now)
    filled = _filled(slots, sent, values, held_for)
    advance(session, Slot, "state", ("leased", "done"), Slot.id.in_([slot.slot_id for slot in filled]))
    record.answers(session, project, known.label_set, filled, channel=worker.channel, now=now)
    skipped = [(slot, sent.skips[name]) for name, slot in slots.items() if name in sent.skips]
    store_skips(session, project, assignment, skipped, now=now)
    _give_back(session, project, assignment, slots, values, amount, now)
    if assignment.kind == "quiz":
        marked = [(values.get(name), slot.gold_id) for name, slot in slots.items() if slot.gold_id]
        quiz.mark(session, project, worker, marked, now=now)
    return Receipt(token, len(values), amount, now, len(skipped))


def _slots(session: Session, assignment: Assignment) -> dict[str, Slot]:
    """Return the slots of a page by the names of its questions."""
    query = select(Slot).where(Slot.assignment_id == assignment.id).order_by(Slot.position)
    return {f"q{slot.position}": slot for slot in session.scalars(query)}


def _read(
    session: Session, project: Project, known: Terms, slots: Mapping[str, Slot], sent: _Sent
) -> dict[str, str]:
    kind = TASK_TYPES[project.task_type]
    payloads: dict[int, dict[str, Any]] = {}
    if kind.reads_payload:
        query = select(Item.id, Item.payload).where(Item.id.in_([slot.item_id for slot in slots.values()]))
        payloads = {item_id: payload for item_id, payload in session.execute(query)}
    asks = {
        name: Ask(known.label_set.labels, project.task_options, payloads.get(slot.item_id, {}))
        for name, slot in slots.items()
    }
    require_reasons(sent.skips)
    return record.read(kind, sent.answers, asks, sent.skips)


def _held_for(assignment: Assignment, worker: Worker, now: datetime) -> float:
    """Return the seconds that can have been worked on a page; only our own people live in our time."""
    if worker.channel != Pool.name:
        return math.inf
    return max(0.0, (now - (assignment.begun_at or assignment.created_at)).total_seconds())


def _capped(seconds: float | None, held_for: float) -> float | None:
    return None if seconds is None else min(seconds, held_for)


def _earned(project: Project, assignment: Assignment, answers: int, active: float | None) -> int:
    if assignment.kind == "quiz":
        return 0
    return earned(
        answers=answers,
        price_micros=project.price_micros,
        hourly_micros=project.hourly_micros,
        active_seconds=active or 0.0,
    )


def _accept(
    session: Session,
    project: Project,
    assignment: Assignment,
    sent: _Sent,
    values: Mapping[str, str],
    amount: int,
    active: float | None,
    now: datetime,
) -> int:
    is_reviewed = project.review == "manual" and assignment.kind == "work"
    return advance(
        session,
        Assignment,
        "work",
        ("assigned", "submitted"),
        Assignment.id == assignment.id,
        submitted_at=now,
        submission_digest=record.digest(sent.said(values)),
        active_seconds=active,
        review="pending" if is_reviewed else "accepted",
        payment="due" if amount and not is_reviewed else "none",
        amount_micros=amount,
    )


def _filled(
    slots: Mapping[str, Slot], sent: _Sent, values: Mapping[str, str], held_for: float
) -> list[record.Filled]:
    share = None if sent.seconds is None else min(sent.seconds, held_for) / max(1, len(slots))
    return [
        record.Filled(
            slots[name].id,
            slots[name].item_id,
            slots[name].worker_id,
            value,
            _capped(sent.times.get(name), held_for) if name in sent.times else share,
            sent.notes.get(name) or None,
        )
        for name, value in values.items()
    ]


def _give_back(
    session: Session,
    project: Project,
    assignment: Assignment,
    slots: Mapping[str, Slot],
    values: Mapping[str, str],
    amount: int,
    now: datetime,
) -> None:
    """Free what was set aside for gold that was skipped, and for time that was not needed."""
    if assignment.kind == "quiz":
        return
    skipped_gold = sum(slot.gold_id is not None and name not in values for name, slot in slots.items())
    freed = {
        f"gold:{assignment.token}": project.price_micros * skipped_gold,
        f"unearned:{assignment.id}": project.price_micros * len(values) - amount,
    }
    pay.void_all(session, project.id, freed, now=now)


def _again(
    session: Session,
    project: Project,
    assignment: Assignment,
    sent: _Sent,
    values: Mapping[str, str],
    now: datetime,
) -> Receipt | Kept:
    """Answer a submission for a page that has already ended: a repeat, a contradiction, or too late."""
    session.refresh(assignment)
    payload = sent.payload()
    if assignment.work != "submitted":
        record.keep(
            session, project, assignment, reason=f"the page is {assignment.work}", payload=payload, now=now
        )
        return Kept(Stale(f"this page is {assignment.work}; the answers are kept but do not count"))
    if assignment.submission_digest != record.digest(sent.said(values)):
        record.keep(
            session, project, assignment, reason="submitted before otherwise", payload=payload, now=now
        )
        return Kept(Conflict("this page was submitted before with other answers"))
    assert assignment.submitted_at is not None
    return Receipt(
        token=assignment.token,
        answers=len(values),
        amount_micros=assignment.amount_micros,
        submitted_at=assignment.submitted_at,
        skipped=len(sent.skips),
    )
