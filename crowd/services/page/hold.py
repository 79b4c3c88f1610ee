"""The statements of a claim: which items a worker gets, and what it takes to hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from crowd.models import Project, Worker
from crowd.services import plain
from crowd.services.pack import Pick
from crowd.services.plain import Sql

# How far behind a claimed item falls where every item is asked about once before any is twice.
BEHIND = float(2**32)

LOCK = Sql(postgresql="SELECT id FROM worker WHERE id = :worker FOR NO KEY UPDATE")
_HELD = "SELECT id FROM assignment WHERE worker_id = :worker AND project_id = :project AND work = 'assigned'"
HELD = Sql(_HELD, _HELD)
_CLAIMS = "SELECT count(*) FROM assignment WHERE worker_id = :worker AND project_id = :project"
CLAIMS = Sql(_CLAIMS, _CLAIMS)

# No wait for items another claim holds; FOR NO KEY UPDATE, so that answers to them can be stored meanwhile.
_TAKE = """
    SELECT item.id, item.key, item.payload FROM item
    WHERE item.project_id = :project AND item.claimable
        AND (NOT item.reserved OR EXISTS (SELECT 1 FROM reservation
            WHERE reservation.item_id = item.id AND reservation.worker_id = :worker))
        AND NOT EXISTS (SELECT 1 FROM slot WHERE slot.item_id = item.id AND slot.worker_id = :worker
            AND slot.state IN ('leased', 'done', 'skipped', 'void'))
    ORDER BY item.rank, item.id
"""

_PAGE = """
    INSERT INTO hit (project_id, instructions_id, channel, state, external_id, assignments, reward_micros,
        fee_micros, created_at)
    VALUES (:project, :instructions, :channel, 'closed', :token, 1, :reward, 0, :now) RETURNING id
"""
_CLAIM = """
    INSERT INTO assignment (project_id, hit_id, worker_id, external_id, token, kind, ahead, work, review,
        payment, lease_until, begun_at, amount_micros, gold_micros, created_at)
    SELECT :project, {hit}, :worker, :token, :token, :kind, :ahead, 'assigned', 'pending',
        'none', :lease_until, {begun}, 0, :gold, :now {source}
    RETURNING id
"""
_COUNT_DOWN = """
    UPDATE item SET open = open - 1, claimable = open > 1, rank = rank + :behind
    WHERE id IN (SELECT {value} FROM {listed})
"""
_SLOTS = """
    INSERT INTO slot (project_id, item_id, worker_id, assignment_id, position, gold_id, state, created_at)
"""

# PostgreSQL holds a page in one round trip.
HOLD = Sql(
    postgresql=f"""
    WITH taken AS ({_COUNT_DOWN.format(value="*", listed="unnest(CAST(:ordinary AS bigint[]))")}),
    page AS ({_PAGE}),
    claim AS ({_CLAIM.format(hit="page.id", begun="CAST(:begun AS timestamptz)", source="FROM page")})
    {_SLOTS}
    SELECT :project, asked.item, :worker, claim.id, asked.position, asked.gold, 'leased', :now
    FROM claim, unnest(CAST(:items AS bigint[]), CAST(:gold_ids AS bigint[]))
        WITH ORDINALITY AS asked (item, gold, position)
    """  # noqa: S608 - put together from constants
)
# SQLite has no round trips to save, and no data-changing CTE.
COUNT_DOWN = Sql(sqlite=_COUNT_DOWN.format(value="value", listed="json_each(:ordinary)"))
PAGE = Sql(sqlite=_PAGE)
CLAIM = Sql(sqlite=_CLAIM.format(hit=":hit", begun=":begun", source=""))
SLOTS = Sql(
    sqlite=f"""
    {_SLOTS}
    SELECT :project, json_extract(value, '$[0]'), :worker, :claim, key + 1, json_extract(value, '$[1]'),
        'leased', :now
    FROM json_each(:asked)
    """  # noqa: S608 - put together from constants
)


@cache
def _taking(size: int) -> Sql:
    # The number stands in the text: of a parameter the planner knows nothing, and sorts all open items.
    query = f"{_TAKE} LIMIT {size}"
    return Sql(sqlite=query, postgresql=f"{query} FOR NO KEY UPDATE OF item SKIP LOCKED")


@dataclass(frozen=True, slots=True)
class Draft:
    """A page about to be held."""

    token: str
    instructions_id: int
    picks: Sequence[Pick]
    kind: str = "work"
    ahead: bool = False
    price_micros: int = 0  # of one answer


def lock(session: Session, worker: Worker) -> None:
    """Let this worker's next claim wait until the transaction ends; other workers are not held up."""
    if not plain.is_sqlite(session):
        LOCK(session, worker=worker.id)


def held(session: Session, project: Project, worker: Worker) -> list[int]:
    """Return the assignments of the pages a worker holds, as they are once the lock is had."""
    return [row[0] for row in HELD(session, worker=worker.id, project=project.id)]


def claims_so_far(session: Session, project: Project, worker: Worker) -> int:
    """Count the pages a worker has been given: each has its own chance."""
    return int(CLAIMS(session, worker=worker.id, project=project.id).scalar_one())


def take(session: Session, project: Project, worker: Worker, size: int) -> list[Pick]:
    """Lock the best items this worker may be asked about and has not seen."""
    rows = _taking(size)(session, project=project.id, worker=worker.id)
    return [Pick(item_id, key, plain.read_json(payload)) for item_id, key, payload in rows]


def hold(session: Session, project: Project, worker: Worker, draft: Draft, *, now: datetime) -> datetime:
    """Count the items' open places down, store the page with its slots; return when the lease ends."""
    until = now + timedelta(seconds=project.lease_seconds)
    ordinary = [pick.item_id for pick in draft.picks if pick.gold_id is None]
    values = {
        "project": project.id,
        "worker": worker.id,
        "instructions": draft.instructions_id,
        "channel": worker.channel,
        "token": draft.token,
        "kind": draft.kind,
        "ahead": draft.ahead,
        "reward": draft.price_micros * len(draft.picks),
        "gold": draft.price_micros * (len(draft.picks) - len(ordinary)),
        "lease_until": plain.moment(session, until),
        "begun": None if draft.ahead else plain.moment(session, now),
        "now": plain.moment(session, now),
        "behind": BEHIND if project.ordering == "breadth" else 0.0,
        "ordinary": plain.listed(session, ordinary),
    }
    if plain.is_sqlite(session):
        asked = plain.listed(session, [(pick.item_id, pick.gold_id) for pick in draft.picks])
        COUNT_DOWN(session, **values)
        hit = PAGE(session, **values).scalar_one()
        claim = CLAIM(session, hit=hit, **values).scalar_one()
        SLOTS(session, claim=claim, asked=asked, **values)
    else:
        items = [pick.item_id for pick in draft.picks]
        HOLD(session, items=items, gold_ids=[pick.gold_id for pick in draft.picks], **values)
    return until
