"""The statements of a claim: which items a worker gets, and what it takes to hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from crowd.db import Line
from crowd.models import Project, Worker
from crowd.services import plain
from crowd.services.page.accept import Someone
from crowd.services.plain import At, Sql

# How far behind a claimed item falls where every item is asked about once before any is twice.
BEHIND = float(2**32)

LOCK = Sql(postgresql="SELECT id FROM worker WHERE id = :worker FOR NO KEY UPDATE")
_HELD = "SELECT id FROM assignment WHERE worker_id = :worker AND project_id = :project AND work = 'assigned'"
HELD = Sql(_HELD, _HELD)
_CLAIMS = "SELECT count(*) FROM assignment WHERE worker_id = :worker AND project_id = :project"
CLAIMS = Sql(_CLAIMS, _CLAIMS)

SHOWN = Sql(
    sqlite="SELECT id, key, payload FROM item WHERE id IN (SELECT value FROM json_each(:items))",
    postgresql="SELECT id, key, payload FROM item WHERE id = ANY(CAST(:items AS bigint[]))",
)

# No wait for items another claim holds; FOR NO KEY UPDATE, so that answers to them can be stored meanwhile.
TAKE_SQL = """
    SELECT item.id, item.key, item.payload FROM item
    WHERE item.project_id = :project AND item.claimable AND item.handed_over = {second}
        AND (NOT item.reserved OR EXISTS (SELECT 1 FROM reservation
            WHERE reservation.item_id = item.id AND reservation.worker_id = :worker))
        AND NOT EXISTS (SELECT 1 FROM slot WHERE slot.item_id = item.id AND slot.worker_id = :worker
            AND slot.live {apart}) {once}
    ORDER BY {order} LIMIT {size}
"""
# Whose answers say more than most is asked about what gains most, others about what is left; see `order`.
BEST_FIRST = "item.rank, item.id"
BEST_LAST = "item.rank DESC, item.id DESC"
# PostgreSQL would else read all that the worker has ever answered, to ask which of it is on ten items.
APART = "OFFSET 0"
LOCKED = "FOR NO KEY UPDATE OF item SKIP LOCKED"

PAGE_SQL = """
    INSERT INTO hit (project_id, instructions_id, channel, state, external_id, assignments, reward_micros,
        fee_micros, created_at)
    SELECT :project, :instructions, :channel, 'closed', :token, 1, :reward, 0, :now {source} RETURNING id
"""
CLAIM_SQL = """
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
BEGUN = "CAST(:begun AS timestamptz)"  # it may be NULL
SLOTS_SQL = """
    INSERT INTO slot (project_id, item_id, worker_id, assignment_id, position, gold_id, state, created_at)
"""

# PostgreSQL holds a page in one round trip.
HOLD = Sql(
    postgresql=f"""
    WITH taken AS ({_COUNT_DOWN.format(value="*", listed="unnest(CAST(:ordinary AS bigint[]))")}),
    page AS ({PAGE_SQL.format(source="")}),
    claim AS ({CLAIM_SQL.format(hit="page.id", begun=BEGUN, source="FROM page")})
    {SLOTS_SQL}
    SELECT :project, asked.item, :worker, claim.id, asked.position, asked.gold, 'leased', :now
    FROM claim, unnest(CAST(:items AS bigint[]), CAST(:gold_ids AS bigint[]))
        WITH ORDINALITY AS asked (item, gold, position)
    """  # noqa: S608 - put together from constants
)
RESERVE_SQL = """
    UPDATE budget SET held = held + :gold {source}
    WHERE budget.project_id = :project AND held + spent + :gold <= cap {and_so} RETURNING 1
"""
ENTER_SQL = """
    INSERT INTO ledger_entry (project_id, kind, key, amount_micros, created_at)
    SELECT :project, 'reserve', 'reserve:gold:' || :token, :gold, :now {source}
"""
# SQLite has no round trips to save, and no data-changing CTE.
COUNT_DOWN = Sql(sqlite=_COUNT_DOWN.format(value="value", listed="json_each(:ordinary)"))
RESERVE = Sql(sqlite=RESERVE_SQL.format(source="", and_so=""))
ENTER = Sql(sqlite=ENTER_SQL.format(source=""))
PAGE = Sql(sqlite=PAGE_SQL.format(source=""))
CLAIM = Sql(sqlite=CLAIM_SQL.format(hit=":hit", begun=":begun", source=""))
SLOTS = Sql(
    sqlite=f"""
    {SLOTS_SQL}
    SELECT :project, json_extract(value, '$[0]'), :worker, :claim, key + 1, json_extract(value, '$[1]'),
        'leased', :now
    FROM json_each(:asked)
    """  # noqa: S608 - put together from constants
)


@cache
def _taking(size: int, second: str, order: str) -> Sql:
    # They stand in the text: of a parameter the planner knows nothing, and sorts all open items.
    taken, apart = (
        TAKE_SQL.format(apart=apart, once="", size=size, second=second, order=order) for apart in ("", APART)
    )
    return Sql(taken, f"{apart} {LOCKED}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A page about to be held."""

    token: str
    instructions_id: int
    asked: Sequence[tuple[int, int | None]] = ()  # item and, where it is one, gold; in order
    kind: str = "work"
    ahead: bool = False
    price_micros: int = 0  # of one answer
    order: str = BEST_FIRST  # in which open items are taken for it


@dataclass(frozen=True, slots=True)
class Held:
    """A page that is held: its questions as `worded` words them, and when the lease ends."""

    questions: str
    until: datetime


def worded(payloads: Iterable[str]) -> str:
    """Return the JSON of questions, without brackets, from what each shows, which is JSON as it is stored."""
    return ",".join(
        f'{{"name":"q{position}","payload":{payload}}}' for position, payload in enumerate(payloads, start=1)
    )


def second(project: Project, worker: Someone) -> str:
    """Return, as SQL has it, whether this worker is asked what was handed over to the second channel."""
    return "true" if worker.channel == project.second_channel else "false"


def order(project: Project, *, is_proven: bool) -> str:
    """Return the order in which open items are taken for a worker, as SQL has it."""
    return BEST_LAST if project.routing and not is_proven else BEST_FIRST


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


def shown(at: At, item_ids: Sequence[int]) -> dict[int, tuple[str, Any]]:
    """Return the keys of items and what is shown of them, as it is stored."""
    rows = SHOWN(at, items=plain.listed(at, list(item_ids))) if item_ids else ()
    return {item_id: (key, payload) for item_id, key, payload in rows}


def take(
    at: At, project: Project, worker: Someone, size: int, *, order: str = BEST_FIRST
) -> list[tuple[int, str, Any]]:
    """Lock items this worker may be asked about and has not seen; their ids, keys and payloads."""
    taking = _taking(size, second(project, worker), order)
    return [tuple(row) for row in taking(at, project=project.id, worker=worker.id)]


def hold(at: At, project: Project, worker: Someone, draft: Draft, *, now: datetime) -> datetime:
    """Count the items' open places down, store the page with its slots; return when the lease ends."""
    ordinary = [item for item, gold in draft.asked if gold is None]
    questions, gold = len(draft.asked), len(draft.asked) - len(ordinary)
    stored, until = values(at, project, worker, draft, questions=questions, gold=gold, now=now)
    stored["ordinary"] = plain.listed(at, ordinary)
    if plain.is_sqlite(at):
        asked = plain.listed(at, list(draft.asked))
        COUNT_DOWN(at, **stored)
        hit = PAGE(at, **stored).scalar_one()
        claim = CLAIM(at, hit=hit, **stored).scalar_one()
        SLOTS(at, claim=claim, asked=asked, **stored)
    else:
        items, gold_ids = zip(*draft.asked, strict=True)
        HOLD(at, items=list(items), gold_ids=list(gold_ids), **stored)
    return until


def reserve(line: Line, project: Project, amount: int, *, token: str, now: datetime) -> bool:
    """Set money aside for a page's gold, as `pay.reserve` does; False where the cap does not cover it."""
    if amount == 0:
        return True
    move = {"project": project.id, "gold": amount, "token": token, "now": plain.moment(line, now)}
    if RESERVE(line, **move).first() is None:
        return False
    ENTER(line, **move)
    return True


def values(
    at: At, project: Project, worker: Someone, draft: Draft, *, questions: int, gold: int, now: datetime
) -> tuple[dict[str, Any], datetime]:
    """Return what a page of so many questions, with so much gold, is stored with, and when its lease ends."""
    until = now + timedelta(seconds=project.lease_seconds)
    return {
        "project": project.id,
        "worker": worker.id,
        "instructions": draft.instructions_id,
        "channel": worker.channel,
        "token": draft.token,
        "kind": draft.kind,
        "ahead": draft.ahead,
        "reward": draft.price_micros * questions,
        "gold": draft.price_micros * gold,
        "lease_until": plain.moment(at, until),
        "begun": None if draft.ahead else plain.moment(at, now),
        "now": plain.moment(at, now),
        "behind": BEHIND if project.ordering == "breadth" else 0.0,
    }, until
