"""The queue of cases: what is opened, in which order, and what closes again by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import NotFound
from crowd.models import Case, ConsensusRun, CurrentRun, Item, Project
from crowd.services import cases, conclude
from crowd.services.experts import casefile
from tests.integration import world
from tests.integration.world import START, World

CLOSED = {"state": "closed", "outcome": "dismissed", "reviewer": "ann", "closed_at": START}


def opened(shop: World, **which: object) -> Sequence[Case]:
    return shop.do(lambda s, p: cases.queue(s, p, limit=100, **which))


def refreshed(shop: World) -> int:
    return shop.do(lambda s, p: cases.refresh(s, p, now=shop.clock()))


def turned(shop: World) -> None:
    """Conclude, decide and bring the queue up to date, as a turn of the loop does."""
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))
    shop.decide(run)
    refreshed(shop)


def test_a_subject_has_one_open_case_of_a_kind(database: Database) -> None:
    shop = world.make(database, items=2)
    item = shop.item("i00").id

    def open_one(kind: str) -> Case | None:
        return shop.do(lambda s, p: cases.open_case(s, p, kind, item_id=item, facts={}, now=START))

    first = open_one("audit")
    assert first is not None
    assert open_one("audit") is None
    assert open_one("gold_candidate") is not None

    shop.do(lambda s, _: s.execute(update(Case).where(Case.id == first.id).values(**CLOSED)))
    assert open_one("audit") is not None
    shop.sound()


def test_an_item_on_which_workers_disagree_is_looked_at_and_read_with_its_answers(database: Database) -> None:
    shop = world.make(database, items=2, overlap=2, hit_size=1)
    for name, label in (("ann", "a"), ("bob", "b")):
        shop.answer(name, label)
    for name in ("ann", "bob"):
        shop.answer(name, "a")
    turned(shop)
    (case,) = opened(shop)
    assert case.kind == "disputed"
    assert sorted(case.facts["between"]) == ["a", "b"]
    seen = shop.do(lambda s, p: casefile.read(s, p, cases.find(s, p, case.id)))
    assert sorted((said.value, said.counts) for said in seen.answers) == [("a", True), ("b", True)]
    assert seen.item is not None
    assert seen.outcomes == ("labeled", "dismissed")
    assert refreshed(shop) == 0
    shop.sound()


def test_the_most_doubtful_come_first_and_no_more_than_can_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MOST_OPEN", 2)
    shop = world.make(database, items=4)
    run = shop.concluded({"i00": (0.7, 2), "i01": (0.4, 2), "i02": (0.5, 2), "i03": (0.99, 2)})
    shop.configure(max_overlap=2)
    shop.decide(run)
    _holds(shop, run)
    assert refreshed(shop) == 2
    assert [_key(shop, case) for case in opened(shop)] == ["i01", "i02"]
    first = opened(shop)[0]
    assert [_key(shop, case) for case in opened(shop, after=first.id)] == ["i02"]
    shop.sound()


def test_who_waits_is_heard_before_what_is_doubted(database: Database) -> None:
    shop = world.make(database, items=4)

    def fill(session: Session, project: Project) -> None:
        kinds = (
            ("gold_candidate", 0.9),
            ("unsure", 0.2),
            ("rule", 0.3),
            ("gold_dispute", 0.1),
            ("appeal", 0.0),
        )
        for key, (kind, value) in enumerate(kinds):
            cases.open_case(session, project, kind, item_id=key % 4 + 1, value=value, facts={}, now=START)

    shop.do(fill)
    found = opened(shop)
    assert [case.kind for case in found] == ["appeal", "gold_dispute", "rule", "unsure", "gold_candidate"]
    for number, case in enumerate(found, 1):
        assert [row.id for row in opened(shop, after=case.id)] == [row.id for row in found[number:]]


def test_what_the_loop_has_settled_since_closes_by_itself(database: Database) -> None:
    shop = world.make(database, items=1)
    run = shop.concluded({"i00": (0.5, 2)})
    shop.configure(max_overlap=2)
    shop.decide(run)
    _holds(shop, run)
    assert refreshed(shop) == 1
    _holds(shop, shop.concluded({"i00": (0.95, 3)}))
    assert refreshed(shop) == 0
    assert opened(shop) == []
    assert shop.rows(select(Case.outcome)) == ["overtaken"]


def test_what_a_reviewer_has_looked_at_comes_back_only_with_another_answer(database: Database) -> None:
    shop = world.make(database, items=1)
    run = shop.concluded({"i00": (0.5, 2)})
    shop.configure(max_overlap=2)
    shop.decide(run)
    _holds(shop, run)
    refreshed(shop)

    shop.do(lambda s, _: s.execute(update(Case).values(**CLOSED)))
    assert refreshed(shop) == 0
    _holds(shop, shop.concluded({"i00": (0.5, 3)}))
    assert refreshed(shop) == 1


def test_a_case_of_another_project_is_absent(database: Database) -> None:
    shop, other = world.make(database, items=1), world.make(database, slug="other", items=1)
    item = shop.item("i00").id
    case = shop.do(lambda s, p: cases.open_case(s, p, "audit", item_id=item, facts={}, now=START))
    assert case is not None
    with pytest.raises(NotFound, match=f"no case {case.id}"):
        other.do(lambda s, p: cases.find(s, p, case.id))


def _key(shop: World, case: Case) -> str:
    return shop.rows(select(Item.key).where(Item.id == case.item_id))[0]


def _holds(shop: World, run: ConsensusRun) -> None:
    shop.do(lambda s, p: s.merge(CurrentRun(project_id=p.id, method=p.method, run_id=run.id)))
