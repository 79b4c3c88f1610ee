"""PostgreSQL takes a page and holds it in one statement: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from crowd.db import Line
from crowd.models import Project
from crowd.services.page import hold
from crowd.services.page.accept import Someone
from crowd.services.page.hold import Draft
from crowd.services.plain import Sql

# The order is that of `locks`: items, then the budget, whose row nobody takes before it has its items.
_AT_ONCE = f"""
    WITH best AS ({{taken}}),
    taken AS (SELECT *, row_number() OVER () AS number FROM best),
    ordinary AS (SELECT * FROM taken WHERE number <= {{size}} - :wanted),
    known AS (SELECT DISTINCT ON (asked.number) asked.gold, asked.item
        FROM unnest(CAST(:numbers AS int[]), CAST(:gold_ids AS bigint[]), CAST(:gold_items AS bigint[]))
            WITH ORDINALITY AS asked (number, gold, item, place)
        WHERE NOT EXISTS (SELECT 1 FROM slot WHERE slot.item_id = asked.item AND slot.worker_id = :worker
            AND slot.state IN ('leased', 'done', 'skipped', 'void') {hold.APART})
        ORDER BY asked.number, asked.place),
    enough AS (SELECT 1 WHERE (SELECT count(*) FROM taken) = {{size}}
        AND (SELECT count(*) FROM known) = :wanted),
    reserved AS ({hold.RESERVE_SQL.format(source="FROM enough", and_so="AND :gold > 0")}),
    entered AS ({hold.ENTER_SQL.format(source="FROM reserved")}),
    go AS (SELECT 1 FROM enough WHERE :gold = 0 OR EXISTS (SELECT 1 FROM reserved)),
    counted AS (UPDATE item SET open = open - 1, claimable = open > 1, rank = rank + :behind FROM ordinary, go
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
    SELECT placed.payload::text FROM claim, placed ORDER BY placed.position
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class Mix:
    """How a page is composed: so many questions, and gold instead of some of them."""

    questions: int
    wanted: int  # of gold
    candidates: Sequence[tuple[int, int, int]]  # for each wanted in order: its number, gold, item
    positions: Sequence[int]  # of the ordinary questions, then of the gold


@cache
def _taking(size: int, second: str, order: str) -> Sql:
    # They stand in the text, see `hold`.
    taken = hold.TAKE_SQL.format(apart=hold.APART, size=size, second=second, order=order)
    return Sql(postgresql=_AT_ONCE.format(taken=f"{taken} {hold.LOCKED}", size=size))


def take_and_hold(
    line: Line, project: Project, worker: Someone, draft: Draft, mix: Mix, *, now: datetime
) -> tuple[list[str], datetime] | None:
    """Take and hold a page; return its payloads in order, as they are stored, and when its lease ends.

    None, and nothing is held, unless there are items, unseen gold and money for all of it.
    """
    stored, until = hold.values(
        line, project, worker, draft, questions=mix.questions, gold=mix.wanted, now=now
    )
    stored |= {
        "wanted": mix.wanted,
        "numbers": _array(number for number, _, _ in mix.candidates),
        "gold_ids": _array(gold_id for _, gold_id, _ in mix.candidates),
        "gold_items": _array(item_id for _, _, item_id in mix.candidates),
        "positions": _array(mix.positions),
    }
    rows = _taking(mix.questions, hold.second(project, worker), draft.order)(line, **stored)
    return ([row[0] for row in rows], until) if rows else None


def _array(numbers: Iterable[int]) -> str:
    # As text: the driver writes lists element by element.
    return f"{{{','.join(map(str, numbers))}}}"
