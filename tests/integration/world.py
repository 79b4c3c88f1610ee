"""A small project to try the services on: asked about, worked on, and looked at from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd import frames
from crowd.channels import Page
from crowd.db import Database
from crowd.models import (
    AnswerSet,
    Batch,
    BatchItem,
    Budget,
    Consensus,
    ConsensusRun,
    Item,
    Project,
    Slot,
    Worker,
)
from crowd.services import assign, collect, conclude, decide, intake, publish, roster
from crowd.services.access import keys
from crowd.services.access.keys import Principal
from crowd.services.check import check
from crowd.services.collect import Kept, Receipt
from crowd.services.decide import Decided
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow

START = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = 30_000
LABELS = ("a", "b", "c")
NUMBERS = count()

Result = TypeVar("Result")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """One project, and everything that people and requesters do in it, each act in its own transaction."""

    database: Database
    project_id: int
    principal: Principal
    clock: Clock = field(default_factory=Clock)

    def do(self, work: Callable[[Session, Project], Result]) -> Result:
        with self.database.write() as session:
            return work(session, session.get_one(Project, self.project_id))

    def worker(self, session: Session, name: str) -> Worker:
        project = session.get_one(Project, self.project_id)
        return roster.arrival(session, project.requester_id, project.channel, name, now=self.clock())

    def claim(self, name: str) -> Page | None:
        return self.do(lambda s, p: assign.claim(s, p, self.worker(s, name), now=self.clock()))

    def page(self, name: str) -> Page:
        """Claim a page that must be there."""
        page = self.claim(name)
        assert page is not None, f"nothing for {name}"
        return page

    def submit(self, name: str, page: Page, label: str | Mapping[str, str] = "a") -> Receipt | Kept:
        answers = dict.fromkeys((q.name for q in page.questions), label) if isinstance(label, str) else label
        return self.hand_in(name, page.token, answers)

    def hand_in(self, name: str, token: str, answers: Mapping[str, str]) -> Receipt | Kept:
        now = self.clock()
        return self.do(
            lambda s, _: collect.submit(s, self.worker(s, name), token, answers=answers, seconds=4, now=now)
        )

    def answer(self, name: str, label: str | Mapping[str, str] = "a") -> Page:
        """Claim a page and hand it in."""
        page = self.page(name)
        assert isinstance(self.submit(name, page, label), Receipt)
        return page

    def give_back(self, name: str, page: Page) -> None:
        self.do(lambda s, _: assign.give_back(s, self.worker(s, name), page.token, now=self.clock()))

    def configure(self, **settings: Any) -> None:
        """Set what a project's rules would not admit, or only before anything is asked."""

        def change(_: Session, project: Project) -> None:
            for name, value in settings.items():
                setattr(project, name, value)
            project.revision += 1

        self.do(change)

    def meet(self, *names: str) -> None:
        """Let workers arrive before anything interesting happens."""
        self.do(lambda session, _: [self.worker(session, name) for name in names])

    def ask_again(self, *keys: str, cause: str = "test") -> None:
        item_ids = [self.item(key).id for key in keys]
        self.do(lambda s, p: publish.ask_again(s, p, item_ids, cause=cause, now=self.clock()))

    def concluded(self, said: Mapping[str, tuple[float, int]]) -> ConsensusRun:
        """Store a run that says this of items: how sure it is, of how many answers."""
        return self.do(lambda session, project: store_run(session, project, said))

    def decide(self, run: ConsensusRun) -> Decided:
        return self.do(lambda s, p: decide.decide(s, p, run, now=self.clock()))

    def sweep(self) -> int:
        return self.do(lambda s, _: assign.sweep(s, now=self.clock()))

    def expire(self) -> int:
        """Let every lease run out, and take the pages back."""
        self.clock.forward(100_000)
        return self.sweep()

    def item(self, key: str) -> Item:
        return self.rows(select(Item).where(Item.project_id == self.project_id, Item.key == key))[0]

    def slots(self, key: str) -> list[Slot]:
        query = select(Slot).join(Item, Item.id == Slot.item_id).where(Item.project_id == self.project_id)
        return self.rows(query.where(Item.key == key).order_by(Slot.id))

    def money(self) -> tuple[int, int]:
        """Return what is held and spent, in prices of one answer where the price is `PRICE`."""
        budget = self.rows(select(Budget).where(Budget.project_id == self.project_id))[0]
        assert budget.held % PRICE == budget.spent % PRICE == 0
        return budget.held // PRICE, budget.spent // PRICE

    def rows(self, query: Any) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(query))

    def count(self, model: Any, *where: Any) -> int:
        return self.rows(select(func.count()).select_from(model).where(*where))[0]

    def sound(self) -> None:
        """Fail unless the database keeps every invariant that crowd knows."""
        broken = violations(self.database)
        assert not broken, "\n".join(broken)


def make(
    database: Database,
    *,
    items: int = 4,
    gold: int = 0,
    ask: bool = True,
    cap: int = 1_000_000 * PRICE,
    slug: str = "demo",
    requester: str = "local",
    **settings: Any,
) -> World:
    """Make a project with items `i00`, `i01`, …, all asked about, and gold `g00`, …."""
    chosen = {"price_micros": PRICE, "seed": 1, "overlap": 2, "gold_share": 0.0, **settings}
    with database.write() as session:
        principal = keys.operator(keys.requester(session, requester, now=START))
        project = projects.create(
            session,
            principal,
            slug=slug,
            labels=LABELS,
            settings=ProjectSettings(**chosen),
            cap_micros=cap,
            now=START,
        )
        world = World(database, project.id, principal)
        names = [*(f"i{n:02d}" for n in range(items)), *(f"g{n:02d}" for n in range(gold))]
        intake.add_items(session, project, item_rows(names), now=START)
        truth = [GoldRow(f"g{n:02d}", LABELS[n % 3], "gold") for n in range(gold)]
        intake.add_gold(session, project, truth, source="test", now=START)
    if ask and items:
        world.do(lambda s, p: ask_about(s, p, names[:items]))
    return world


def number() -> int:
    """Return a number that was not returned before."""
    return next(NUMBERS)


def item_rows(names: Sequence[str]) -> list[ItemRow]:
    return [
        ItemRow(name, {"text": f"about {name}"}, f"items.csv line {n}") for n, name in enumerate(names, 2)
    ]


def ask_about(session: Session, project: Project, names: Sequence[str]) -> int:
    """Ask about these items in this order, without a selection."""
    items = {item.key: item.id for item in session.scalars(select(Item).where(Item.project_id == project.id))}
    batch = Batch(
        project_id=project.id,
        strategy="random",
        parameters={},
        seed=0,
        size=len(names),
        created_at=START,
        prediction_set_id=None,
    )
    session.add(batch)
    session.flush()
    for rank, name in enumerate(names, 1):
        session.add(
            BatchItem(
                batch_id=batch.id, item_id=items[name], rank=rank, score=0.0, reason="listed", random=False
            )
        )
    session.flush()
    return publish.ask_batch(session, project, batch, now=START)


def store_run(session: Session, project: Project, said: Mapping[str, tuple[float, int]]) -> ConsensusRun:
    answers, label_set = _no_answers(session, project), projects.labels(session, project)
    parameters = {"told": sorted(said.items())}
    run = ConsensusRun(
        project_id=project.id,
        key=conclude.run_key(answers.digest, {}, label_set, project.method, parameters),
        gold_ids=answers.ids,
        answer_set_id=answers.id,
        label_set_id=label_set.id,
        method=project.method,
        parameters=parameters,
        iterations=1,
        log_likelihood=None,
        created_at=START,
    )
    session.add(run)
    session.flush()
    items = {i.key: i.id for i in session.scalars(select(Item).where(Item.project_id == project.id))}
    session.add_all(
        Consensus(
            run_id=run.id, item_id=items[key], label="a", confidence=sure, posterior=[1, 0, 0], votes=votes
        )
        for key, (sure, votes) in said.items()
    )
    session.flush()
    return run


def _no_answers(session: Session, project: Project) -> AnswerSet:
    none = np.array([], dtype=np.int64)
    digest = frames.digest_ids(none)
    found = session.scalar(
        select(AnswerSet).where(AnswerSet.project_id == project.id, AnswerSet.digest == digest)
    )
    if found is None:
        ids = frames.pack_ids(none)
        found = AnswerSet(project_id=project.id, digest=digest, size=0, ids=ids, created_at=START)
        session.add(found)
        session.flush()
    return found


def violations(database: Database) -> list[str]:
    """Return every broken invariant in words."""
    with database.read() as session:
        findings = check(session)
    return [f"{finding.invariant.number}: {text}" for finding in findings for text in finding.named]
