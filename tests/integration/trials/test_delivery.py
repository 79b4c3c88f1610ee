"""HITs whose pages are built at publish: what comes in counts once, and money never fails halfway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from crowd.channels import Delivery, Order, Submission, Unfilled
from crowd.clock import utc_now
from crowd.db import Database
from crowd.errors import NotFound
from crowd.models import Answer, Assignment, Decision, Hit, HitQuestion, Item, Project, StraySubmission
from crowd.services import choose, conclude, decide, intake, pack, pay, publish
from crowd.services.access import keys
from crowd.services.check import check
from crowd.services.desk import ProjectDesk
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = 10_000


class Endpoint:
    """A channel that takes HITs and gives them plain names."""

    name = "replay"
    built = "publish"

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def publish(self, orders: list[Order]) -> list[str]:
        self.orders += orders
        return [f"hit{len(self.orders) - len(orders) + n}" for n in range(len(orders))]


@dataclass
class Shop:
    database: Database
    project_id: int
    endpoint: Endpoint
    desk: ProjectDesk

    def do(self, work: Any) -> Any:
        with self.database.write() as session:
            return work(session, session.get_one(Project, self.project_id))

    def ask(self) -> int:
        """Ask about all items and publish their HITs."""

        def ask(session: Any, project: Project) -> None:
            publish.ask_batch(session, project, choose.choose(session, project, now=NOW), now=NOW)

        self.do(ask)
        return self.do(lambda session, project: pack.publish_pages(session, project, self.endpoint, now=NOW))

    def count(self, model: Any, *where: Any) -> int:
        return self.do(
            lambda session, _: session.scalar(select(func.count()).select_from(model).where(*where))
        )

    def money(self) -> tuple[int, int]:
        """Return what is held and spent, in prices of an answer."""
        budget = self.do(pay.budget)
        return budget.held // PRICE, budget.spent // PRICE

    def sound(self) -> None:
        with self.database.read() as session:
            assert not [finding for finding in check(session) if not finding.ok]


def shop(database: Database, *, cap: int, gold: int = 0, **settings: Any) -> Shop:
    """Open a project over the items i0 to i5, the first of them gold; the cap is in prices of an answer."""
    chosen = ProjectSettings(channel="replay", overlap=2, hit_size=3, price_micros=PRICE, seed=1, **settings)
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=NOW))
        project = projects.create(
            session, principal, slug="x", labels=["a", "b"], settings=chosen, cap_micros=cap * PRICE, now=NOW
        )
        rows = [ItemRow(f"i{n}", {"n": n}, "") for n in range(6)]
        intake.add_items(session, project, rows, now=NOW)
        intake.add_gold(
            session, project, [GoldRow(f"i{n}", "a", "") for n in range(gold)], source="t", now=NOW
        )
        project_id = project.id
    return Shop(database, project_id, Endpoint(), ProjectDesk(database, project_id, utc_now))


def page(hit: str, worker: str, **answers: str) -> Delivery:
    return Delivery(hit, [Submission(f"{hit}:{worker}", worker, answers)])


def test_a_delivery_counts_once_however_often_it_comes(database: Database) -> None:
    place = shop(database, cap=100)
    assert place.ask() == 2
    work = [page("hit0", "ann", q1="a", q2="a", q3="b"), page("hit1", "ann", q1="b", q2="b", q3="b")]
    for deliveries in (work, work, [*work, *work], work[:1]):
        place.desk.deliver(deliveries)
    assert (place.count(Answer), place.count(Assignment), place.count(StraySubmission)) == (6, 2, 0)
    place.sound()


def test_what_finds_no_place_is_kept_apart_and_not_paid(database: Database) -> None:
    place = shop(database, cap=100)
    place.ask()
    workers = ("ann", "bob", "cyd")
    place.desk.deliver([page("hit0", worker, q1="a") for worker in workers])
    place.desk.deliver([Delivery("hit0", [Submission("again", "ann", {"q1": "b", "q9": "a", "q2": "a"})])])
    assert place.count(Answer) == 3
    assert place.count(StraySubmission) == 2
    place.do(lambda session, project: pay.settle(session, project, now=NOW))
    assert place.money() == (9, 3)
    place.sound()


def test_a_hit_nobody_knows_is_refused_and_nothing_of_the_delivery_is_kept(database: Database) -> None:
    place = shop(database, cap=100)
    place.ask()
    with pytest.raises(NotFound, match="hit7"):
        place.desk.deliver([page("hit0", "ann", q1="a"), page("hit7", "ann", q1="a")])
    assert place.count(Answer) == 0


def test_full_hits_close_and_settling_empties_what_was_held(database: Database) -> None:
    place = shop(database, cap=100)
    place.ask()
    everything = {"q1": "a", "q2": "a", "q3": "b"}
    place.desk.deliver(
        [page(hit, worker, **everything) for hit in ("hit0", "hit1") for worker in ("ann", "bob")]
    )
    assert place.count(Hit, Hit.state == "open") == 0
    assert place.do(lambda session, project: pay.settle(session, project, now=NOW)) == 4
    assert place.do(lambda session, project: pay.settle(session, project, now=NOW)) == 0
    assert place.money() == (0, 12)
    place.sound()


def test_places_nobody_fills_are_paid_back_and_their_items_given_up(database: Database) -> None:
    place = shop(database, cap=100)
    place.ask()
    place.desk.deliver([page("hit0", "ann", q1="a", q2="a", q3="a")])
    rest = [Unfilled("hit0", {"q1": 1, "q2": 1, "q3": 1}, "gone"), Unfilled("hit1", {"q1": 2}, "gone")]
    place.desk.close(rest)
    place.do(lambda session, project: pay.settle(session, project, now=NOW))
    assert place.money() == (4, 3)
    assert place.count(Item, Item.state == "given_up") == 4
    assert place.count(Hit, Hit.state == "open") == 1
    place.sound()


def test_an_item_settled_while_its_hit_was_out_stays_settled_when_the_hit_ends(database: Database) -> None:
    place = shop(database, cap=100, confidence=0.5, max_overlap=3)
    place.ask()
    place.do(lambda _, project: setattr(project, "overlap", 1))
    place.desk.deliver([page("hit0", "ann", q1="a", q2="a", q3="a")])

    def settle(session: Any, project: Project) -> None:
        run = conclude.conclude(session, project, method="majority", now=NOW)
        decide.decide(session, project, run, now=NOW)

    place.do(settle)
    assert place.count(Item, Item.state == "settled") == 3
    place.desk.close([Unfilled("hit0", {"q1": 1, "q2": 1, "q3": 1}, "gone")])
    assert place.count(Item, Item.state == "settled") == 3
    assert place.count(Decision, Decision.action == "give_up") == 0
    place.sound()


@pytest.mark.parametrize(("cap", "gold"), [(8, 0), (9, 0), (10, 1)])
def test_gold_is_left_out_where_the_budget_has_no_room_for_it(
    database: Database, cap: int, gold: int
) -> None:
    """Four items twice cost 8; the gold question this seed draws, on a page for two workers, costs 2 more."""
    place = shop(database, cap=cap, gold=2, gold_share=0.5)
    assert place.ask() == len(place.endpoint.orders)
    assert place.count(HitQuestion, HitQuestion.gold_id.is_not(None)) == gold
    assert place.money() == (8 + 2 * gold, 0)
    place.sound()
