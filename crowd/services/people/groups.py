"""Groups of workers: made by their first member, gone with their last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crowd.errors import NotFound, bad_input
from crowd.models import GroupMember, Worker
from crowd.services import audit, locks
from crowd.services.access.keys import Principal
from workers.qualification import NAME


def add(
    session: Session, principal: Principal, name: str, workers: Sequence[Worker], *, now: datetime
) -> int:
    """Put workers into a group; return how many were not in it before."""
    principal.require_all_projects()
    check_name(name)
    locks.name(session, f"groups:{principal.requester_id}")
    held = set(session.scalars(select(GroupMember.worker_id).where(GroupMember.name == name)))
    new = {worker.id: worker for worker in workers if worker.id not in held}
    session.add_all(GroupMember(worker_id=worker_id, name=name, created_at=now) for worker_id in new)
    _note(session, principal, "group.add", name, list(new.values()), now)
    return len(new)


def remove(
    session: Session, principal: Principal, name: str, workers: Sequence[Worker], *, now: datetime
) -> int:
    """Take workers out of a group; return how many were in it."""
    principal.require_all_projects()
    ids = [worker.id for worker in workers]
    statement = delete(GroupMember).where(GroupMember.name == name, GroupMember.worker_id.in_(ids))
    gone = set(session.scalars(statement.returning(GroupMember.worker_id)))
    _note(session, principal, "group.remove", name, [each for each in workers if each.id in gone], now)
    return len(gone)


def sizes(session: Session, principal: Principal) -> dict[str, int]:
    """Return the requester's groups by name, with how many belong to each."""
    query = (
        select(GroupMember.name, func.count())
        .join(Worker, Worker.id == GroupMember.worker_id)
        .where(Worker.requester_id == principal.requester_id)
        .group_by(GroupMember.name)
        .order_by(GroupMember.name)
    )
    return {name: count for name, count in session.execute(query)}


def members(session: Session, principal: Principal, name: str) -> Sequence[Worker]:
    """Return who belongs to a group, by pseudonym; a group without members does not exist."""
    query = (
        select(Worker)
        .join(GroupMember, GroupMember.worker_id == Worker.id)
        .where(Worker.requester_id == principal.requester_id, GroupMember.name == name)
        .order_by(Worker.pseudonym)
    )
    found = session.scalars(query).all()
    if not found:
        raise NotFound(f"no group {name!r}")
    return found


def of(session: Session, worker: Worker) -> list[str]:
    """Return the groups a worker belongs to."""
    query = select(GroupMember.name).where(GroupMember.worker_id == worker.id)
    return list(session.scalars(query.order_by(GroupMember.name)))


def check_name(name: str, where: str = "group") -> None:
    """Raise unless this can be the name of a group."""
    if not NAME.fullmatch(name):
        raise bad_input(where, f"{name!r}: use letters, digits, dots, dashes and underscores, at most 63")


def _note(
    session: Session, principal: Principal, action: str, name: str, who: Sequence[Worker], now: datetime
) -> None:
    if who:
        details = {"workers": [worker.pseudonym for worker in who]}
        audit.act(session, principal, action, f"group:{name}", details=details, now=now)
