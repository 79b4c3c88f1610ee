"""Gold over its life: a wrong one bans good workers, and correcting it undoes exactly that."""

from __future__ import annotations

from sqlalchemy import select

from crowd.db import Database
from crowd.models import (
    Answer,
    AnswerFlag,
    AuditEntry,
    Restriction,
    Skill,
    Worker,
)
from crowd.services import conclude, decide, grade, intake
from crowd.services.experts import golds
from crowd.services.experts.golds import Correction
from crowd.services.trust import standings
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.world import LABELS, START, World

GOOD = ("ann", "ben", "cia")
WRONG = tuple(f"g{n:02d}" for n in range(20))  # gold whose key says the next label


def truth(key: str) -> str:
    """Return what is right of an item: what its number says."""
    return LABELS[int(key[1:]) % 3]


def next_label(label: str) -> str:
    return LABELS[(LABELS.index(label) + 1) % 3]


def rate(shop: World) -> grade.Graded:
    return shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))


def turn(shop: World) -> None:
    """Grade, keep standings, conclude and decide, as the loop does."""
    rate(shop)
    shop.do(standings.refresh)
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))
    shop.do(lambda s, p: decide.decide(s, p, s.merge(run, load=False), now=shop.clock()))


def work(shop: World, name: str, *, lies: bool = False) -> None:
    """Answer every page there is for a worker: what is right, or the next label."""
    while (page := shop.claim(name)) is not None:
        said = {q.name: next_label(truth(q.key)) if lies else truth(q.key) for q in page.questions}
        shop.submit(name, page, said)


def correct(shop: World, key: str, label: str | None = None, **more: object) -> Correction:
    right = label or truth(key)
    return shop.do(lambda s, p: golds.correct(s, p, key, right, reviewer="eve", now=shop.clock(), **more))


def misled(database: Database, **settings: object) -> World:
    """Make a project with twenty wrong gold, on which three good workers and a liar have worked."""
    chosen = {"items": 24, "overlap": 4, "max_overlap": 4, "gold_share": 0.5, "hit_size": 6, **settings}
    shop = world.make(database, **chosen)
    names = [f"g{n:02d}" for n in range(24)]
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(names), now=START))
    rows = [GoldRow(key, next_label(truth(key)) if key in WRONG else truth(key), "gold") for key in names]
    shop.do(lambda s, p: intake.add_gold(s, p, rows, source="test", now=START))
    for name in GOOD:
        work(shop, name)
    work(shop, "liar", lies=True)
    return shop


def person(shop: World, name: str) -> Worker:
    return shop.do(lambda s, _: shop.worker(s, name))


def given_by(shop: World, *names: str) -> set[int]:
    ids = [person(shop, name).id for name in names]
    return set(shop.rows(select(Answer.id).where(Answer.worker_id.in_(ids))))


def skill(shop: World, name: str) -> float:
    """Return the newest estimate of how often a worker is right."""
    query = select(Skill.value).where(Skill.worker_id == person(shop, name).id).order_by(Skill.id.desc())
    return shop.rows(query.limit(1))[0]


def banned(shop: World) -> set[str]:
    query = select(Restriction.worker_id).where(Restriction.lifted_at.is_(None), Restriction.kind == "banned")
    ids = set(shop.rows(query))
    return {name for name in (*GOOD, "liar") if person(shop, name).id in ids}


def excluded(shop: World) -> set[int]:
    last = {flag.answer_id: flag.kind for flag in shop.rows(select(AnswerFlag).order_by(AnswerFlag.id))}
    return {answer for answer, kind in last.items() if kind == "excluded"}


def test_correcting_gold_undoes_what_it_did_and_nothing_else(database: Database) -> None:
    shop = misled(database)
    turn(shop)
    hit = banned(shop)
    assert len(hit) >= 2
    assert hit <= set(GOOD)
    assert excluded(shop) == given_by(shop, *hit)
    bought, money = shop.count(Answer), shop.money()
    shop.sound()

    found = [correct(shop, key) for key in WRONG]
    assert sum(len(one.lifted) for one in found) == len(hit)
    assert sum(one.reinstated for one in found) == len(given_by(shop, *hit))
    assert [len(one.restricted) for one in found if one.restricted] == [1]  # who had lied like the gold
    assert banned(shop) == {"liar"}
    assert excluded(shop) == given_by(shop, "liar")
    undone = [row for row in shop.rows(select(Restriction)) if row.lifted_at]
    assert all("corrects gold" in row.facts["undone"] for row in undone)  # so they are watched again
    assert shop.count(Answer) == bought
    assert shop.money() <= money  # nothing was bought
    for name in GOOD:
        assert skill(shop, name) > 0.85
    actions = shop.rows(select(AuditEntry.action))
    assert (actions.count("gold.correct"), actions.count("worker.lift")) == (len(WRONG), len(hit))
    shop.sound()
