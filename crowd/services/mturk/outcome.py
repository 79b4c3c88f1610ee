"""What a call came to, and how it is recorded: the row, and all that follows from it, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlalchemy import select, update
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
    """One call of a row of the outbox."""

    entry: OutboxEntry  # as it was before the call, no longer part of a session
    parameters: Mapping[str, Any]


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
    session: Session, made: Sequence[tuple[Attempt, Outcome]], *, rng: Random, now: datetime
) -> list[State]:
    """Write outcomes down, unless those of other attempts are on record already; return what each is."""
    known = _over(session, [tried.entry.id for tried, _ in made])
    fresh = [(tried, outcome) for tried, outcome in made if tried.entry.id not in known]
    alike = [(tried, outcome) for tried, outcome in fresh if _is_alike(tried, outcome)]
    _record_alike(session, [(tried.entry, outcome.reply) for tried, outcome in alike], now)
    special = [(tried, outcome) for tried, outcome in fresh if not _is_alike(tried, outcome)]
    if special:
        _record_special(session, special, rng, now)
    return [known.get(tried.entry.id, outcome.state) for tried, outcome in made]


def _is_alike(tried: Attempt, outcome: Outcome) -> bool:
    return outcome.state == "done" and EFFECTS[tried.entry.operation].all_done is not None


def _record_alike(session: Session, done: Sequence[tuple[OutboxEntry, Reply]], now: datetime) -> None:
    """Record calls that went as they should, by a statement for all of them."""
    shared = {"state": "done", "error": None, "finished_at": now}
    rows = [{"id": entry.id, "result": _brief(reply), **shared} for entry, reply in done]
    if rows:
        session.execute(update(OutboxEntry), rows)
    for operation, some in by_operation(entry for entry, _ in done).items():
        theirs = {entry.id for entry in some}
        all_done = EFFECTS[operation].all_done
        assert all_done is not None
        all_done(session, [(entry, reply) for entry, reply in done if entry.id in theirs], now)


def _record_special(
    session: Session, made: Sequence[tuple[Attempt, Outcome]], rng: Random, now: datetime
) -> None:
    """Record outcomes one by one."""
    entries = _read(session, [tried.entry.id for tried, _ in made])
    fresh = [(entries[tried.entry.id], outcome) for tried, outcome in made]
    for (entry, outcome), (tried, _) in zip(fresh, made, strict=True):
        _mark(entry, tried.entry.state, outcome, rng, now)
    session.flush()
    done = [entry for entry, outcome in fresh if outcome.state == "done"]
    held = [EFFECTS[operation].recall(session, some) for operation, some in by_operation(done).items()]
    for entry, outcome in fresh:
        _follow(session, entry, outcome, now)
    session.flush()
    del held


def by_operation(entries: Iterable[OutboxEntry]) -> dict[str, list[OutboxEntry]]:
    """Return rows by what they call."""
    found: dict[str, list[OutboxEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.operation].append(entry)
    return found


def _over(session: Session, ids: Sequence[int]) -> dict[int, State]:
    """Lock rows; return what those came to that are over already."""
    query = select(OutboxEntry.id, OutboxEntry.state).where(OutboxEntry.id.in_(ids))
    locked = session.execute(query.order_by(OutboxEntry.id).with_for_update()).all()
    over: dict[str, State] = {"done": "done", "failed": "failed"}
    return {entry_id: over[state] for entry_id, state in locked if state in over}


def _read(session: Session, ids: Sequence[int]) -> dict[int, OutboxEntry]:
    query = select(OutboxEntry).where(OutboxEntry.id.in_(ids)).order_by(OutboxEntry.id)
    found = session.scalars(query, execution_options={"populate_existing": True})
    return {entry.id: entry for entry in found}


def _mark(entry: OutboxEntry, before: str, outcome: Outcome, rng: Random, now: datetime) -> None:
    """Change the row itself."""
    entry.error = outcome.error.message[:500] if outcome.error else None
    if outcome.state == "done":
        entry.state, entry.finished_at, entry.result = "done", now, _brief(outcome.reply)
    elif outcome.state == "failed":
        entry.state, entry.finished_at = "failed", now
    elif outcome.state == "waiting":
        entry.state, entry.first_sent_at = "waiting", None
    else:
        _put_off(entry, before, outcome.state, rng, now)


def _follow(session: Session, entry: OutboxEntry, outcome: Outcome, now: datetime) -> None:
    """Let happen what follows from an outcome."""
    if outcome.state == "done":
        EFFECTS[entry.operation].done(session, entry, outcome.reply, now)
    elif outcome.state == "failed":
        assert outcome.error is not None
        EFFECTS[entry.operation].refused(session, entry, outcome.error, now)
    elif outcome.state == "waiting":
        _hold_back(session, entry)


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
