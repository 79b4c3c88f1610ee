"""Invariants of asking: places, slots, leases, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Subquery, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from crowd.models import Assignment, Decision, Hit, HitQuestion, Item, Restriction, Slot
from crowd.services.check.invariant import invariant, lines, within
from crowd.services.trust import exam
from qc.spam import EXAM

COUNTED = ("leased", "done")
RESTING = ("settled", "given_up", "quarantined")
HELD = ("leased", "done", "skipped", "void")  # those that keep their worker away
UNSEEN = timedelta(minutes=10)  # more than a grading takes, from its beginning until others see it
WAITED = timedelta(minutes=1)  # more than a claim takes


@invariant(1, "an item's wanted answers are those open, on a published HIT, or in a live slot")
def wanted_adds_up(session: Session, project_id: int | None) -> Iterator[str]:
    """Find items whose counters and slots disagree; more live slots than wanted is one such case."""
    places, live = _places(project_id), _live(project_id)
    published, held = func.coalesce(places.c.n, 0), func.coalesce(live.c.n, 0)
    query = (
        select(
            Item.id, Item.wanted, Item.open.label("open"), published.label("published"), held.label("held")
        )
        .outerjoin(places, places.c.item_id == Item.id)
        .outerjoin(live, live.c.item_id == Item.id)
        .where(within(Item.project_id, project_id))
        .where(or_(Item.wanted != Item.open + published + held, held > Item.wanted))
        .order_by(Item.id)
    )
    return lines(
        session,
        query,
        "item {id}: {wanted} answers wanted, but {open} open, {published} on HITs, {held} in live slots",
    )


@invariant(2, "no worker has two slots on an item, over all batches, HITs and channels")
def nobody_twice(session: Session, project_id: int | None) -> Iterator[str]:
    """Find workers who were asked the same twice."""
    query = (
        select(Slot.item_id, Slot.worker_id, func.count().label("slots"))
        .where(Slot.state.in_(HELD), within(Slot.project_id, project_id))
        .group_by(Slot.item_id, Slot.worker_id)
        .having(func.count() > 1)
        .order_by(Slot.item_id, Slot.worker_id)
    )
    return lines(session, query, "item {item_id}: worker {worker_id} has {slots} slots on it")


@invariant(4, "every slot of an item has a lease of its own, held by the slot's worker")
def one_slot_per_lease(session: Session, project_id: int | None) -> Iterator[str]:
    """Find assignments with two slots on an item, and slots under another worker's assignment."""
    shared = (
        select(Slot.item_id, Slot.assignment_id, func.count().label("slots"))
        .where(within(Slot.project_id, project_id))
        .group_by(Slot.item_id, Slot.assignment_id)
        .having(func.count() > 1)
        .order_by(Slot.item_id)
    )
    yield from lines(session, shared, "item {item_id}: assignment {assignment_id} has {slots} slots on it")
    foreign = (
        select(Slot.id, Slot.assignment_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(within(Slot.project_id, project_id), Slot.worker_id != Assignment.worker_id)
        .order_by(Slot.id)
    )
    yield from lines(session, foreign, "slot {id}: its worker is not that of assignment {assignment_id}")


@invariant(6, "every leased slot belongs to an assignment that will end")
def leases_end(session: Session, project_id: int | None) -> Iterator[str]:
    """Find slots that nothing would ever free."""
    query = (
        select(Slot.id, Slot.assignment_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(within(Slot.project_id, project_id), Slot.state == "leased")
        .where(or_(Assignment.work != "assigned", Assignment.lease_until.is_(None)))
        .order_by(Slot.id)
    )
    return lines(
        session, query, "slot {id}: leased, but assignment {assignment_id} has no lease that runs out"
    )


@invariant(7, "no worker holds two pages of a project, and one ahead, or was given one while restricted")
def nobody_restricted(session: Session, project_id: int | None) -> Iterator[str]:
    """Find leases that should not have been given; work accepted elsewhere came under no lease of ours."""
    held = (
        select(Assignment.worker_id, Assignment.project_id, func.count().label("pages"))
        .where(within(Assignment.project_id, project_id), Assignment.work == "assigned")
        .group_by(Assignment.worker_id, Assignment.project_id, Assignment.ahead)
        .having(func.count() > 1)
        .order_by(Assignment.worker_id)
    )
    yield from lines(session, held, "worker {worker_id}: holds {pages} pages of project {project_id}")
    barred = and_(
        Restriction.worker_id == Assignment.worker_id,
        Restriction.exam_after.is_(None),  # an exam is pages of nothing but gold
        or_(Restriction.project_id.is_(None), Restriction.project_id == Assignment.project_id),
        Assignment.created_at > Restriction.created_at,
        or_(Restriction.lifted_at.is_(None), Assignment.created_at < Restriction.lifted_at),
        or_(Restriction.until.is_(None), Assignment.created_at < Restriction.until),
    )
    given = (
        select(Assignment, Restriction)
        .join(Restriction, barred)
        .where(within(Assignment.project_id, project_id), Assignment.lease_until.is_not(None))
        .order_by(Assignment.id)
    )
    for page, crossed in session.execute(given):
        if not _was_under_way(page, crossed):
            whom = f"worker {page.worker_id}, who was {crossed.kind} (restriction {crossed.id})"
            yield f"assignment {page.id}: given to {whom}"


def _was_under_way(page: Assignment, held: Restriction) -> bool:
    """Tell whether a page may have been claimed before anybody could see the restriction, or after its end.

    Either moment is that at which its transaction began: a grading that restricts may run for minutes, and a
    claim may wait until a restriction is lifted.
    """
    if page.created_at - held.created_at <= UNSEEN:
        return True
    return held.lifted_at is not None and held.lifted_at - page.created_at <= WAITED


@invariant(8, "an item that is no longer asked about has nothing open and a decision that says why")
def decided_with_a_reason(session: Session, project_id: int | None) -> Iterator[str]:
    """Find items at rest that are still on offer, or whose newest decision says otherwise."""
    newest = select(func.max(Decision.id)).where(Decision.item_id == Item.id).scalar_subquery()
    decision = aliased(Decision)
    unexplained = or_(
        decision.id.is_(None),
        and_(Item.state == "settled", decision.action.not_in(("enough", "expert"))),
        and_(Item.state == "given_up", decision.action.not_in(("give_up", "expert"))),
        and_(Item.state == "quarantined", decision.action != "quarantine"),
    )
    query = (
        select(Item.id, Item.state, Item.open.label("open"), decision.action)
        .outerjoin(decision, decision.id == newest)
        .where(within(Item.project_id, project_id), Item.state.in_(RESTING))
        .where(or_(Item.open != 0, unexplained))
        .order_by(Item.id)
    )
    return lines(session, query, "item {id}: {state} with {open} answers open, newest decision: {action}")


@invariant(54, "an exam ends a suspension from one project, after ten questions of gold at most")
def exams_end(session: Session, project_id: int | None) -> Iterator[str]:
    """Find exams that are too long, end nothing, or are over while the suspension stands."""
    here = true() if project_id is None else Restriction.project_id == project_id
    sits = and_(Restriction.exam_after.is_not(None), here)
    odd = or_(Restriction.project_id.is_(None), Restriction.kind != "suspended")
    endless = select(Restriction.id, Restriction.kind).where(sits, odd).order_by(Restriction.id)
    yield from lines(session, endless, "restriction {id}: {kind}, and no suspension from a project to end")
    outcome = Restriction.facts["exam"]["outcome"].as_string()
    over = select(Restriction.id, outcome.label("outcome")).where(
        sits, outcome.is_not(None), Restriction.lifted_at.is_(None)
    )
    yield from lines(session, over.order_by(Restriction.id), "restriction {id}: in force, its exam {outcome}")
    leased = Assignment.lease_until.is_not(None)  # pages accepted elsewhere nobody can count beforehand
    asked = (
        select(Restriction.id, func.count().label("questions"))
        .join(Slot, and_(Slot.project_id == Restriction.project_id, Slot.worker_id == Restriction.worker_id))
        .join(Assignment, and_(Assignment.id == Slot.assignment_id, leased))
        .where(sits, Slot.id > Restriction.exam_after, Slot.gold_id.is_not(None), Slot.state.in_(exam.ASKED))
        .where(or_(Restriction.lifted_at.is_(None), Slot.created_at < Restriction.lifted_at))
        .group_by(Restriction.id)
        .having(func.count() > EXAM)
        .order_by(Restriction.id)
    )
    yield from lines(session, asked, "restriction {id}: an exam of {questions} questions")


def _places(project_id: int | None) -> Subquery:
    query = (
        select(HitQuestion.item_id, func.sum(HitQuestion.places).label("n"))
        .join(Hit, Hit.id == HitQuestion.hit_id)
        .where(Hit.state == "open", HitQuestion.gold_id.is_(None), within(Hit.project_id, project_id))
    )
    return query.group_by(HitQuestion.item_id).subquery()


def _live(project_id: int | None) -> Subquery:
    query = select(Slot.item_id, func.count().label("n")).where(
        Slot.state.in_(COUNTED), Slot.gold_id.is_(None), within(Slot.project_id, project_id)
    )
    return query.group_by(Slot.item_id).subquery()
