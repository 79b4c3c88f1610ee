"""Work is handed out: a worker claims a page, keeps it for a while, gives it back or lets it expire."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import ColumnElement, exists, func, insert, select, update
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import chunks
from crowd.errors import BudgetExceeded, NotFound, Stale
from crowd.models import Assignment, Hit, Instructions, Item, Project, Slot, Worker
from crowd.models.conditions import ASSIGNED, CLAIMABLE, LIVE
from crowd.models.states import advance
from crowd.services import eligibility, instructions, locks, pack, pay, projects, scope

SWEEP_LIMIT = 500


def claim(session: Session, project: Project, worker: Worker, *, now: datetime) -> Page | None:
    """Give the worker the page they hold, or build one of the most valuable items they have not seen.

    Returns None when there is nothing for this worker. Concurrent claims never take the same place:
    each locks the items it takes, skips those another claim has locked, and counts `open` down.
    """
    _lock(session, worker)
    held = _held(session, project, worker)
    if held is not None:
        return _page(session, project, held)
    eligibility.require(session, project, worker, now=now)
    picks = _take(session, project, worker)
    if not picks:
        return None
    rng = Random(f"{project.seed}:{worker.id}:{_claims_so_far(session, project, worker)}")
    token = secrets.token_urlsafe(16)
    gold = _gold(session, project, worker, token, len(picks), rng, now)
    picks = pack.shuffled([*picks[: project.hit_size - len(gold)], *gold], rng)
    told = instructions.current(session, project)
    assignment = _assign(session, project, told, worker, token, picks, now)
    _hold(session, project, assignment, picks, now)
    label_set = projects.labels(session, project)
    return pack.page(project, label_set, told, picks, token=token, lease_until=assignment.lease_until)


def renew(session: Session, worker: Worker, token: str, *, now: datetime) -> datetime:
    """Extend the lease of a page the worker still holds; return its new end."""
    assignment, project = find(session, worker, token)
    until = now + timedelta(seconds=project.lease_seconds)
    statement = update(Assignment).where(Assignment.id == assignment.id, ASSIGNED)
    done = session.execute(
        statement.values(lease_until=until).returning(Assignment.id),
        execution_options={"synchronize_session": False},
    )
    if done.scalar() is None:
        raise Stale(f"this page is already {_work(session, assignment)}")
    return until


def give_back(session: Session, worker: Worker, token: str, *, now: datetime) -> None:
    """Return a page unanswered, so that others get its items at once. Repeating it changes nothing."""
    assignment, project = find(session, worker, token)
    if (
        not _release(session, project, assignment, "returned", now)
        and _work(session, assignment) == "submitted"
    ):
        raise Stale("this page is already submitted")


def sweep(session: Session, *, now: datetime) -> int:
    """Take back the pages whose lease has run out; return how many.

    A lease ends here, by a change of state, and never by comparing clocks at submit: a late answer
    to a page nobody took back is simply accepted.
    """
    query = (
        select(Assignment, Project)
        .join(Project, Project.id == Assignment.project_id)
        .where(ASSIGNED, Assignment.lease_until < now)
        .order_by(Assignment.lease_until)
        .limit(SWEEP_LIMIT)
        .with_for_update(of=Assignment, skip_locked=True, key_share=True)
    )
    rows = [(assignment, project) for assignment, project in session.execute(query)]
    expired = sorted(rows, key=lambda row: (row[1].id, row[0].id))
    # All items before any money moves, see `locks`.
    locks.items(session, _places(session, [assignment for assignment, _ in expired]))
    return sum(_release(session, project, assignment, "expired", now) for assignment, project in expired)


def find(session: Session, worker: Worker, token: str) -> tuple[Assignment, Project]:
    """Return the worker's assignment under a token; someone else's looks like none."""
    query = (
        select(Assignment, Project)
        .join(Project, Project.id == Assignment.project_id)
        .where(Assignment.token == token, Assignment.worker_id == worker.id)
    )
    row = scope.first(session, query)
    if row is None:
        raise NotFound("no such page")
    return row[0], row[1]


def _lock(session: Session, worker: Worker) -> None:
    # Serialises a worker's double click; other workers are not held up.
    session.execute(select(Worker.id).where(Worker.id == worker.id).with_for_update(key_share=True))


def _held(session: Session, project: Project, worker: Worker) -> Assignment | None:
    query = select(Assignment).where(
        Assignment.worker_id == worker.id, Assignment.project_id == project.id, ASSIGNED
    )
    return session.scalars(query).first()


def _page(session: Session, project: Project, assignment: Assignment) -> Page:
    query = (
        select(Item.id, Item.key, Item.payload)
        .join(Slot, Slot.item_id == Item.id)
        .where(Slot.assignment_id == assignment.id)
        .order_by(Slot.position)
    )
    picks = [pack.Pick(item_id, key, payload) for item_id, key, payload in session.execute(query)]
    hit = session.get_one(Hit, assignment.hit_id)
    return pack.page(
        project,
        projects.labels(session, project),
        session.get_one(Instructions, hit.instructions_id),
        picks,
        token=assignment.token,
        lease_until=assignment.lease_until,
    )


def _take(session: Session, project: Project, worker: Worker) -> list[pack.Pick]:
    """Lock the best items for this worker; some of them will make room for gold."""
    query = (
        select(Item.id, Item.key, Item.payload)
        .where(Item.project_id == project.id, CLAIMABLE, ~_seen(worker))
        .order_by(Item.rank, Item.id)
        .limit(project.hit_size)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [pack.Pick(item_id, key, payload) for item_id, key, payload in session.execute(query)]


def _seen(worker: Worker) -> ColumnElement[bool]:
    return exists().where(Slot.item_id == Item.id, Slot.worker_id == worker.id, LIVE)


def _gold(
    session: Session, project: Project, worker: Worker, token: str, questions: int, rng: Random, now: datetime
) -> list[pack.Pick]:
    """Choose gold for the page and reserve its price; none where the budget has no room for it."""
    count = pack.gold_count(questions, project.gold_share, rng)
    gold = pack.gold_for_worker(session, project, worker.id, wanted=count, rng=rng)
    try:
        pay.reserve(session, project.id, project.price_micros * len(gold), key=f"gold:{token}", now=now)
    except BudgetExceeded:
        return []
    return gold


def _assign(
    session: Session,
    project: Project,
    told: Instructions,
    worker: Worker,
    token: str,
    picks: Sequence[pack.Pick],
    now: datetime,
) -> Assignment:
    hit = Hit(
        project_id=project.id,
        instructions_id=told.id,
        channel=worker.channel,
        state="closed",  # nobody else will see this page
        external_id=token,
        assignments=1,
        reward_micros=project.price_micros * len(picks),
        created_at=now,
    )
    session.add(hit)
    session.flush()
    assignment = Assignment(
        project_id=project.id,
        hit_id=hit.id,
        worker_id=worker.id,
        external_id=token,
        token=token,
        lease_until=now + timedelta(seconds=project.lease_seconds),
        gold_micros=project.price_micros * sum(pick.gold_id is not None for pick in picks),
        created_at=now,
    )
    session.add(assignment)
    session.flush()
    return assignment


def _hold(
    session: Session, project: Project, assignment: Assignment, picks: Sequence[pack.Pick], now: datetime
) -> None:
    """Count the items' open places down and insert one slot for each question."""
    ordinary = [pick.item_id for pick in picks if pick.gold_id is None]
    statement = update(Item).where(Item.id.in_(ordinary)).values(open=Item.open - 1, claimable=Item.open > 1)
    session.execute(statement, execution_options={"synchronize_session": False})
    session.execute(
        insert(Slot),
        [
            {
                "project_id": project.id,
                "item_id": pick.item_id,
                "worker_id": assignment.worker_id,
                "assignment_id": assignment.id,
                "position": position,
                "gold_id": pick.gold_id,
                "created_at": now,
            }
            for position, pick in enumerate(picks, start=1)
        ],
    )


def _release(session: Session, project: Project, assignment: Assignment, state: str, now: datetime) -> int:
    """End an assignment without answers and give its places back; 0 when it had already ended."""
    if not advance(session, Assignment, "work", ("assigned", state), Assignment.id == assignment.id):
        return 0
    item_ids = _places(session, [assignment])
    locks.items(session, item_ids)
    advance(session, Slot, "state", ("leased", state), Slot.assignment_id == assignment.id)
    _reopen(session, project, assignment, item_ids, now)
    pay.void(session, project.id, assignment.gold_micros, key=f"gold:{assignment.token}", now=now)
    return 1


def _places(session: Session, assignments: Sequence[Assignment]) -> list[int]:
    """Return the items on which these assignments hold a place; gold has none."""
    item_ids: set[int] = set()
    for some in chunks([assignment.id for assignment in assignments]):
        query = select(Slot.item_id).where(Slot.assignment_id.in_(some), Slot.state == "leased")
        item_ids.update(session.scalars(query.where(Slot.gold_id.is_(None))))
    return sorted(item_ids)


def _reopen(
    session: Session, project: Project, assignment: Assignment, item_ids: Sequence[int], now: datetime
) -> None:
    """Offer the places again, or let them go where the item has been decided in the meantime."""
    back = update(Item).where(Item.id.in_(item_ids), Item.state == "asking")
    session.execute(
        back.values(open=Item.open + 1, claimable=True), execution_options={"synchronize_session": False}
    )
    gone = update(Item).where(Item.id.in_(item_ids), Item.state != "asking").returning(Item.id)
    rows = session.execute(
        gone.values(wanted=Item.wanted - 1), execution_options={"synchronize_session": False}
    )
    amount = project.price_micros * len(rows.all())
    pay.void(session, project.id, amount, key=f"places:{assignment.id}", now=now)


def _work(session: Session, assignment: Assignment) -> str:
    return session.scalars(select(Assignment.work).where(Assignment.id == assignment.id)).one()


def _claims_so_far(session: Session, project: Project, worker: Worker) -> int:
    query = select(func.count()).where(Assignment.worker_id == worker.id, Assignment.project_id == project.id)
    return session.scalar(query) or 0
