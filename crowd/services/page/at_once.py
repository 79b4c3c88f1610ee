"""PostgreSQL takes a page and holds it in one statement: all of it, or nothing.

The same statement can accept another page first: that stands, whether there is a next one or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from crowd.db import Line
from crowd.models import Project
from crowd.services.page import accept, hold
from crowd.services.page.accept import Entry, Someone
from crowd.services.page.hold import Draft, Held
from crowd.services.plain import Sql

# The order is that of `locks`: items, then the budget, whose row nobody takes before it has its items.
_HOLDING = f"""
    best AS ({{taken}}),
    taken AS (SELECT *, row_number() OVER () AS number FROM best),
    ordinary AS (SELECT * FROM taken WHERE number <= {{size}} - :wanted),
    known AS (SELECT DISTINCT ON (asked.number) asked.gold, asked.item
        FROM unnest(CAST(:numbers AS int[]), CAST(:gold_ids AS bigint[]), CAST(:gold_items AS bigint[]))
            WITH ORDINALITY AS asked (number, gold, item, place)
        WHERE NOT EXISTS (SELECT 1 FROM slot WHERE slot.item_id = asked.item AND slot.worker_id = :worker
            AND slot.live {hold.APART})
        ORDER BY asked.number, asked.place),
    enough AS (SELECT 1 WHERE (SELECT count(*) FROM taken) = {{size}}
        AND (SELECT count(*) FROM known) = :wanted),
    reserved AS ({hold.RESERVE_SQL.format(source="FROM enough", and_so="AND :gold > 0")}),
    entered AS ({hold.ENTER_SQL.format(source="FROM reserved")}),
    go AS (SELECT 1 FROM enough WHERE :gold = 0 OR EXISTS (SELECT 1 FROM reserved)),
    lowered AS (UPDATE item SET open = open - 1, claimable = open > 1, rank = rank + :behind FROM ordinary, go
        WHERE item.id = ordinary.id),
    page AS ({hold.PAGE_SQL.format(source="FROM go")}),
    claim AS ({hold.CLAIM_SQL.format(hit="page.id", begun=hold.BEGUN, source="FROM page")}),
    asked AS (SELECT id, payload, NULL AS gold, number FROM ordinary
        UNION ALL SELECT item.id, item.payload, known.gold, {{size}} - :wanted + row_number() OVER ()
            FROM known JOIN item ON item.id = known.item),
    placed AS (SELECT *, (CAST(:positions AS int[]))[number::int] AS position FROM asked),
    slots AS ({hold.SLOTS_SQL}
        SELECT :project, placed.id, :worker, claim.id, placed.position, placed.gold, 'leased', :now
        FROM claim, placed ORDER BY placed.position)
"""  # noqa: S608 - put together from constants
# The questions as `hold.worded` words them; NULL where no page is held.
_QUESTIONS = """
    SELECT string_agg('{"name":"q' || placed.position || '","payload":' || placed.payload::text || '}', ','
        ORDER BY placed.position)
    FROM claim, placed
"""
# Asked before anything is locked: what is not accepted takes nothing.
_ONCE = "AND (SELECT count(*) FROM accepted) = 1"


@dataclass(frozen=True, slots=True)
class Mix:
    """How a page is composed: so many questions, and gold instead of some of them."""

    questions: int
    wanted: int  # of gold
    candidates: Sequence[tuple[int, int, int]]  # for each wanted in order: its number, gold, item
    positions: Sequence[int]  # of the ordinary questions, then of the gold


@cache
def _taking(size: int, second: str, order: str) -> Sql:
    return Sql(postgresql=f"WITH {_holding(size, second, order, once='')} {_QUESTIONS}")


@cache
def _storing_and_taking(size: int, second: str, order: str, *, is_counted: bool) -> Sql:
    storing, holding = accept.STORING[is_counted], _holding(size, second, order, once=_ONCE)
    both = f"SELECT (SELECT count(*) FROM accepted), ({_QUESTIONS})"  # noqa: S608 - put together from constants
    return Sql(postgresql=f"WITH {storing}, {holding} {both}")


def _holding(size: int, second: str, order: str, *, once: str) -> str:
    # They stand in the text, see `hold`.
    taken = hold.TAKE_SQL.format(apart=hold.APART, once=once, size=size, second=second, order=order)
    return _HOLDING.format(taken=f"{taken} {hold.LOCKED}", size=size)


def take_and_hold(
    line: Line, project: Project, worker: Someone, draft: Draft, mix: Mix, *, now: datetime
) -> Held | None:
    """Take and hold a page; None, and nothing is held, unless there is all of it: items, gold, money."""
    stored, until = _values(line, project, worker, draft, mix, now=now)
    taking = _taking(mix.questions, hold.second(project, worker), draft.order)
    questions = taking(line, **stored).scalar_one()
    return Held(questions, until) if questions else None


def store_and_hold(
    line: Line, project: Project, worker: Someone, entry: Entry, draft: Draft, mix: Mix, *, now: datetime
) -> tuple[bool, Held | None]:
    """Accept a page as `accept.store` does, and, if it was, take and hold the next."""
    stored, until = _values(line, project, worker, draft, mix, now=now)
    both = _storing_and_taking(
        mix.questions, hold.second(project, worker), draft.order, is_counted=entry.quota is not None
    )
    ((accepted, questions),) = both(line, **stored | accept.values(line, worker, entry, now=now))
    return bool(accepted), Held(questions, until) if questions else None


def _values(
    line: Line, project: Project, worker: Someone, draft: Draft, mix: Mix, *, now: datetime
) -> tuple[dict[str, Any], datetime]:
    stored, until = hold.values(
        line, project, worker, draft, questions=mix.questions, gold=mix.wanted, now=now
    )
    return stored | {
        "wanted": mix.wanted,
        "numbers": _array(number for number, _, _ in mix.candidates),
        "gold_ids": _array(gold_id for _, gold_id, _ in mix.candidates),
        "gold_items": _array(item_id for _, _, item_id in mix.candidates),
        "positions": _array(mix.positions),
    }, until


def _array(numbers: Iterable[int]) -> str:
    # As text: the driver writes lists element by element.
    return f"{{{','.join(map(str, numbers))}}}"
