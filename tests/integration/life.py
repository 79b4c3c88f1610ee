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
from crowd.models import Item, Project
from crowd.models.answer import SKIP_REASONS
from crowd.services import (
    assign,
    choose,
    collect,
    intake,
    publish,
)
from crowd.services.collect import Kept, Receipt, Skipped
from tests.integration import world
from tests.integration.reckoning import Reckoning
from tests.integration.world import LABELS, PRICE

ITEMS = 12
PEOPLE = ("ann", "bob", "eve", "joe", "spam")

# How often each act is tried. One rule draws them all: left alone, Hypothesis switches rules off at random,
# and a life in which nobody claims, or nobody decides, tells nothing.
ACTS = {
    "work": 8,
    "claim": 5,
    "claim_ahead": 3,
    "skip": 3,
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


class Acts(Reckoning, RuleBasedStateMachine):
    """One project and the few people who work for it."""

    database: ClassVar[Database]
    draw: Callable[[st.SearchStrategy[Any]], Any]

    @initialize(
        overlap=st.integers(1, 3),
        more=st.integers(0, 2),
        confidence=st.sampled_from([0.8, 0.6, None]),
        ordering=st.sampled_from(["depth", "breadth"]),
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
        self.ahead: dict[str, Page] = {}
        self.parted: list[tuple[str, Page]] = []  # handed in with a question skipped
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
                self.shop.ask_again(key, cause=f"life:{world.number()}")

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
            self.see(name, page)
            self.held[name] = page

    def claim_ahead(self) -> None:
        """Fetch the next page while one is held; it is the one held as soon as that ends."""
        for name in self.one_of(self.held):
            now = self.shop.clock()
            page = self.shop.do(
                lambda s, p, name=name, now=now: assign.claim(
                    s, p, self.shop.worker(s, name), ahead=True, now=now
                )
            )
            if name in self.ahead:
                assert page == self.ahead[name]
            elif page is not None:
                self.see(name, page)
                self.ahead[name] = page

    def see(self, name: str, page: Page) -> None:
        pages = [*((who, old) for who, old, *_ in self.done), *self.parted]
        seen = {q.key for who, old in pages if who == name for q in old.questions}
        seen |= {q.key for held in (self.held, self.ahead) if name in held for q in held[name].questions}
        assert not seen & {q.key for q in page.questions}, "asked twice"

    def let_go(self, name: str) -> Page:
        """Take the page out of the worker's hands; the one fetched ahead follows at the next claim."""
        page = self.held.pop(name)
        if name in self.ahead:
            following = self.shop.claim(name)
            assert following is not None
            assert following.token == self.ahead.pop(name).token
            self.held[name] = following
        return page

    def submit(self) -> None:
        for name in self.one_of(self.held):
            self.submit_page(name)

    def submit_page(self, name: str) -> None:
        page = self.held[name]
        said = {q.name: "c" if name == "spam" else self.draw(st.sampled_from(LABELS)) for q in page.questions}
        receipt = self.shop.submit(name, page, said)
        assert isinstance(receipt, Receipt)
        self.done.append((name, self.let_go(name), said, receipt))

    def skip(self) -> None:
        """Hand in a page with its first question unanswered."""
        for name in self.one_of(self.held):
            page, now = self.held[name], self.shop.clock()
            skips = {page.questions[0].name: Skipped(self.draw(st.sampled_from(SKIP_REASONS)))}
            said = {question.name: "b" for question in page.questions[1:]}
            for _ in range(2):
                receipt = self.shop.do(
                    lambda s, _, name=name, page=page, said=said, skips=skips, now=now: collect.submit(
                        s, self.shop.worker(s, name), page.token, answers=said, skips=skips, now=now
                    )
                )
                assert isinstance(receipt, Receipt)
                assert (receipt.answers, receipt.skipped) == (len(said), 1)
            self.let_go(name)
            self.parted.append((name, page))

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
            self.shop.give_back(name, self.held[name])
            self.ended.append((name, self.let_go(name)))

    def expire(self) -> None:
        self.shop.clock.forward(101)
        assert self.shop.sweep() == len(self.held) + len(self.ahead)
        self.ended += [*self.held.items(), *self.ahead.items()]
        self.held, self.ahead = {}, {}

    def jump(self) -> None:
        """Let the clock be set: alone, that must change nothing."""
        seconds = self.draw(st.integers(-86_400, 86_400))
        self.shop.clock.forward(seconds)
        for name, page in self.held.items():
            assert self.shop.claim(name) == page
        # Leases given before a jump may run out late or early, but a sweep finds them all in the end.
        self.shop.clock.forward(abs(seconds))
