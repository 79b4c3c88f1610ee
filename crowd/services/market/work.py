"""The worker's side of the market: what is offered, accepted, given back and submitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, literal_column, select
from sqlalchemy.orm import Session

from crowd import questions
from crowd.models import Worker
from crowd.models.market import HitType, MarketAccount, MarketAssignment, MarketHit
from crowd.models.market.assignment import MARKET_STATES
from crowd.questions import answers
from crowd.services import locks
from crowd.services.market import account as accounts
from crowd.services.market import hit_types, ids, notices, policies, qualifications, settle
from crowd.services.market.profile import PLAIN, Profile
from crowd.services.market.refusals import Refused, missing, wrong_status
from crowd.services.market.scores import standing

PREVIEW_ID = "ASSIGNMENT_ID_NOT_AVAILABLE"
OVER = ("returned", "abandoned")
TAKEN = tuple(state for state in MARKET_STATES if state not in OVER)
SWEPT_AT_ONCE = 200

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offered:
    """A HIT type with work for a worker, and the HIT of it that is theirs to preview or accept next."""

    hit_type: HitType
    hit: MarketHit
    count: int  # of the type's HITs that are open to anybody
    unmet: Sequence[str]  # what keeps this worker from accepting


def open_hits(session: Session, worker: Worker, *, now: datetime) -> list[Offered]:
    """Return what a worker may see, the newest type first."""
    account = session.scalar(select(MarketAccount).where(MarketAccount.requester_id == worker.requester_id))
    if account is None:
        return []
    return list(_offers(session, account, worker, now))


def next_of_type(session: Session, worker: Worker, hit_type: HitType, *, now: datetime) -> MarketHit | None:
    """Return the oldest open HIT of a type that a worker has not had yet."""
    mine = exists().where(
        MarketAssignment.hit_id == MarketHit.id,
        MarketAssignment.worker_id == worker.id,
        MarketAssignment.state.in_(TAKEN),
    )
    query = select(MarketHit).where(*_is_open(hit_type.account_id, now), MarketHit.hit_type_id == hit_type.id)
    return session.scalar(query.where(~mine).order_by(MarketHit.id).limit(1))


def accept(
    session: Session, worker: Worker, hit: MarketHit, *, now: datetime, profile: Profile = PLAIN
) -> MarketAssignment:
    """Give a worker a place on a HIT, for as long as its type says."""
    hit = settle.guard(session, hit.id, now=now)
    account = session.get_one(MarketAccount, hit.account_id)
    hit_type = hit_types.of(session, hit.hit_type_id)
    _check_open(session, worker, hit, now)
    unmet = qualifications.admits(session, account, worker, hit_type.requirements, action="accept", now=now)
    if unmet:
        raise Refused(f"You may not accept this HIT: {'; '.join(unmet)}", "DoesNotMeetRequirements")
    accounts.person(session, worker)
    assignment = MarketAssignment(
        hit_id=hit.id,
        worker_id=worker.id,
        external_id=_id(session, hit, profile),
        state="accepted",
        deadline=now + timedelta(seconds=hit_type.assignment_seconds),
        created_at=now,
    )
    session.add(assignment)
    hit.open -= 1
    session.flush()
    notices.emit(session, hit, "AssignmentAccepted", assignment=assignment, now=now)
    return assignment


def give_back(session: Session, assignment: MarketAssignment, *, now: datetime) -> None:
    """End an assignment without work; somebody else may accept."""
    hit = _guarded(session, assignment, now)
    if assignment.state != "accepted":
        raise wrong_status("Assignment", "Accepted")
    settle.give_back(session, hit, assignment, "returned", now=now)
    settle.conclude(session, hit, now=now)


def submit(session: Session, external_id: str, fields: Fields, *, now: datetime) -> MarketAssignment:
    """Hand in the fields of a worker's form; the assignment's id, which nobody can guess, says whose."""
    if external_id == PREVIEW_ID:
        raise Refused("This is a preview. Accept the HIT before you submit it.", "InvalidAssignmentState")
    if answers.is_empty(fields):
        raise Refused(
            "The HIT was not submitted correctly: the form has no answer.", kind="ParameterValidationError"
        )
    assignment = held(session, external_id)
    hit = _guarded(session, assignment, now)
    if assignment.state in OVER:
        raise Refused("The time for this HIT is over, or it was returned.", "InvalidAssignmentState")
    if assignment.state != "accepted":
        raise Refused("This HIT was submitted already.", "InvalidAssignmentState")
    form = questions.read(hit.question, loopback_http=True).form if hit.question_kind == "form" else None
    delay = hit_types.of(session, hit.hit_type_id).auto_approval_seconds
    assignment.answer = answers.write(fields, form)
    assignment.state, assignment.submitted_at = "submitted", now
    assignment.auto_approve_at = now + timedelta(seconds=delay)
    session.flush()
    notices.emit(session, hit, "AssignmentSubmitted", assignment=assignment, now=now)
    # Without a delay it is approved and paid here, before the HIT gives back what it need not hold.
    settle.settle(session, hit, now=now)
    policies.submitted(session, hit, assignment, now=now)
    settle.settle(session, hit, now=now)
    return assignment


def held(session: Session, external_id: str) -> MarketAssignment:
    """Return the newest assignment that had this id."""
    query = select(MarketAssignment).where(MarketAssignment.external_id == external_id)
    found = session.scalar(query.order_by(MarketAssignment.id.desc()).limit(1))
    if found is None:
        raise missing("Assignment", external_id)
    return found


def sweep(session: Session, *, now: datetime) -> int:
    """Write down what time has brought about on some HITs; return on how many."""
    locks.name(session, "market sweep")  # two sweeps would wait for each other's accounts
    due = settle.due(session, now=now, limit=SWEPT_AT_ONCE)
    hit_ids = sorted({*due, *policies.due(session, limit=SWEPT_AT_ONCE)})
    settle.lock(session, hit_ids)  # all of them before the first account
    for hit_id in hit_ids:
        policies.reviewable(session, settle.guard(session, hit_id, now=now), now=now)
    return len(hit_ids)


def _offers(session: Session, account: MarketAccount, worker: Worker, now: datetime) -> Iterator[Offered]:
    numbers = session.execute(
        select(MarketHit.hit_type_id, func.count())
        .where(*_is_open(account.id, now))
        .group_by(MarketHit.hit_type_id)
        .order_by(MarketHit.hit_type_id.desc())
    )
    counted = numbers.all()
    hit_types.fetch(session, [type_id for type_id, _ in counted])
    kinds = [hit_types.of(session, type_id) for type_id, _ in counted]
    asked = {each["QualificationTypeId"] for kind in kinds for each in kind.requirements}
    known = standing(session, account, worker, asked, now=now)  # once, for all there are
    for hit_type, (_, count) in zip(kinds, counted, strict=True):
        if known.unmet(hit_type.requirements, action="discover"):
            continue
        hit = next_of_type(session, worker, hit_type, now=now)
        if hit is not None:
            yield Offered(hit_type, hit, count, known.unmet(hit_type.requirements, action="accept"))


def _is_open(account_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        MarketHit.open > literal_column("0"),  # as the partial index has it
        MarketHit.disposed_at.is_(None),
        MarketHit.account_id == account_id,
        MarketHit.expires_at > now,
    )


def _guarded(session: Session, assignment: MarketAssignment, now: datetime) -> MarketHit:
    hit = settle.guard(session, assignment.hit_id, now=now)
    session.refresh(assignment)
    return hit


def _check_open(session: Session, worker: Worker, hit: MarketHit, now: datetime) -> None:
    query = select(MarketAssignment.id).where(
        MarketAssignment.hit_id == hit.id,
        MarketAssignment.worker_id == worker.id,
        MarketAssignment.state.in_(TAKEN),
    )
    if session.scalar(query.limit(1)) is not None:
        raise Refused("You have accepted this HIT already.", "AssignmentAlreadyExists")
    if hit.disposed_at is not None or hit.expires_at <= now or hit.open <= 0:
        raise Refused("There are no more places on this HIT.", "InvalidHITState")


def _id(session: Session, hit: MarketHit, profile: Profile) -> str:
    """Return the id of a new assignment, which may be that of one on this HIT which is over."""
    if profile.reuses_ids:
        in_use = select(MarketAssignment.external_id).where(MarketAssignment.state.in_(TAKEN))
        query = select(MarketAssignment.external_id).where(
            MarketAssignment.hit_id == hit.id, MarketAssignment.state.in_(OVER)
        )
        free = query.where(
            MarketAssignment.external_id.not_in(in_use.where(MarketAssignment.hit_id == hit.id))
        )
        if found := session.scalar(free.order_by(MarketAssignment.id.desc()).limit(1)):
            return found
    return ids.entity()
