"""Published HITs bring in work: every submission counts once or is kept apart, and empty places close."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd.channels import Delivery, Submission, Unfilled
from crowd.db import chunks
from crowd.errors import NotFound
from crowd.models import Assignment, Hit, HitQuestion, Item, Project, Slot, Worker
from crowd.models.conditions import LIVE
from crowd.models.states import advance
from crowd.services import pay, publish, roster
from crowd.services.page import record
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES, Ask

Questions = Mapping[str, HitQuestion]


@dataclass(frozen=True, slots=True)
class Work:
    """One submission, sorted into what found a place and what did not."""

    hit_id: int
    worker_id: int
    submission: Submission
    taken: list[tuple[HitQuestion, str]]
    stray: dict[str, str]


def deliver(session: Session, project: Project, deliveries: Sequence[Delivery], *, now: datetime) -> int:
    """Accept what was submitted to HITs whose pages were built at publish; return how many answers count.

    Delivering an assignment again changes nothing. An answer beyond the places on offer, or of a worker
    who has already answered the item, is kept apart.
    """
    hits = _hits(session, project, [delivery.hit for delivery in deliveries])
    questions = questions_of(session, hits.values())
    fresh = _fresh(session, hits, deliveries)
    read = _read(session, project, questions, fresh)
    names = sorted({submission.worker for _, submission in fresh})
    workers = roster.arrivals(session, project.requester_id, project.channel, names, now=now)
    seen = seen_on(session, _items(questions), workers.values())
    works = [
        sort(questions[hit.id], workers[submission.worker].id, submission, hit.id, seen)
        for hit, submission in read
    ]
    _store(session, project, works, now)
    _close_full(session, questions)
    return sum(len(work.taken) for work in works)


def close(session: Session, project: Project, unfilled: Sequence[Unfilled], *, now: datetime) -> None:
    """Take back places on published HITs that nobody will fill, and give up on their items."""
    hits = _hits(session, project, [rest.hit for rest in unfilled])
    questions = questions_of(session, hits.values())
    fewer: dict[int, int] = defaultdict(int)
    closed: dict[int, int] = defaultdict(int)
    given_up: dict[str, list[int]] = defaultdict(list)
    for rest in unfilled:
        for name, places in rest.places.items():
            question = questions[hits[rest.hit].id][name]
            question.places -= places
            closed[question.hit_id] += places
            if question.gold_id is None:
                fewer[question.item_id] += places
                given_up[rest.reason].append(question.item_id)
    publish.want_fewer(session, fewer)
    for reason, item_ids in given_up.items():
        publish.give_up(session, project, item_ids, reason=reason, now=now)
    # A HIT may close in parts: the places left tell one part from the next.
    left = {hit_id: sum(question.places for question in page.values()) for hit_id, page in questions.items()}
    amounts = {f"unfilled:{hit}:{left[hit]}": project.price_micros * places for hit, places in closed.items()}
    pay.void_all(session, project.id, amounts, now=now)
    _close_full(session, questions)


def _hits(session: Session, project: Project, external_ids: Sequence[str]) -> dict[str, Hit]:
    query = select(Hit).where(Hit.project_id == project.id, Hit.channel == project.channel)
    found = {
        hit.external_id: hit
        for some in chunks(external_ids)
        for hit in session.scalars(query.where(Hit.external_id.in_(some)))
        if hit.external_id is not None
    }
    for external_id in external_ids:
        if external_id not in found:
            raise NotFound(f"no HIT {external_id!r} in this project")
    return found


def questions_of(session: Session, hits: Iterable[Hit]) -> dict[int, dict[str, HitQuestion]]:
    """Return and lock the questions of each HIT by the name they have on its page."""
    query = select(HitQuestion).order_by(HitQuestion.hit_id, HitQuestion.position).with_for_update()
    questions: dict[int, dict[str, HitQuestion]] = defaultdict(dict)
    for some in chunks(sorted(hit.id for hit in hits)):
        for question in session.scalars(query.where(HitQuestion.hit_id.in_(some))):
            questions[question.hit_id][f"q{question.position}"] = question
    return questions


def _fresh(
    session: Session, hits: Mapping[str, Hit], deliveries: Sequence[Delivery]
) -> list[tuple[Hit, Submission]]:
    """Return the submissions that were not delivered before, each once."""
    known: set[tuple[int, str]] = set()
    for some in chunks([hit.id for hit in hits.values()]):
        query = select(Assignment.hit_id, Assignment.external_id).where(Assignment.hit_id.in_(some))
        known.update((hit_id, external_id) for hit_id, external_id in session.execute(query))
    fresh = {
        (hits[delivery.hit].id, submission.assignment): (hits[delivery.hit], submission)
        for delivery in deliveries
        for submission in delivery.submissions
    }
    return [found for key, found in fresh.items() if key not in known]


def _read(
    session: Session,
    project: Project,
    questions: Mapping[int, Questions],
    fresh: Sequence[tuple[Hit, Submission]],
) -> list[tuple[Hit, Submission]]:
    """Return the submissions with their answers in canonical form."""
    kind = TASK_TYPES[project.task_type]
    payloads = payloads_of(session, _items(questions)) if kind.reads_payload else {}
    labels = projects.labels(session, project).labels
    found = []
    for hit, submission in fresh:
        items = {name: question.item_id for name, question in questions[hit.id].items()}
        # What is not on the page has no item; it is kept apart, not refused.
        asks = {
            name: Ask(labels, project.task_options, payloads.get(items.get(name, 0), {}))
            for name in submission.answers
        }
        found.append((hit, replace(submission, answers=record.read(kind, submission.answers, asks))))
    return found


def _items(questions: Mapping[int, Questions]) -> set[int]:
    return {question.item_id for page in questions.values() for question in page.values()}


def payloads_of(session: Session, item_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return what these items hold, by item."""
    query = select(Item.id, Item.payload)
    return {
        item_id: payload
        for some in chunks(sorted(item_ids))
        for item_id, payload in session.execute(query.where(Item.id.in_(some)))
    }


def seen_on(session: Session, item_ids: Collection[int], workers: Iterable[Worker]) -> set[tuple[int, int]]:
    """Return which of these workers hold, or have held and filled, a slot on which of these items."""
    present = {worker.id for worker in workers}
    query = select(Slot.item_id, Slot.worker_id).where(LIVE)
    return {
        (item_id, worker_id)
        for some in chunks(sorted(item_ids))
        for item_id, worker_id in session.execute(query.where(Slot.item_id.in_(some)))
        if worker_id in present
    }


def sort(
    questions: Questions, worker_id: int, submission: Submission, hit_id: int, seen: set[tuple[int, int]]
) -> Work:
    """Give each answer of a submission a place on the HIT, as long as there is one."""
    work = Work(hit_id, worker_id, submission, [], {})
    for name, value in submission.answers.items():
        question = questions.get(name)
        if question is None or question.places == 0 or (question.item_id, worker_id) in seen:
            work.stray[name] = value
            continue
        question.places -= 1
        seen.add((question.item_id, worker_id))
        work.taken.append((question, value))
    return work


def _store(session: Session, project: Project, works: Sequence[Work], now: datetime) -> None:
    """Store the work: its assignments, its slots, the answers in them, and what found no place."""
    if not works:
        return
    new = insert(Assignment).returning(Assignment.id, sort_by_parameter_order=True)
    ids = session.scalars(new, [_assignment(project, work, now) for work in works]).all()
    filled = _fill(session, project, dict(zip(ids, works, strict=True)), now)
    label_set = projects.labels(session, project)
    record.answers(session, project, label_set, filled, channel=project.channel, now=now)
    for row_id, work in zip(ids, works, strict=True):
        if work.stray:
            assignment = session.get_one(Assignment, row_id)
            payload = {"answers": work.stray}
            record.keep(session, project, assignment, reason="no place is left", payload=payload, now=now)


def _fill(
    session: Session, project: Project, works: Mapping[int, Work], now: datetime
) -> list[record.Filled]:
    """Insert a slot that is done for every answer that found a place."""
    taken = [
        (row_id, work.worker_id, question, value, _share(work))
        for row_id, work in works.items()
        for question, value in work.taken
    ]
    if not taken:
        return []
    rows = [
        {
            "project_id": project.id,
            "item_id": question.item_id,
            "worker_id": worker_id,
            "assignment_id": row_id,
            "position": question.position,
            "gold_id": question.gold_id,
            "state": "done",
            "created_at": now,
        }
        for row_id, worker_id, question, *_ in taken
    ]
    ids = session.scalars(insert(Slot).returning(Slot.id, sort_by_parameter_order=True), rows)
    return [
        record.Filled(slot_id, question.item_id, worker_id, value, seconds)
        for slot_id, (_, worker_id, question, value, seconds) in zip(ids, taken, strict=True)
    ]


def _share(work: Work) -> float | None:
    seconds = work.submission.seconds
    return None if seconds is None else seconds / max(1, len(work.taken))


def _assignment(project: Project, work: Work, now: datetime) -> dict[str, Any]:
    amount = project.price_micros * len(work.taken)
    return {
        "project_id": project.id,
        "hit_id": work.hit_id,
        "worker_id": work.worker_id,
        "external_id": work.submission.assignment,
        "token": secrets.token_urlsafe(16),
        "work": "submitted",
        "review": "accepted",
        "payment": "due" if amount else "none",
        "amount_micros": amount,
        "submitted_at": now,
        "submission_digest": record.digest(work.submission.answers),
        "created_at": now,
    }


def _close_full(session: Session, questions: Mapping[int, Questions]) -> None:
    session.flush()
    full = [hit for hit, page in questions.items() if not any(question.places for question in page.values())]
    for some in chunks(full):
        advance(session, Hit, "state", ("open", "closed"), Hit.id.in_(some))
