"""Submissions are stored: the assignment, its slots and answers, what was skipped, and what is kept apart."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from crowd.channels.mturk.handed_in import HandedIn, Said
from crowd.channels.mturk.posting import CHANNEL
from crowd.models import Assignment, Hit, HitQuestion, Project, Quarantined, Skip, Slot, Worker
from crowd.services import deliver
from crowd.services.deliver import Questions
from crowd.services.mturk import hits
from crowd.services.mturk.exchange import Exchanged
from crowd.services.page import record, skips
from crowd.services.page.skips import Skipped
from crowd.services.setup import projects


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as one worker saw it: on another item than its HIT's where gold was exchanged."""

    question: HitQuestion
    item_id: int
    gold_id: int | None

    @classmethod
    def of(cls, question: HitQuestion, exchanged: Exchanged) -> Asked:
        """Look up whether it was exchanged."""
        shown = exchanged.get(question.position, question)
        return cls(question, shown.item_id, shown.gold_id)


@dataclass(slots=True)
class Work:
    """One submission, sorted into what found a place and what did not."""

    hit: Hit
    worker_id: int
    handed: HandedIn
    said: Said
    asked: Mapping[str, Asked] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    taken: list[tuple[Asked, str]] = field(default_factory=list)
    stray: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None  # why nothing of it can be used
    assignment_id: int = 0  # once it is stored

    def skips(self) -> dict[str, Skipped]:
        """Return what was handed back unanswered, with the reasons."""
        said = self.said.skips.items()
        return {name: Skipped(each.get("reason", ""), each.get("note", "")) for name, each in said}


def store(
    session: Session,
    project: Project,
    works: Sequence[Work],
    questions: Mapping[int, Questions],
    now: datetime,
) -> None:
    """Store submissions with all that is in them, each with an assignment of its own."""
    session.flush()
    rows = [_assignment(project, work, now) for work in works]
    ids = session.scalars(insert(Assignment).returning(Assignment.id, sort_by_parameter_order=True), rows)
    for work, assignment_id in zip(works, ids, strict=True):
        work.assignment_id = assignment_id
    _fill(session, project, works, now)
    unused = _unused(works, questions)
    if unused:
        hits.reopen(session, project, unused, cause=f"unused:{works[0].assignment_id}", now=now)
    for work in works:
        if work.fault is not None:
            quarantine(session, project, work.handed, work.fault, now=now)
        if work.stray:
            assignment = session.get_one(Assignment, work.assignment_id)
            payload = {"answers": work.stray}
            reason = "the worker has answered these items before"
            record.keep(session, project, assignment, reason=reason, payload=payload, now=now)
        if work.said.skips and work.fault is None:
            _skip(session, project, work, now)


def _unused(works: Sequence[Work], questions: Mapping[int, Questions]) -> Counter[int]:
    """Take back the places that a worker was paid for and did not fill; return how many, by item.

    Nor does an exam fill any: its gold stood in for the questions of the HIT.
    """
    unused: Counter[int] = Counter()
    for work in works:
        taken = {asked.question.position for asked, _ in work.taken}
        stood_in = [asked.question for asked, _ in work.taken if asked.gold_id and not asked.question.gold_id]
        unused.update(question.item_id for question in stood_in)
        for question in questions[work.hit.id].values():
            if question.position in taken or question.places == 0:
                continue
            question.places -= 1
            if question.gold_id is None:
                unused[question.item_id] += 1
    return unused


def _assignment(project: Project, work: Work, now: datetime) -> dict[str, Any]:
    handed, seconds = work.handed, work.said.seconds
    return {
        "project_id": project.id,
        "hit_id": work.hit.id,
        "worker_id": work.worker_id,
        "external_id": handed.assignment,
        "token": secrets.token_urlsafe(16),
        "work": "submitted",
        "review": "pending",
        "payment": "none",
        "amount_micros": work.hit.reward_micros,
        "begun_at": handed.accepted_at,
        "submitted_at": handed.submitted_at,
        "active_seconds": None if seconds is None else min(seconds, handed.held_seconds),
        "submission_digest": record.digest({"answer": handed.answer}),
        "created_at": now,
    }


def _fill(session: Session, project: Project, works: Sequence[Work], now: datetime) -> None:
    """Insert a slot that is done, and the answer in it, for everything that found a place."""
    taken = [(work, *place) for work in works for place in work.taken]
    if not taken:
        return
    rows = [_slot(project, work, asked, "done", now) for work, asked, _ in taken]
    ids = session.scalars(insert(Slot).returning(Slot.id, sort_by_parameter_order=True), rows)
    filled = [
        record.Filled(
            slot_id,
            asked.item_id,
            work.worker_id,
            value,
            _seconds(work, f"q{asked.question.position}"),
            work.said.notes.get(f"q{asked.question.position}") or None,
        )
        for slot_id, (work, asked, value) in zip(ids, taken, strict=True)
    ]
    record.answers(session, project, projects.labels(session, project), filled, channel=CHANNEL, now=now)


def _slot(project: Project, work: Work, asked: Asked, state: str, now: datetime) -> dict[str, Any]:
    return {
        "project_id": project.id,
        "item_id": asked.item_id,
        "worker_id": work.worker_id,
        "assignment_id": work.assignment_id,
        "position": asked.question.position,
        "gold_id": asked.gold_id,
        "state": state,
        "created_at": now,
    }


def _seconds(work: Work, name: str) -> float | None:
    """Return the active time of one question: as measured, or its share of the page's."""
    held, said = work.handed.held_seconds, work.said
    if name in said.times:
        return min(said.times[name], held)
    questions = len(said.answers) + len(said.skips)
    return None if said.seconds is None else min(said.seconds, held) / max(1, questions)


def _skip(session: Session, project: Project, work: Work, now: datetime) -> None:
    """Keep what was handed back unanswered; its place stays open for others when the HIT ends."""
    asked = work.asked
    found = {name: skip for name, skip in work.skips().items() if name in asked}
    items = {each.item_id for each in asked.values()}
    seen = deliver.seen_on(session, items, [session.get_one(Worker, work.worker_id)])
    found = {n: s for n, s in found.items() if (asked[n].item_id, work.worker_id) not in seen}
    if not found:
        return
    rows = [_slot(project, work, asked[name], "skipped", now) for name in found]
    ids = session.scalars(insert(Slot).returning(Slot.id, sort_by_parameter_order=True), rows)
    skipped = [
        {
            "project_id": project.id,
            "item_id": asked[name].item_id,
            "worker_id": work.worker_id,
            "slot_id": slot_id,
            "reason": skip.reason,
            "note": skip.note,
            "created_at": now,
        }
        for slot_id, (name, skip) in zip(ids, found.items(), strict=True)
    ]
    session.execute(insert(Skip), skipped)
    skipped_items = sorted(asked[name].item_id for name in found)
    skips.quarantine(session, project, work.assignment_id, skipped_items, now=now)


def quarantine(session: Session, project: Project, each: HandedIn, reason: str, *, now: datetime) -> None:
    """Keep a submission apart, whole, with the reason."""
    kept = Quarantined(
        project_id=project.id,
        hit=each.hit,
        external_id=each.assignment,
        worker=each.worker,
        answer=each.answer,
        reason=reason,
        created_at=now,
    )
    session.add(kept)
