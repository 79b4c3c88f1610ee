"""The statements of a submission: what a worker hands in, found and stored without a look at the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from crowd.models import LabelSet, Worker
from crowd.services import plain
from crowd.services.page.record import Filled
from crowd.services.plain import Sql

_FIND = """
    SELECT assignment.id, assignment.project_id, project.revision, assignment.work, assignment.kind,
        assignment.begun_at, assignment.created_at, slot.id, slot.position, slot.item_id, slot.gold_id
    FROM assignment JOIN project ON project.id = assignment.project_id
        JOIN slot ON slot.assignment_id = assignment.id
    WHERE assignment.token = :token AND assignment.worker_id = :worker
    ORDER BY slot.position
"""
FIND = Sql(_FIND, _FIND)

# One conditional update decides who is first; all else follows from it.
_ACCEPT = """
    UPDATE assignment SET work = 'submitted', submitted_at = :now, submission_digest = :digest,
        active_seconds = {active}, review = :review, payment = :payment, amount_micros = :amount
    WHERE id = :assignment AND work = 'assigned' RETURNING id
"""
_ANSWER = """
    INSERT INTO answer (project_id, item_id, worker_id, slot_id, label_set_id, channel, value, seconds, note,
        created_at)
"""

# PostgreSQL stores a page in one round trip.
STORE = Sql(
    postgresql=f"""
    WITH accepted AS ({_ACCEPT.format(active="CAST(:active AS float8)")}),
    said AS (SELECT * FROM unnest(CAST(:slots AS bigint[]), CAST(:values AS text[]),
        CAST(:seconds AS float8[]), CAST(:notes AS text[])) AS said (slot_id, value, seconds, note)),
    filled AS (UPDATE slot SET state = 'done' FROM accepted, said
        WHERE slot.id = said.slot_id AND slot.assignment_id = accepted.id AND slot.state = 'leased'
        RETURNING slot.id, slot.item_id, said.value, said.seconds, said.note),
    stored AS ({_ANSWER}
        SELECT :project, item_id, :worker, id, :label_set, :channel, value, seconds, note, :now
        FROM filled ORDER BY id)
    SELECT count(*) FROM accepted
    """  # noqa: S608 - put together from constants
)
# SQLite has no round trips to save, and no data-changing CTE.
ACCEPT = Sql(sqlite=f"{_ACCEPT.format(active=':active')}")
FILL = Sql(
    sqlite="""
    UPDATE slot SET state = 'done' WHERE state = 'leased' AND assignment_id = :assignment
        AND id IN (SELECT json_extract(value, '$[0]') FROM json_each(:said))
    """
)
ANSWER = Sql(
    sqlite=f"""
    {_ANSWER}
    SELECT :project, slot.item_id, :worker, slot.id, :label_set, :channel, json_extract(said.value, '$[1]'),
        json_extract(said.value, '$[2]'), json_extract(said.value, '$[3]'), :now
    FROM json_each(:said) AS said JOIN slot ON slot.id = json_extract(said.value, '$[0]') ORDER BY said.key
    """  # noqa: S608 - put together from constants
)


@dataclass(frozen=True, slots=True)
class Place:
    """One question's slot on a page that was claimed."""

    slot_id: int
    item_id: int
    gold_id: int | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A page as its worker claimed it, the slots by the names of their questions."""

    id: int
    project_id: int
    revision: int  # of the project, as it is now
    work: str
    kind: str
    since: datetime
    places: dict[str, Place]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an assignment whose page is accepted."""

    digest: str
    active_seconds: float | None
    review: str
    payment: str
    amount_micros: int


def find(session: Session, worker: Worker, token: str) -> Claimed | None:
    """Return the worker's page under a token; someone else's looks like none."""
    try:
        rows = FIND(session, token=token, worker=worker.id).all()
    except (DataError, UnicodeEncodeError):  # what no column can hold is the token of none
        return None
    if not rows:
        return None
    first = rows[0]
    since = plain.read_moment(first[5] or first[6])
    assert since is not None
    places = {f"q{position}": Place(slot, item, gold) for *_, slot, position, item, gold in rows}
    return Claimed(first[0], first[1], first[2], first[3], first[4], since, places)


def store(
    session: Session,
    worker: Worker,
    page: Claimed,
    verdict: Verdict,
    filled: Sequence[Filled],
    label_set: LabelSet,
    *,
    now: datetime,
) -> bool:
    """Accept a page and store its answers, unless it has ended before; tell which."""
    values: dict[str, Any] = {
        "assignment": page.id,
        "project": page.project_id,
        "worker": worker.id,
        "channel": worker.channel,
        "label_set": label_set.id,
        "digest": verdict.digest,
        "active": verdict.active_seconds,
        "review": verdict.review,
        "payment": verdict.payment,
        "amount": verdict.amount_micros,
        "now": plain.moment(session, now),
    }
    if not plain.is_sqlite(session):
        columns = {
            "slots": [answer.slot_id for answer in filled],
            "values": [answer.value for answer in filled],
            "seconds": [answer.seconds for answer in filled],
            "notes": [answer.note for answer in filled],
        }
        return bool(STORE(session, **values, **columns).scalar_one())
    if ACCEPT(session, **values).first() is None:
        return False
    said = [(answer.slot_id, answer.value, answer.seconds, answer.note) for answer in filled]
    values["said"] = plain.listed(session, said)
    FILL(session, **values)
    ANSWER(session, **values)
    return True
