"""A worker of an endpoint is forgotten: their id there leaves the calls we made and what is kept apart."""

from __future__ import annotations

import json
from typing import Any, cast

from sqlalchemy import CursorResult, Text, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from crowd.errors import Conflict
from crowd.models import OutboxEntry, Project, Quarantined, Worker
from crowd.services.mturk import bonuses, outbox, people

# Operations whose parameters name workers.
NAMING = (bonuses.BONUS, people.GRANT, people.WITHDRAW, people.NOTIFY)
LETTER = ("Subject", "MessageText")


def forget(session: Session, worker: Worker, gone: str) -> int:
    """Put `gone` in the place of a worker's id at the endpoint, wherever it is kept; return how often.

    Raises:
        Conflict: calls about them are still to be sent, and need the id.
    """
    entries = _naming(session, worker)
    left = sum(entry.state not in outbox.ENDED for entry in entries)
    if left:
        raise Conflict(
            f"{left} calls about worker {worker.pseudonym!r} are still to be sent to the endpoint; "
            "send them first: crowd collect PROJECT"
        )
    for entry in entries:
        entry.parameters = _without(entry.parameters, worker.name, gone)
        entry.result = None if entry.result is None else _replaced(entry.result, worker.name, gone)
        entry.error = None if entry.error is None else entry.error.replace(worker.name, gone)
    session.flush()
    return len(entries) + _in_quarantine(session, worker, gone)


def _naming(session: Session, worker: Worker) -> list[OutboxEntry]:
    named = json.dumps(worker.name)
    query = (
        select(OutboxEntry)
        .join(Project, Project.id == OutboxEntry.project_id)
        .where(Project.requester_id == worker.requester_id, OutboxEntry.operation.in_(NAMING))
        .where(as_type(OutboxEntry.parameters, Text).contains(named, autoescape=True))
        .order_by(OutboxEntry.id)
    )
    return list(session.scalars(query.with_for_update(of=OutboxEntry)))


def _in_quarantine(session: Session, worker: Worker, gone: str) -> int:
    own = select(Project.id).where(Project.requester_id == worker.requester_id)
    theirs = update(Quarantined).where(Quarantined.project_id.in_(own), Quarantined.worker == worker.name)
    done = session.execute(theirs.values(worker=gone), execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def _without(parameters: dict[str, Any], name: str, gone: str) -> dict[str, Any]:
    """Return the parameters of a call without a name; a letter to nobody else goes whole."""
    kept: dict[str, Any] = _replaced(parameters, name, gone)
    if parameters.get("WorkerIds") == [name]:
        kept |= {part: gone for part in LETTER if part in kept}
    return kept


def _replaced(value: Any, name: str, gone: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _replaced(part, name, gone) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, name, gone) for part in value]
    return gone if value == name else value
