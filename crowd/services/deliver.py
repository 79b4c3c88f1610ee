"""Published HITs bring in work: every submission counts once or is kept apart, and empty places close."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crowd.channels import Submission, Unfilled
from crowd.errors import NotFound
from crowd.models import Assignment, Hit, HitQuestion, Item, Project, Slot, Worker
from crowd.models.states import advance
from crowd.services import pack, pay, projects, publish, record, roster


def deliver(
    session: Session, project: Project, hit_id: str, submissions: Sequence[Submission], *, now: datetime
) -> int:
    """Accept what was submitted to one HIT whose page was built at publish; return how many answers count.

    Delivering an assignment again changes nothing. An answer beyond the places on offer, or of a worker
    who has already answered the item, is kept apart.
    """
    hit = _hit(session, project, hit_id)
    label_set = projects.labels(session, project)
    questions = _questions(session, hit)
    fresh = _fresh(session, hit, submissions)
    for submission in fresh:
        record.check(submission.answers, list(submission.answers), label_set.labels)
    names = [submission.worker for submission in fresh]
    workers = roster.arrivals(session, project.requester_id, hit.channel, names, now=now)
    seen = _seen(session, questions, workers)
    assignments = [
        _assignment(project, hit, workers[submission.worker], submission, now) for submission in fresh
    ]
    session.add_all(assignments)
    session.flush()
    values: dict[Slot, str] = {}
    for assignment, submission in zip(assignments, fresh, strict=True):
        taken = _take(session, project, assignment, submission, questions, seen, now)
        assignment.amount_micros = project.price_micros * len(taken)
        assignment.payment = "due" if assignment.amount_micros else "none"
        values |= taken
    session.add_all(values)
    session.flush()
    spent = {row.id: submission.seconds for row, submission in zip(assignments, fresh, strict=True)}
    record.answers(session, project, label_set, values, channel=hit.channel, seconds=spent, now=now)
    _close_if_full(session, hit, questions)
    return len(values)


def close(session: Session, project: Project, unfilled: Unfilled, *, now: datetime) -> None:
    """Take back places on a published HIT that nobody will fill, and give up on their items."""
    hit = _hit(session, project, unfilled.hit)
    questions = _questions(session, hit)
    for name, places in unfilled.places.items():
        question = questions[name]
        question.places -= places
        if question.gold_id is None:
            fewer = update(Item).where(Item.id == question.item_id).values(wanted=Item.wanted - places)
            session.execute(fewer, execution_options={"synchronize_session": False})
            publish.give_up(session, project, question.item_id, reason=unfilled.reason, now=now)
    amount = project.price_micros * sum(unfilled.places.values())
    pay.void(session, project.id, amount, key=f"unfilled:{hit.id}", now=now)
    _close_if_full(session, hit, questions)


def _hit(session: Session, project: Project, external_id: str) -> Hit:
    query = select(Hit).where(Hit.project_id == project.id, Hit.external_id == external_id)
    hit = session.scalars(query).first()
    if hit is None:
        raise NotFound(f"no HIT {external_id!r} in this project")
    return hit


def _questions(session: Session, hit: Hit) -> dict[str, HitQuestion]:
    query = select(HitQuestion).where(HitQuestion.hit_id == hit.id).order_by(HitQuestion.position)
    return {f"q{question.position}": question for question in session.scalars(query.with_for_update())}


def _fresh(session: Session, hit: Hit, submissions: Sequence[Submission]) -> list[Submission]:
    known = set(session.scalars(select(Assignment.external_id).where(Assignment.hit_id == hit.id)))
    return [submission for submission in submissions if submission.assignment not in known]


def _seen(
    session: Session, questions: Mapping[str, HitQuestion], workers: Mapping[str, Worker]
) -> set[tuple[int, int]]:
    """Return which of these workers hold, or have held and filled, a slot on which of these items."""
    query = select(Slot.item_id, Slot.worker_id).where(
        Slot.item_id.in_([question.item_id for question in questions.values()]),
        Slot.worker_id.in_([worker.id for worker in workers.values()]),
        Slot.state.in_(pack.LIVE_SLOTS),
    )
    return {(item_id, worker_id) for item_id, worker_id in session.execute(query)}


def _assignment(
    project: Project, hit: Hit, worker: Worker, submission: Submission, now: datetime
) -> Assignment:
    return Assignment(
        project_id=project.id,
        hit_id=hit.id,
        worker_id=worker.id,
        external_id=submission.assignment,
        token=secrets.token_urlsafe(16),
        work="submitted",
        review="accepted",
        submitted_at=now,
        submission_digest=record.digest(submission.answers),
        created_at=now,
    )


def _take(
    session: Session,
    project: Project,
    assignment: Assignment,
    submission: Submission,
    questions: Mapping[str, HitQuestion],
    seen: set[tuple[int, int]],
    now: datetime,
) -> dict[Slot, str]:
    """Turn places on the HIT into slots that are done; keep apart what finds no place."""
    taken: dict[Slot, str] = {}
    stray: dict[str, str] = {}
    for name, value in submission.answers.items():
        question = questions.get(name)
        if question is None or question.places == 0 or (question.item_id, assignment.worker_id) in seen:
            stray[name] = value
            continue
        question.places -= 1
        seen.add((question.item_id, assignment.worker_id))
        taken[_slot(project, assignment, question, now)] = value
    if stray:
        payload = {"answers": stray}
        record.keep(session, project, assignment, reason="no place is left", payload=payload, now=now)
    return taken


def _slot(project: Project, assignment: Assignment, question: HitQuestion, now: datetime) -> Slot:
    return Slot(
        project_id=project.id,
        item_id=question.item_id,
        worker_id=assignment.worker_id,
        assignment_id=assignment.id,
        position=question.position,
        gold_id=question.gold_id,
        state="done",
        created_at=now,
    )


def _close_if_full(session: Session, hit: Hit, questions: Mapping[str, HitQuestion]) -> None:
    session.flush()
    if not any(question.places for question in questions.values()):
        advance(session, Hit, "state", ("open", "closed"), Hit.id == hit.id)
