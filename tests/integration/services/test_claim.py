"""A worker claims a page: the most valuable items they have not seen, with gold nobody can tell apart."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import Assignment, Gold, Project, Slot, Standing, Worker
from crowd.services import assign, conclude, roster
from crowd.services.setup import projects
from crowd.services.trust import standings
from tests.integration import world
from tests.integration.world import PRICE, START


def keys_of(page: Page) -> list[str]:
    return [question.key for question in page.questions]


def test_the_most_valuable_items_come_first(database: Database) -> None:
    shop = world.make(database, items=5, ask=False, hit_size=2)
    shop.do(lambda s, p: world.ask_about(s, p, ["i03", "i01", "i04"]))
    assert sorted(keys_of(shop.page("ann"))) == ["i01", "i03"]
    shop.sound()


def test_a_page_still_held_is_given_again(database: Database) -> None:
    shop = world.make(database, gold=3, gold_share=0.5)
    page = shop.page("ann")
    shop.clock.forward(100)
    assert shop.page("ann") == page
    assert shop.count(Assignment) == 1


def test_a_page_shows_no_id_and_the_questions_numbered(database: Database) -> None:
    page = world.make(database, items=3).page("ann")
    assert [question.name for question in page.questions] == ["q1", "q2", "q3"]
    assert page.labels == world.LABELS
    assert {question.key: question.payload for question in page.questions} == {
        f"i{n:02d}": {"text": f"about i{n:02d}"} for n in range(3)
    }


def test_nobody_sees_an_item_twice(database: Database) -> None:
    shop = world.make(database, items=5, hit_size=2, overlap=3)
    seen = Counter(key for _ in range(3) for key in keys_of(shop.answer("ann")))
    assert seen == {f"i{n:02d}": 1 for n in range(5)}
    assert shop.claim("ann") is None
    shop.sound()


def test_an_item_given_back_may_come_again_to_the_same_worker(database: Database) -> None:
    shop = world.make(database, items=1)
    shop.give_back("ann", shop.page("ann"))
    assert keys_of(shop.page("ann")) == ["i00"]
    shop.sound()


def test_places_run_out(database: Database) -> None:
    shop = world.make(database, items=2, overlap=2)
    shop.page("ann")
    shop.page("bob")
    assert shop.claim("eve") is None
    assert [shop.item(key).open for key in ("i00", "i01")] == [0, 0]
    shop.sound()


class TestRouting:
    """Who is proven is asked what gains most, the first items here; others are asked the last."""

    def test_the_proven_are_asked_what_gains_most_and_others_what_is_left(self, database: Database) -> None:
        shop = world.make(database, items=5, hit_size=2, overlap=1, routing=True)
        prove(shop, "ann", "bob")
        prove(shop, "ann")
        assert sorted(keys_of(shop.page("bob"))) == ["i03", "i04"]
        assert sorted(keys_of(shop.page("ann"))) == ["i00", "i01"]
        shop.sound()

    def test_nobody_gets_nothing_because_of_it(self, database: Database) -> None:
        shop = world.make(database, items=3, hit_size=2, overlap=1, routing=True)
        assert sorted(keys_of(shop.answer("new"))) == ["i01", "i02"]
        assert keys_of(shop.answer("new")) == ["i00"]
        shop.sound()

    def test_without_it_everybody_gets_the_best(self, database: Database) -> None:
        shop = world.make(database, items=5, hit_size=2, overlap=1)
        prove(shop, "ann")
        assert sorted(keys_of(shop.page("bob"))) == ["i00", "i01"]

    def test_deciding_says_who_is_proven(self, database: Database) -> None:
        names = [f"i{n:02d}" for n in range(12)]
        chosen = {"hit_size": 12, "overlap": 3, "max_overlap": 5, "label_value_micros": 50 * PRICE}
        shop = world.make(database, items=12, routing=True, **chosen)
        truth = {name: world.LABELS[n % 3] for n, name in enumerate(names)}
        for who, said in (("ann", truth), ("bob", truth), ("eve", dict.fromkeys(names, "a"))):
            page = shop.page(who)
            shop.submit(who, page, {question.name: said[question.key] for question in page.questions})
        shop.do(standings.refresh)
        shop.decide(shop.do(lambda s, p: conclude.conclude(s, p, now=START)))
        query = select(Worker.name).join(Standing, Standing.worker_id == Worker.id).where(Standing.proven)
        assert sorted(shop.rows(query)) == ["ann", "bob"]
        shop.sound()


def prove(shop: world.World, *names: str) -> None:
    """Let these workers be proven, and nobody else."""

    def write(session: Session, project: Project) -> None:
        workers = [shop.worker(session, name) for name in names]
        for worker in workers:
            standings.note(session, project.id, worker.id, answers=10)
        standings.prove(session, project, [worker.id for worker in workers])

    shop.do(write)


class TestGold:
    def test_it_is_mixed_in_and_keeps_the_size_of_the_page(self, database: Database) -> None:
        shop = world.make(database, items=40, gold=30, gold_share=0.3, hit_size=10, overlap=1)
        pages = [shop.answer(f"w{n}") for n in range(4)]
        assert [len(page.questions) for page in pages] == [10] * 4
        places = Counter(n for page in pages for n, key in enumerate(keys_of(page)) if key[0] == "g")
        assert len(places) >= 4, "gold always stands at the same place"
        shop.sound()

    def test_it_is_never_shown_to_a_worker_again(self, database: Database) -> None:
        shop = world.make(database, items=30, gold=5, gold_share=0.5, hit_size=5)
        shown = []
        while shop.claim("ann") is not None:
            shown += [key for key in keys_of(shop.answer("ann")) if key[0] == "g"]
        assert sorted(shown) == [f"g{n:02d}" for n in range(5)]

    def test_labels_are_shown_equally_often_even_where_gold_is_not(self, database: Database) -> None:
        from crowd.services import intake
        from crowd.tables.gold import GoldRow

        shop = world.make(database, items=0, ask=False, gold_share=0.5, hit_size=6, overlap=20)
        names = [f"k{n:02d}" for n in range(60)]

        def load(session, project) -> None:
            intake.add_items(session, project, world.item_rows(["x", *names]), now=START)
            labels = ["a"] * 40 + ["b"] * 10 + ["c"] * 10
            gold = [GoldRow(name, label, "") for name, label in zip(names, labels, strict=True)]
            intake.add_gold(session, project, gold, source="t", now=START)
            world.ask_about(session, project, ["x"])

        shop.do(load)
        shop.do(lambda _, p: setattr(p, "gold_share", 1.0))
        for n in range(20):
            shop.answer(f"w{n}")
        query = select(Gold.label).join(Slot, Slot.gold_id == Gold.id)
        shown = Counter(shop.rows(query))
        assert max(shown.values()) - min(shown.values()) <= 10
        assert sum(shown.values()) == 20

    def test_alone_it_is_no_reason_for_a_page(self, database: Database) -> None:
        shop = world.make(database, items=1, gold=6, gold_share=0.5, overlap=1)
        shop.answer("ann")
        assert shop.claim("bob") is None
        assert shop.count(Assignment) == 1

    def test_it_stays_away_where_the_budget_has_no_room(self, database: Database) -> None:
        shop = world.make(database, items=4, gold=6, gold_share=0.5, overlap=1, cap=4 * world.PRICE)
        page = shop.answer("ann")
        assert sorted(keys_of(page)) == ["i00", "i01", "i02", "i03"]
        assert shop.money() == (4, 0)
        shop.sound()


class TestRefusals:
    @pytest.mark.parametrize("kind", ["suspended", "banned"])
    def test_a_restricted_worker_gets_nothing_but_may_finish(self, database: Database, kind: str) -> None:
        shop = world.make(database, items=4, hit_size=2)
        page = shop.page("ann")

        def restrict(session, project) -> None:
            ann = shop.worker(session, "ann")
            roster.restrict(
                session, ann, project=project, kind=kind, reason="r", facts={}, actor="test", now=START
            )

        shop.do(restrict)
        assert shop.page("ann") == page
        shop.submit("ann", page)
        with pytest.raises(Forbidden, match=f"the worker is {kind}"):
            shop.claim("ann")

        def lift(session, project) -> int:
            return roster.lift(session, shop.principal, shop.worker(session, "ann"), project, now=START)

        assert shop.do(lift) == 1
        assert shop.claim("ann") is not None

    def test_a_worker_banned_everywhere_is_banned_here(self, database: Database) -> None:
        shop = world.make(database)

        def ban(session, _project) -> None:
            ann = shop.worker(session, "ann")
            roster.restrict(
                session, ann, project=None, kind="banned", reason="r", facts={}, actor="test", now=START
            )

        shop.do(ban)
        with pytest.raises(Forbidden):
            shop.claim("ann")

    @pytest.mark.parametrize("state", ["paused", "closed"])
    def test_a_project_that_rests_gives_no_page_and_takes_those_under_way(
        self, database: Database, state: str
    ) -> None:
        shop = world.make(database)
        page = shop.page("ann")
        shop.do(lambda s, p: projects.move(s, shop.principal, p, state, now=START))
        with pytest.raises(Forbidden, match=f"the project is {state}"):
            shop.claim("bob")
        shop.submit("ann", page)
        assert len(shop.slots("i00")) == 1
        shop.sound()

    def test_a_worker_of_another_requester_is_refused(self, database: Database) -> None:
        shop = world.make(database)
        other = world.make(database, slug="other", requester="someone else")

        def claim(session, project) -> None:
            assign.claim(session, project, other.worker(session, "ann"), now=START)

        with pytest.raises(Forbidden, match="not open to this worker"):
            shop.do(claim)


def test_a_page_of_one_question_is_gold_by_its_own_chance(database: Database) -> None:
    shop = world.make(database, items=30, gold=30, gold_share=0.3, hit_size=1, overlap=1)
    shown = "".join(keys_of(shop.answer("ann"))[0][0] for _ in range(40))
    assert 4 <= shown.count("g") <= 22
    assert "ig" in shown
    assert "gi" in shown
