"""What a call came to, and how it is recorded: the row, and all that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError, NameTaken, NoFunds, Replayed, Retryable, WrongStatus
from crowd.channels.mturk.pacing import backoff
from crowd.models import OutboxEntry
from crowd.services.mturk import outbox
from crowd.services.mturk.effects import EFFECTS

# "later": certainly not done; "ambiguous": perhaps done; "waiting": for funds.
State = Literal["done", "later", "ambiguous", "waiting", "failed"]
STATES: tuple[State, ...] = ("done", "later", "ambiguous", "waiting", "failed")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a row of the outbox, with what was thought of the row before it."""

    entry: OutboxEntry  # as it was read, no longer part of a session
    parameters: Mapping[str, Any]
    before: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to."""

    state: State
    reply: Reply = field(default_factory=dict)
    error: CallError | None = None


def attempt(caller: Caller, tried: Attempt) -> Outcome:
    """Make the call, and where its failure does not tell, ask the endpoint what became of it."""
    entry = tried.entry
    token = {"UniqueRequestToken": entry.token} if entry.operation in outbox.TOKENED else {}
    try:
        return Outcome("done", caller.call(entry.operation, **_ready(tried.parameters), **token))
    except CallError as error:
        failed = error
    try:
        return _understood(caller, entry, failed)
    except CallError as error:
        return Outcome("ambiguous", error=error)


def record(
    session: Session, entry_id: int, before: str, outcome: Outcome, *, rng: Random, now: datetime
) -> State:
    """Write an outcome down, unless that of another attempt is on record already."""
    entry = session.get_one(OutboxEntry, entry_id, with_for_update=True, populate_existing=True)
    if entry.state in ("done", "failed"):
        return "done" if entry.state == "done" else "failed"
    entry.error = outcome.error.message[:500] if outcome.error else None
    if outcome.state == "done":
        succeed(session, entry, outcome.reply, now=now)
    elif outcome.state == "failed":
        assert outcome.error is not None
        entry.state, entry.finished_at = "failed", now
        EFFECTS[entry.operation].refused(session, entry, outcome.error, now)
    elif outcome.state == "waiting":
        entry.state, entry.first_sent_at = "waiting", None
        _hold_back(session, entry)
    else:
        _put_off(entry, before, outcome.state, rng, now)
    return outcome.state


def _ready(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Make what is only made for the call: a page takes longer than a transaction should."""
    return {name: value() if callable(value) else value for name, value in parameters.items()}


def succeed(session: Session, entry: OutboxEntry, reply: Reply, *, now: datetime) -> None:
    """Record that a call was done, with all that follows from it."""
    entry.state, entry.finished_at, entry.result = "done", now, _brief(reply)
    session.flush()
    EFFECTS[entry.operation].done(session, entry, reply, now)


def _understood(caller: Caller, entry: OutboxEntry, error: CallError) -> Outcome:
    if isinstance(error, Retryable):
        return Outcome("ambiguous" if error.is_maybe_done else "later", error=error)
    if isinstance(error, NoFunds):
        return Outcome("waiting", error=error)
    confirm = EFFECTS[entry.operation].confirm
    if isinstance(error, Replayed | WrongStatus | NameTaken) and confirm is not None:
        reply = confirm(caller, entry, error)
        if reply is not None:
            return Outcome("done", reply)
    return Outcome("ambiguous" if isinstance(error, Replayed) else "failed", error=error)


def _put_off(entry: OutboxEntry, before: str, state: State, rng: Random, now: datetime) -> None:
    """Try again later; what may have happened once is not forgotten because it did not happen again."""
    is_certain = state == "later" and before == "planned"
    entry.state = "planned" if is_certain else "ambiguous"
    entry.first_sent_at = None if is_certain else entry.first_sent_at
    entry.next_at = now + timedelta(seconds=backoff(entry.attempts, rng))


def _hold_back(session: Session, entry: OutboxEntry) -> None:
    """Let what is planned of the same kind wait too: it would only be refused, call by call."""
    same = OutboxEntry.project_id == entry.project_id, OutboxEntry.operation == entry.operation
    waiting = update(OutboxEntry).where(*same, OutboxEntry.state == "planned").values(state="waiting")
    session.execute(waiting, execution_options={"synchronize_session": False})


def _brief(reply: Reply) -> dict[str, Any]:
    """Return what is kept of a reply: its plain members, and the ids of a HIT."""
    plain = {name: value for name, value in reply.items() if isinstance(value, str | int)}
    made = reply.get("HIT", {})
    return plain | {name: made[name] for name in ("HITId", "HITTypeId") if name in made}
