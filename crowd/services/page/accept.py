"""The statements of a submission: what a worker hands in, found and stored without a look at the items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.services import plain
from crowd.services.page.record import Filled
from crowd.services.plain import At, Sql

_FOUND = """
    assignment.id, assignment.project_id, project.revision, assignment.work, assignment.kind,
    assignment.begun_at, assignment.created_at,
    (SELECT {array}(slot.position, slot.id, slot.item_id, slot.gold_id))
        FROM slot WHERE slot.assignment_id = assignment.id)
"""
# A page is one row, which is much less to read than one for each of its slots.
FOUND = {
    "sqlite": _FOUND.format(array="json_group_array(json_array"),
    "postgresql": _FOUND.format(array="json_agg(json_build_array"),
}
_FIND = """
    SELECT {found} FROM assignment JOIN project ON project.id = assignment.project_id
    WHERE assignment.token = :token AND assignment.worker_id = :worker
"""
FIND = Sql(**{database: _FIND.format(found=found) for database, found in FOUND.items()})

# One conditional update decides who is first; all else follows from it. `|| ''` keeps PostgreSQL from
# reading a partial index whole for one row, because it was empty when the plan was made.
_ACCEPT = """
    UPDATE assignment SET work = 'submitted', submitted_at = :now, submission_digest = :digest,
        active_seconds = {active}, review = :review, payment = :payment, amount_micros = :amount
    WHERE id = :assignment AND work || '' = 'assigned' {allowed} RETURNING id
"""
_ANSWER = """
    INSERT INTO answer (project_id, item_id, worker_id, slot_id, label_set_id, channel, value, seconds, note,
        created_at)
"""

# PostgreSQL stores a page in one round trip, and finds its slots by a number it is given. Joined by their own
# numbers, or to what was accepted, all there are would be read, by a plan made when there were none.
_STORE = f"""
    accepted AS ({_ACCEPT.format(active="CAST(:active AS float8)", allowed="{allowed}")}),
    said AS (SELECT (value->>0)::bigint AS slot_id, value->>1 AS value, (value->>2)::float8 AS seconds,
        value->>3 AS note FROM jsonb_array_elements(CAST(:said AS jsonb))),
    filled AS (UPDATE slot SET state = 'done' FROM accepted, said
        WHERE slot.assignment_id = :assignment AND slot.id + 0 = said.slot_id AND slot.state || '' = 'leased'
        RETURNING slot.id, slot.item_id, said.value, said.seconds, said.note),
    stored AS ({_ANSWER}
        SELECT :project, item_id, :worker, id, :label_set, :channel, value, seconds, note, :now
        FROM filled ORDER BY id)
"""  # noqa: S608 - put together from constants
_COUNT_ACCEPTED = "SELECT count(*) FROM accepted"
# The limit on what one worker hands in is counted on the way, and kept.
_COUNT = """
    INSERT INTO attempts (bucket, "window", count) VALUES (:bucket, :window, 1)
    ON CONFLICT (bucket, "window") DO UPDATE SET count = attempts.count + 1
        WHERE attempts.count < :most RETURNING count
"""
COUNT = Sql(sqlite=_COUNT)
_COUNTED = _STORE.format(allowed="AND EXISTS (SELECT 1 FROM counted)")
# What stores a page, as the first parts of a statement: without a limit, and with one.
STORING = {False: _STORE.format(allowed=""), True: f"counted AS ({_COUNT}), {_COUNTED}"}
STORE = {
    is_counted: Sql(postgresql=f"WITH {parts} {_COUNT_ACCEPTED}") for is_counted, parts in STORING.items()
}
# SQLite has no round trips to save, and no data-changing CTE.
ACCEPT = Sql(sqlite=_ACCEPT.format(active=":active", allowed=""))
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


class Someone(Protocol):
    """Whoever works, as far as a page needs to know."""

    @property
    def id(self) -> int:
        """Of the worker."""

    @property
    def channel(self) -> str:
        """Where they work."""


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
class Quota:
    """How many pages one worker may hand in within a window of time."""

    bucket: str
    window: datetime
    most: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an assignment whose page is accepted."""

    digest: str
    active_seconds: float | None
    review: str
    payment: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that was handed in, ready to be stored."""

    page: Claimed
    verdict: Verdict
    filled: Sequence[Filled]
    label_set_id: int
    quota: Quota | None = None


def find(session: Session, worker: Worker, token: str) -> Claimed | None:
    """Return the worker's page under a token; someone else's looks like none."""
    try:
        row = FIND(session, token=token, worker=worker.id).first()
    except (DataError, UnicodeEncodeError):  # what no column can hold is the token of none
        return None
    return claimed(row) if row else None


def claimed(row: Sequence[Any]) -> Claimed:
    """Return the page that this row of `FOUND` is."""
    assignment, project, revision, work, kind, begun_at, created_at, slots = row
    since = plain.read_moment(begun_at or created_at)
    assert since is not None
    places = {f"q{position}": Place(*place) for position, *place in sorted(plain.read_json(slots))}
    return Claimed(assignment, project, revision, work, kind, since, places)


def store(session: At, worker: Someone, entry: Entry, *, now: datetime) -> bool:
    """Accept a page and store its answers; False where it has ended before, or the quota is used up."""
    stored = values(session, worker, entry, now=now)
    if not plain.is_sqlite(session):
        return bool(STORE[entry.quota is not None](session, **stored).scalar_one())
    if entry.quota is not None and COUNT(session, **stored).first() is None:
        return False
    if ACCEPT(session, **stored).first() is None:
        return False
    FILL(session, **stored)
    ANSWER(session, **stored)
    return True


def values(session: At, worker: Someone, entry: Entry, *, now: datetime) -> dict[str, Any]:
    """Return what a page is stored with."""
    page, verdict, quota = entry.page, entry.verdict, entry.quota
    said = [(answer.slot_id, answer.value, answer.seconds, answer.note) for answer in entry.filled]
    stored = {
        "assignment": page.id,
        "project": page.project_id,
        "worker": worker.id,
        "channel": worker.channel,
        "label_set": entry.label_set_id,
        "digest": verdict.digest,
        "active": verdict.active_seconds,
        "review": verdict.review,
        "payment": verdict.payment,
        "amount": verdict.amount_micros,
        "now": plain.moment(session, now),
        "said": json.dumps(said),
    }
    if quota is None:
        return stored
    return stored | {
        "bucket": quota.bucket,
        "window": plain.moment(session, quota.window),
        "most": quota.most,
    }
