"""What shall happen at an endpoint is written down first, with the token that lets it happen once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError
from crowd.db import chunks
from crowd.models import OutboxEntry, Project

# Operations that take a token. The others may be repeated: a second call finds the work done.
TOKENED = frozenset({"CreateHIT", "CreateHITWithHITType", "CreateAdditionalAssignmentsForHIT", "SendBonus"})
# Endpoints forget tokens after 24 hours; from here on a repeat could happen twice.
TOKEN_LIFE = timedelta(hours=23)
PREFIX = "crowd"
ENDED = ("done", "failed")  # states from which a row moves only if somebody resumes it


def as_written(_session: Session, entry: OutboxEntry) -> dict[str, Any] | None:
    """Return the parameters of a call as they were planned."""
    return entry.parameters


def accept_refusal(_session: Session, _entry: OutboxEntry, _error: CallError, _now: datetime) -> None:
    """Leave it at the row, which says why."""


def load_nothing(_session: Session, _entries: Sequence[OutboxEntry]) -> object:
    """Need nothing but the rows."""
    return None


@dataclass(frozen=True, slots=True)
class Effect:
    """How an operation is prepared, and what follows from its reply.

    `done` and `refused` run in the transaction that records the outcome. `prepare` gives the parameters of
    the call, None while they are not known yet. `confirm` asks the endpoint, in no transaction, what became
    of a call: it returns what the reply would have said, or None where the call did not happen.

    Rows are prepared, and their outcomes recorded, many at a time: `ahead` loads what the calls are made of,
    `recall` what the replies are for, and what they return is held as long as that takes. What is called all
    day has `all_done` as well, which takes the rows as they were sent and is told of many replies at once.
    """

    done: Callable[[Session, OutboxEntry, Reply, datetime], None]
    prepare: Callable[[Session, OutboxEntry], dict[str, Any] | None] = as_written
    confirm: Callable[[Caller, OutboxEntry, CallError | None], Reply | None] | None = None
    refused: Callable[[Session, OutboxEntry, CallError, datetime], None] = accept_refusal
    ahead: Callable[[Session, Sequence[OutboxEntry]], object] = load_nothing
    recall: Callable[[Session, Sequence[OutboxEntry]], object] = load_nothing
    all_done: Callable[[Session, Sequence[tuple[OutboxEntry, Reply]], datetime], None] | None = None


def plan(
    session: Session,
    project: Project,
    operation: str,
    subject: str,
    parameters: Mapping[str, Any],
    *,
    cost_micros: int = 0,
    endpoint: str | None = None,
    now: datetime,
) -> OutboxEntry:
    """Write one call down; planned before, it is the row there is. `subject` names its cause, once ever.

    It goes to the project's endpoint, unless it is about what was made at an earlier one.
    """
    known = select(OutboxEntry).where(
        OutboxEntry.project_id == project.id,
        OutboxEntry.operation == operation,
        OutboxEntry.subject == subject,
    )
    entry = session.scalars(known).first()
    if entry is None:
        wanted = {subject: (parameters, cost_micros)}
        plan_all(session, project, operation, wanted, endpoint=endpoint, now=now)
        entry = session.scalars(known).one()
    return entry


def plan_all(
    session: Session,
    project: Project,
    operation: str,
    wanted: Mapping[str, tuple[Mapping[str, Any], int]],
    *,
    endpoint: str | None = None,
    now: datetime,
) -> None:
    """Write down many calls that were never planned: by subject, their parameters and what they cost."""
    address = endpoint or project.endpoint
    if address is None:
        raise AssertionError(f"project {project.id} has no endpoint")
    row = {
        "project_id": project.id,
        "endpoint": address,
        "operation": operation,
        "state": "planned",
        "attempts": 0,
        "next_at": now,
        "created_at": now,
    }
    own = mark(project)
    rows = []
    for subject, (parameters, cost_micros) in wanted.items():
        kept = _plain(parameters)
        token = _token(own, address, operation, subject, kept)
        fresh = {"subject": subject, "token": token, "parameters": kept, "cost_micros": cost_micros}
        rows.append(row | fresh)
    for some in chunks(rows):
        session.execute(insert(OutboxEntry), some)


def mark(project: Project) -> str:
    """Return what the tokens of a project begin with; no project of another database has the same."""
    named = f"{project.id}|{project.slug}|{project.created_at.isoformat()}"
    return f"{PREFIX}-{hashlib.sha256(named.encode()).hexdigest()[:12]}"


def is_too_old(entry: OutboxEntry, now: datetime) -> bool:
    """Tell whether the endpoint may have forgotten the token of a call that may have happened."""
    sent = entry.first_sent_at
    return entry.operation in TOKENED and sent is not None and now - sent >= TOKEN_LIFE


def _token(own: str, endpoint: str, operation: str, subject: str, parameters: Mapping[str, Any]) -> str:
    """Return a token that the same call always has: a database restored from a copy makes it again."""
    named = json.dumps([endpoint, operation, subject, parameters], sort_keys=True)
    return f"{own}-{hashlib.sha256(named.encode()).hexdigest()[:40]}"


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _exact(name, value) for name, value in parameters.items()}


def _exact(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as it can be stored; a float or a moment without a zone is a fault of ours."""
    if isinstance(value, float) or (isinstance(value, datetime) and value.tzinfo is None):
        raise AssertionError(f"{name} {value!r} is not exact: money is text, a time has its zone")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_exact(name, each) for each in value]
    return value
