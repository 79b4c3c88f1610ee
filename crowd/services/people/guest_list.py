"""Many people are invited at once: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import Problem, bad_inputs
from crowd.models import Worker
from crowd.services import locks
from crowd.services.access.keys import Principal
from crowd.services.people import groups, invitations
from crowd.tables.people import PersonRow
from workers.qualification import NAME

MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody invited, with the token of their link; it is never readable again."""

    name: str
    pseudonym: str
    token: str


def invite_all(
    session: Session, principal: Principal, people: Sequence[PersonRow], *, now: datetime
) -> list[Invited]:
    """Add everyone to the pool and to their groups; where any cannot be, nobody is."""
    principal.require_all_projects()
    locks.name(session, f"workers:{principal.requester_id}")
    known = _known(session, principal, [person.name for person in people])
    problems = [fault for person in people for fault in _faults(person, known)]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what="people")
    invited, joined = [], dict[str, list[Worker]]()
    for person in people:
        worker, token = invitations.invite(session, principal, name=person.name, now=now)
        invited.append(Invited(person.name, worker.pseudonym, token))
        for name in dict.fromkeys(person.groups):
            joined.setdefault(name, []).append(worker)
    for name, workers in sorted(joined.items()):
        groups.add(session, principal, name, workers, now=now)
    return invited


def _faults(person: PersonRow, known: set[str]) -> list[Problem]:
    found = [
        Problem(person.where, f"{name!r} cannot be a group's name")
        for name in person.groups
        if not NAME.fullmatch(name)
    ]
    if person.name in known:
        found.append(Problem(person.where, f"there is a worker {person.name!r} already"))
    return found


def _known(session: Session, principal: Principal, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(names):
        query = select(Worker.name).where(
            Worker.requester_id == principal.requester_id, Worker.channel == "pool", Worker.name.in_(some)
        )
        found.update(session.scalars(query))
    return found
