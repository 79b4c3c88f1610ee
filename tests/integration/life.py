"""The life of a project, act by act in any order, with what the people in it remember."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import BudgetExceeded, Conflict, Forbidden, Stale
from crowd.models import Item, Project, Worker
from crowd.services import (
    assign,
    choose,
    conclude,
    decide,
    export,
    grade,
    intake,
    merge,
    pay,
    projects,
    publish,
    roster,
)
from crowd.services.collect import Kept, Receipt
from tests.integration import world
from tests.integration.world import LABELS, PRICE

ITEMS = 12
PEOPLE = ("ann", "bob", "eve", "joe", "spam")

# How often each act is tried. One rule draws them all: left alone, Hypothesis switches rules off at random,
# and a life in which nobody claims, or nobody decides, tells nothing.
ACTS = {
    "work": 8,
    "claim": 5,
    "submit": 2,
    "submit_again": 1,
    "contradict": 1,
    "submit_too_late": 2,
    "give_back": 3,
    "expire": 1,
    "jump": 1,
    "import_items": 2,
    "ask": 3,
    "ask_again": 3,
    "ban": 1,
    "lift": 1,
    "grade": 2,
    "conclude_and_decide": 4,
    "settle": 2,
    "set_cap": 1,
    "move": 1,
    "freeze": 2,
}
acts = st.sampled_from([act for act, weight in ACTS.items() for _ in range(weight)])

Thing = TypeVar("Thing")


class Acts(RuleBasedStateMachine):
    """One project and the few people who work for it."""

    database: ClassVar[Database]
    draw: Callable[[st.SearchStrategy[Any]], Any]

    @initialize(
        overlap=st.integers(1, 3),
        more=st.integers(0, 2),
        confidence=st.sampled_from([0.8, 0.6, None]),
        hit_size=st.integers(1, 4),
        gold=st.integers(0, 6),
        price_micros=st.sampled_from([PRICE, PRICE, 0]),
        cap=st.integers(20, 200),
    )
    def begin(self, overlap: int, more: int, cap: int, **settings: Any) -> None:
        fixed = {"items": ITEMS, "ask": False, "gold_share": 0.3, "lease_seconds": 100, "method": "majority"}
        settings |= {"overlap": overlap, "max_overlap": overlap + more, "cap": cap * PRICE}
        self.shop = world.make(self.database, slug=f"life-{world.number()}", **fixed, **settings)
        # A sweep is for all projects: let no page of an earlier life be left.
        self.shop.do(lambda s, _: assign.sweep(s, now=datetime.max.replace(tzinfo=UTC)))
        self.price = settings["price_micros"]
        self.imported = ITEMS
        self.held: dict[str, Page] = {}
        self.ended: list[tuple[str, Page]] = []
        self.done: list[tuple[str, Page, dict[str, str], Receipt]] = []
        self.strays = 0
        self.banned: set[str] = set()
        self.state = "active"
        self.versions: dict[int, bytes] = {}
        self.ask_about(8)

    @rule(act=acts, data=st.data())
    def step(self, act: str, data: st.DataObject) -> None:
        """Do one thing, if it can be done now."""
        self.draw = data.draw
        getattr(self, act)()

    def person(self) -> str:
        return self.draw(st.sampled_from(PEOPLE))

    def one_of(self, things: Collection[Thing]) -> list[Thing]:
        """Draw one of these things, or nothing where there is none."""
        return [self.draw(st.sampled_from(list(things)))] if things else []

    # Asking

    def import_items(self) -> None:
        count = self.draw(st.integers(1, 3))
        rows = world.item_rows([f"n{self.imported + n:02d}" for n in range(count)])
        for added in (count, 0):
            done = self.shop.do(lambda s, p: intake.add_items(s, p, rows, now=self.shop.clock()))
            assert (done.added, done.unchanged) == (added, count - added)
        self.imported += count

    def ask(self) -> None:
        self.ask_about(self.draw(st.integers(1, 6)))

    def ask_about(self, size: int) -> None:
        def work(session: Session, project: Project) -> int:
            batch = choose.choose(session, project, size=size, now=self.shop.clock())
            return 0 if batch is None else publish.ask_batch(session, project, batch, now=self.shop.clock())

        self.shop.do(work)

    def ask_again(self) -> None:
        """Want one answer more of an item, also of one that is decided already."""
        query = select(Item.key).where(Item.project_id == self.shop.project_id).order_by(Item.key)
        for key in self.one_of(self.shop.rows(query.where(Item.state.in_(("asking", "settled"))))):
            with suppress(BudgetExceeded):
                self.shop.ask_again(key, cause=f"{self.shop.project_id}:{world.number()}")

    # Working

    def claim(self) -> None:
        self.claim_page(self.person())

    def claim_page(self, name: str) -> None:
        if name not in self.held and (name in self.banned or self.state != "active"):
            with pytest.raises(Forbidden):
                self.shop.claim(name)
            return
        page = self.shop.claim(name)
        if name in self.held:
            assert page == self.held[name]
        elif page is not None:
            answered = {q.key for who, old, *_ in self.done if who == name for q in old.questions}
            assert not answered & {q.key for q in page.questions}, "asked twice"
            self.held[name] = page

    def submit(self) -> None:
        for name in self.one_of(self.held):
            self.submit_page(name)

    def submit_page(self, name: str) -> None:
        page = self.held.pop(name)
        said = {q.name: "c" if name == "spam" else self.draw(st.sampled_from(LABELS)) for q in page.questions}
        receipt = self.shop.submit(name, page, said)
        assert isinstance(receipt, Receipt)
        self.done.append((name, page, said, receipt))

    def work(self) -> None:
        """Claim and hand in, as people mostly do."""
        name = self.person()
        for _ in range(self.draw(st.integers(1, 3))):
            self.claim_page(name)
            if name in self.held:
                self.submit_page(name)

    def submit_again(self) -> None:
        for name, page, said, receipt in self.one_of(self.done):
            assert self.shop.submit(name, page, said) == receipt

    def contradict(self) -> None:
        for name, page, said, _ in self.one_of(self.done):
            other = {question: LABELS[LABELS.index(label) - 1] for question, label in said.items()}
            self.keep(self.shop.submit(name, page, other), Conflict)

    def submit_too_late(self) -> None:
        for name, page in self.one_of(self.ended):
            self.keep(self.shop.submit(name, page), Stale)

    def keep(self, outcome: object, why: type[Exception]) -> None:
        assert isinstance(outcome, Kept)
        assert isinstance(outcome.error, why)
        self.strays += 1

    def give_back(self) -> None:
        for name in self.one_of(self.held):
            self.ended.append((name, self.held[name]))
            self.shop.give_back(name, self.held.pop(name))

    def expire(self) -> None:
        self.shop.clock.forward(101)
        assert self.shop.sweep() == len(self.held)
        self.ended += self.held.items()
        self.held = {}

    def jump(self) -> None:
        """Let the clock be set: alone, that must change nothing."""
        seconds = self.draw(st.integers(-86_400, 86_400))
        self.shop.clock.forward(seconds)
        for name, page in self.held.items():
            assert self.shop.claim(name) == page
        # Leases given before a jump may run out late or early, but a sweep finds them all in the end.
        self.shop.clock.forward(abs(seconds))

    # Judging

    def ban(self) -> None:
        name = self.person()

        def work(session: Session, project: Project) -> None:
            worker = self.shop.worker(session, name)
            now = self.shop.clock()
            roster.restrict(
                session, worker, project=project, kind="banned", reason="r", facts={}, actor="test", now=now
            )
            grade.exclude(session, project, worker, reason="r", now=now)

        self.shop.do(work)
        self.banned.add(name)

    def lift(self) -> None:
        name = self.person()
        self.shop.clock.forward(1)
        worker = self.shop.do(lambda s, _: self.shop.worker(s, name))
        self.shop.do(lambda s, p: roster.lift(s, self.shop.principal, worker, p, now=self.shop.clock()))
        self.shop.clock.forward(1)
        self.banned.discard(name)

    def grade(self) -> None:
        def work(session: Session, project: Project) -> set[str]:
            graded = grade.grade(session, project, now=self.shop.clock())
            query = select(Worker.name)
            ids = [restriction.worker_id for restriction in graded.restricted]
            return set(session.scalars(query.where(Worker.id.in_(ids))))

        self.banned |= self.shop.do(work)

    def conclude_and_decide(self) -> None:
        def work(session: Session, project: Project) -> None:
            run = conclude.conclude(session, project, now=self.shop.clock())
            assert conclude.conclude(session, project, now=self.shop.clock()) == run
            decide.decide(session, project, run, now=self.shop.clock())
            assert decide.decide(session, project, run, now=self.shop.clock()).more == 0

        self.shop.do(work)

    # Paying and keeping

    def settle(self) -> None:
        self.shop.do(lambda s, p: pay.settle(s, p, now=self.shop.clock()))
        assert self.shop.do(lambda s, p: pay.settle(s, p, now=self.shop.clock())) == 0

    def set_cap(self) -> None:
        cap = (sum(self.shop.money()) + self.draw(st.integers(0, 10))) * PRICE
        self.shop.do(lambda s, p: projects.set_cap(s, self.shop.principal, p, cap, now=self.shop.clock()))

    def move(self) -> None:
        state = self.draw(st.sampled_from(["active", "active", "paused"]))
        self.shop.do(lambda s, p: projects.move(s, self.shop.principal, p, state, now=self.shop.clock()))
        self.state = state

    def freeze(self) -> None:
        def work(session: Session, project: Project) -> tuple[int, bytes] | None:
            if not merge.candidates(session, project):
                return None
            version = merge.freeze(session, project, now=self.shop.clock())
            assert merge.freeze(session, project, now=self.shop.clock()) == version
            return version.id, b"".join(export.write(session, version, "jsonl"))

        frozen = self.shop.do(work)
        if frozen is not None:
            assert self.versions.setdefault(*frozen) == frozen[1], "a frozen version has changed"
