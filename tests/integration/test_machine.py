"""Any order of anything a project goes through keeps every promise: found by machine, replayed by seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import func, select

from crowd.db import Database, connect
from crowd.models import Answer, AnswerFlag, Assignment, Item, Skip, Slot, StraySubmission
from crowd.services import pay, publish
from crowd.services.check import INVARIANTS, check
from crowd.services.page import record, release
from crowd.services.people import eligibility
from tests.integration import world
from tests.integration.life import Acts
from tests.integration.world import PRICE

# Answers, slots and money; lineage and the rest are looked at in the end.
EVERY_STEP = [each for each in INVARIANTS if each.number <= 24]


class Life(Acts):
    """A life, and what must be true after every act of it."""

    @invariant()
    def every_promise_is_kept(self) -> None:
        with self.database.read() as session:
            broken = [text for each in EVERY_STEP for text in each.find(session, self.shop.project_id)]
        assert not broken, "\n".join(broken)

    def teardown(self) -> None:
        """Look for everything, also for what would take too long after every step."""
        with self.database.read() as session:
            findings = check(session, project_id=self.shop.project_id)
        assert [text for finding in findings for text in finding.named] == []

    @invariant()
    def what_people_remember_is_stored(self) -> None:
        pages = [*((page, 0) for _, page, *_ in self.done), *((page, 1) for _, page in self.parted)]
        answers = sum(len(page.questions) - skipped for page, skipped in pages)
        assert self.count(Answer) == answers
        assert self.count(Skip) == len(self.parted)
        assert self.count(StraySubmission) == self.strays
        assert self.count(Assignment, Assignment.work == "assigned") == len(self.held) + len(self.ahead)
        assert self.count(AnswerFlag) <= answers

    @invariant()
    def exactly_what_may_become_due_is_held(self) -> None:
        if self.price == 0:
            return
        held, spent = self.shop.money()
        paid = select(func.sum(Assignment.amount_micros)).where(
            Assignment.project_id == self.shop.project_id, Assignment.payment == "due"
        )
        due = (self.shop.rows(paid)[0] or 0) // PRICE
        places = select(func.sum(Item.open)).where(Item.project_id == self.shop.project_id)
        leased = self.count(Slot, Slot.state == "leased")
        assert held == self.shop.rows(places)[0] + leased + due
        assert spent + due == self.count(Answer)

    def count(self, table: Any, *where: Any) -> int:
        return self.shop.count(table, table.project_id == self.shop.project_id, *where)


@pytest.fixture
def fast_database(migrated_url: str) -> Iterator[Database]:
    """Open a database that need not survive a power cut."""
    database = connect(migrated_url, durable=False)
    yield database
    database.dispose()


EXAMPLES = {"sqlite": (10, 40), "postgresql": (4, 30)}
FEW = (3, 25)  # some seconds; the longer lives are for `make nightly`
QUIET = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}


def live(database: Database, *, examples: int, steps: int, **options: Any) -> None:
    machine = type("Life", (Life,), {"database": database})
    chosen = settings(max_examples=examples, stateful_step_count=steps, **QUIET, **options)
    run_state_machine_as_test(machine, settings=chosen)
    assert world.violations(database) == []


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_no_order_of_few_events_breaks_a_promise(fast_database: Database) -> None:
    examples, steps = FEW
    live(fast_database, examples=examples, steps=steps, derandomize=True)


@pytest.mark.slow(by_day="test_no_order_of_few_events_breaks_a_promise")
def test_no_order_of_events_breaks_a_promise(fast_database: Database) -> None:
    examples, steps = EXAMPLES[fast_database.engine.dialect.name]
    live(fast_database, examples=examples, steps=steps, derandomize=True)


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "places are not offered again": (release, "reopen", lambda *_, **__: None),
    "money is not given back": (pay, "void", lambda *_, **__: None),
    "wanted answers are not counted down": (publish, "want_fewer", lambda *_: None),
    "open places are not taken back": (publish, "withdraw", lambda *_, **__: 0),
    "all submissions look alike": (record, "digest", lambda _: "same"),
    "a restriction is forgotten": (eligibility, "_restricted", lambda *_: []),
}
QUICK = ("places are not offered again",)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "fault", [fault if fault in QUICK else pytest.param(fault, marks=pytest.mark.slow) for fault in FAULTS]
)
def test_a_fault_is_found(fast_database: Database, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(BaseException):  # noqa: B017, PT011 - what it breaks first is up to chance
        live(
            fast_database,
            examples=12,
            steps=40,
            derandomize=True,
            phases=[Phase.generate],
            report_multiple_bugs=False,
        )


@pytest.mark.slow(by_day="test_no_order_of_few_events_breaks_a_promise")
def test_no_order_of_many_events_breaks_a_promise(fast_database: Database) -> None:
    live(fast_database, examples=10, steps=60)
