"""A claimed page comes back: checked, accepted once, and what cannot be accepted is kept apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crowd.channels import Pool
from crowd.db import Line
from crowd.errors import Conflict, NotFound, Stale, Unprocessable
from crowd.models import Assignment, Project, Worker
from crowd.services import pay, plain
from crowd.services.access.attempts import Limit
from crowd.services.page import accept, hold, look, quiz, record, terms, training
from crowd.services.page.accept import Claimed, Entry, Quota, Someone, Verdict
from crowd.services.page.look import Caller, Card
from crowd.services.page.skips import Skipped, require_reasons, store_skips
from crowd.services.page.terms import Terms
from crowd.services.page.training import Lesson
from crowd.services.plain import At
from crowd.task_types import TASK_TYPES, Ask
from workers.earnings import earned

__all__ = ["Kept", "Receipt", "Sent", "Skipped", "express", "ordinary", "receipt", "submit"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker is told about work handed in; a repeat of the same work gets the same receipt."""

    token: str
    answers: int
    amount_micros: int
    submitted_at: datetime
    skipped: int = 0
    lessons: Sequence[Lesson] = ()  # of a page of training


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission that was kept apart; the edge commits it and then raises the error."""

    error: Conflict | Stale


@dataclass(frozen=True, slots=True)
class Sent:
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
    sent = Sent(answers, skips or {}, notes or {}, seconds, times or {})
    page = accept.find(session, worker, token)
    if page is None:
        raise NotFound("no such page")
    project = terms.project(session, page.project_id, page.revision)
    known = terms.of(session, project)
    try:
        values = _read(session, project, known, page, sent)
    except Unprocessable:
        if page.work == "assigned":
            raise
        return _again(session, project, page, sent, {}, now)
    entry = _entry(project, known, worker, page, sent, values, now)
    verdict, price = entry.verdict, project.price_at(worker.channel)
    if not accept.store(session, worker, entry, now=now):
        return _again(session, project, page, sent, values, now)
    if sent.skips:
        store_skips(session, project, worker, page, sent.skips, now=now)
    if page.kind == "quiz":
        marked = [(values.get(name), place.gold_id) for name, place in page.places.items() if place.gold_id]
        quiz.mark(session, project, worker, marked, now=now)
    elif page.kind == "training":
        training.finish(session, known, worker, project.id, now=now)
    else:
        _give_back(session, project, page, token, values, price, verdict.amount_micros, now)
    learned = _lessons(session, project, page, values)
    return Receipt(token, len(values), verdict.amount_micros, now, len(sent.skips), learned)


def express(
    line: Line, card: Card, token: str, sent: Sent, *, limit: Limit, now: datetime
) -> tuple[Caller, Receipt] | None:
    """Accept an ordinary page as `submit` does, in two statements on a line, or raise as `ordinary` does.

    None where it is not ordinary: then nothing is stored, and it is for `submit` to do, or to refuse.
    """
    found = look.at_submission(line, card, token, now=now)
    if found is None:
        return None
    caller, page = found
    entry = ordinary(line, caller, page, sent, limit=limit, now=now)
    if entry is None or not accept.store(line, caller, entry, now=now):
        return None
    return caller, receipt(token, entry, now)


def receipt(token: str, entry: Entry, now: datetime) -> Receipt:
    """Return what a worker is told of an ordinary page that was accepted."""
    return Receipt(token, len(entry.filled), entry.verdict.amount_micros, now)


def ordinary(
    line: Line, caller: Caller, page: Claimed, sent: Sent, *, limit: Limit, now: datetime
) -> Entry | None:
    """Return what an ordinary page, wholly and rightly answered, is stored with; None for any other.

    Raises:
        terms.Unread: this process has not read the project as it is now.
    """
    if (page.work, page.kind) != ("assigned", "work"):
        return None
    project, known = terms.kept(line, page.project_id, page.revision)
    try:
        values = _read(line, project, known, page, sent)
    except Unprocessable:
        return None
    entry = _entry(project, known, caller, page, sent, values, now)
    if entry.verdict.amount_micros != project.price_at(caller.channel) * len(values):
        return None  # then money is freed, see `_give_back`
    if limit.most == 0:
        return entry
    return replace(entry, quota=Quota(limit.bucket(str(caller.id)), limit.begin(now), limit.most))


def _entry(
    project: Project,
    known: Terms,
    worker: Someone,
    page: Claimed,
    sent: Sent,
    values: Mapping[str, str],
    now: datetime,
) -> Entry:
    held_for = _held_for(page, worker, now)
    verdict = _verdict(project, page, sent, values, held_for, project.price_at(worker.channel))
    filled = _filled(page, worker, sent, values, held_for)
    return Entry(page, verdict, filled, known.label_set.id)


def _lessons(
    session: Session, project: Project, page: Claimed, values: Mapping[str, str]
) -> Sequence[Lesson]:
    return training.lessons(session, project, page, values) if page.kind == "training" else ()


def _read(at: At, project: Project, known: Terms, page: Claimed, sent: Sent) -> dict[str, str]:
    kind = TASK_TYPES[project.task_type]
    payloads: dict[int, dict[str, Any]] = {}
    if kind.reads_payload:
        shown = hold.shown(at, [place.item_id for place in page.places.values()])
        payloads = {item_id: plain.read_json(payload) for item_id, (_, payload) in shown.items()}
    asks = {
        name: Ask(known.label_set.labels, project.task_options, payloads.get(place.item_id, {}))
        for name, place in page.places.items()
    }
    require_reasons(sent.skips)
    return record.read(kind, sent.answers, asks, sent.skips)


def _held_for(page: Claimed, worker: Someone, now: datetime) -> float:
    """Return the seconds that can have been worked on a page; only our own people live in our time."""
    return max(0.0, (now - page.since).total_seconds()) if worker.channel == Pool.name else math.inf


def _verdict(
    project: Project, page: Claimed, sent: Sent, values: Mapping[str, str], held_for: float, price: int
) -> Verdict:
    """Say what the work earns, and whether somebody has to look at it first."""
    active = _capped(sent.seconds, held_for)
    amount = earned(
        answers=len(values) if page.kind == "work" else 0,
        price_micros=price,
        hourly_micros=project.hourly_micros,
        active_seconds=active or 0.0,
    )
    is_reviewed = project.review == "manual" and page.kind == "work"
    return Verdict(
        digest=record.digest(sent.said(values)),
        active_seconds=active,
        review="pending" if is_reviewed else "accepted",
        payment="due" if amount and not is_reviewed else "none",
        amount_micros=amount,
    )


def _capped(seconds: float | None, held_for: float) -> float | None:
    return None if seconds is None else min(float(seconds), held_for)


def _filled(
    page: Claimed, worker: Someone, sent: Sent, values: Mapping[str, str], held_for: float
) -> list[record.Filled]:
    active = _capped(sent.seconds, held_for)
    share = None if active is None else active / len(page.places)
    return [
        record.Filled(
            page.places[name].slot_id,
            page.places[name].item_id,
            worker.id,
            value,
            _capped(sent.times.get(name), held_for) if name in sent.times else share,
            sent.notes.get(name) or None,
        )
        for name, value in values.items()
    ]


def _give_back(
    session: Session,
    project: Project,
    page: Claimed,
    token: str,
    values: Mapping[str, str],
    price: int,
    amount: int,
    now: datetime,
) -> None:
    """Free what was set aside for gold that was skipped, and for time that was not needed."""
    skipped = sum(place.gold_id is not None and name not in values for name, place in page.places.items())
    freed = {
        f"gold:{token}": price * skipped,
        f"unearned:{page.id}": price * len(values) - amount,
    }
    pay.void_all(session, project.id, freed, now=now)


def _again(
    session: Session,
    project: Project,
    page: Claimed,
    sent: Sent,
    values: Mapping[str, str],
    now: datetime,
) -> Receipt | Kept:
    """Answer a submission for a page that has already ended: a repeat, a contradiction, or too late."""
    assignment = session.get_one(Assignment, page.id, populate_existing=True)
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
        lessons=_lessons(session, project, page, values),
    )
