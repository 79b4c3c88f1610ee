"""Items kept for chosen workers: nobody else is asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.errors import Conflict, bad_input
from crowd.models import Item, Project, Reservation, Worker
from crowd.services import audit, locks
from crowd.services.access.keys import Principal


def reserve(
    session: Session,
    principal: Principal,
    project: Project,
    item: Item,
    workers: Sequence[Worker],
    *,
    now: datetime,
) -> list[str]:
    """Keep an item for these workers and no others; return their pseudonyms. Pages already held stay.

    Raises:
        Conflict: the item is gold, or offered at an endpoint, which offers it to everybody.
        Unprocessable: too few workers are named, or one who does not come to the pool.
    """
    if item.state == "gold":
        raise Conflict(f"item {item.key!r} is gold; workers meet it unannounced")
    if project.channel == CHANNEL:
        raise Conflict("an endpoint offers items to everybody: only in the pool can one be kept")
    people = {worker.id: worker for worker in workers}
    if len(people) < project.overlap:
        raise bad_input("workers", f"an item gets {project.overlap} answers; name at least as many workers")
    for worker in workers:
        if worker.channel == CHANNEL:
            raise bad_input("workers", f"{worker.pseudonym} works at an endpoint, not in the pool")
    locks.items(session, [item.id])
    session.refresh(item)
    if item.open and item.handed_over:
        raise Conflict(f"item {item.key!r} is on offer at {project.second_channel} by now")
    session.execute(delete(Reservation).where(Reservation.item_id == item.id))
    session.add_all(Reservation(item_id=item.id, worker_id=worker_id) for worker_id in people)
    _mark(session, item, reserved=True)
    names = sorted(worker.pseudonym for worker in people.values())
    subject = f"item:{item.key}"
    audit.act(
        session, principal, "item.reserve", subject, project=project, details={"workers": names}, now=now
    )
    return names


def release(session: Session, principal: Principal, project: Project, item: Item, *, now: datetime) -> None:
    """Offer an item to everybody again."""
    locks.items(session, [item.id])
    session.execute(delete(Reservation).where(Reservation.item_id == item.id))
    _mark(session, item, reserved=False)
    audit.act(session, principal, "item.release", f"item:{item.key}", project=project, now=now)


def workers_of(session: Session, item: Item) -> list[str]:
    """Return the pseudonyms of those an item is kept for."""
    query = select(Worker.pseudonym).join(Reservation, Reservation.worker_id == Worker.id)
    return list(session.scalars(query.where(Reservation.item_id == item.id).order_by(Worker.pseudonym)))


def _mark(session: Session, item: Item, *, reserved: bool) -> None:
    session.execute(update(Item).where(Item.id == item.id).values(reserved=reserved))
