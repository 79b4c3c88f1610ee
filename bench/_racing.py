"""Many workers race for the same places; the rows are counted when they are through.

Threads claim pages, hand them in, hand them in twice, walk away, come too late, and lose transactions
half-way; a sweeper takes pages back by a clock that runs fast.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import Stale
from crowd.models import Answer, Assignment, Budget, Item, Project, Slot, Worker
from crowd.services import assign, choose, collect, intake, publish, roster
from crowd.services.access import keys
from crowd.services.collect import Receipt
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow

START = datetime(2026, 1, 1, tzinfo=UTC)
LABELS = ("a", "b", "c")
PRICE = 10_000
LEASE = 10  # seconds by the clock of the race, which runs so much faster than ours:
SPEED = 40
GOLD = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """How many race for how much, and the chance of each misfortune."""

    items: int = 200
    overlap: int = 3
    threads: int = 16
    hit_size: int = 10
    misfortune: float = 0.08
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened, and what must be zero: over-assigned, short, twice, lost, money_off, errors."""

    seconds: float
    pages: int
    pairs_per_second: float
    aborted: int
    returned: int
    swept: int
    late: int
    repeated: int
    over_assigned: int  # items with more answers than were wanted
    most: int  # answers on the item that has most
    short: int  # items with fewer
    twice: int  # workers who answered an item twice
    lost: int  # submissions that were acknowledged and are not stored as they were
    money_off: int  # micro-dollars held or spent beyond the answers that are stored
    errors: int


class Aborted(Exception):
    """A process that dies before its commit."""


@dataclass
class Race:
    """Threads at work on one project."""

    database: Database
    plan: Plan
    project_id: int
    names: list[str]
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)

    def run(self) -> float:
        """Let everyone work until every item has its answers; return the seconds it took."""
        sweeper = threading.Thread(target=self._guarded, args=(self._sweep,))
        people = [
            threading.Thread(target=self._guarded, args=(self._work, name, Random(f"{self.plan.seed}:{n}")))
            for n, name in enumerate(self.names)
        ]
        for thread in (sweeper, *people):
            thread.start()
        for thread in people:
            thread.join()
        self.over.set()
        sweeper.join()
        return time.monotonic() - self.started

    def clock(self) -> datetime:
        """Return the time of the race, which runs fast."""
        return START + timedelta(seconds=(time.monotonic() - self.started) * SPEED)

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Exception as error:
            self.errors.append(error)

    def _work(self, name: str, rng: Random) -> None:
        while not self.over.is_set():
            page = self._claim(name, rng)
            if page is not None:
                self._answer(name, page, rng)
            elif self._finished():
                return
            else:
                time.sleep(0.01)

    def _claim(self, name: str, rng: Random) -> Page | None:
        def work(session: Session) -> Page | None:
            project = session.get_one(Project, self.project_id)
            page = assign.claim(session, project, self._worker(session, name), now=self.clock())
            self._perhaps_abort(rng)
            return page

        return self._survive(work)

    def _answer(self, name: str, page: Page, rng: Random) -> None:
        if self._chance(rng):
            with suppress(Stale):  # handed in meanwhile, by the same worker elsewhere
                self._do(lambda s: assign.give_back(s, self._worker(s, name), page.token, now=self.clock()))
                self._count("returned")
            return
        if self._chance(rng):
            time.sleep(1.5 * LEASE / SPEED)
            self._count("late")
        answers = {question.name: rng.choice(LABELS) for question in page.questions}
        while not self._submit(name, page, answers, rng):
            pass
        if self._chance(rng):
            self._submit(name, page, answers, rng)
            self._count("repeated")

    def _submit(self, name: str, page: Page, answers: dict[str, str], rng: Random) -> bool:
        """Hand the page in; return whether there was a reply."""

        def work(session: Session) -> collect.Receipt | collect.Kept:
            worker = self._worker(session, name)
            outcome = collect.submit(session, worker, page.token, answers=answers, now=self.clock())
            self._perhaps_abort(rng)
            return outcome

        outcome = self._survive(work)
        if isinstance(outcome, Receipt):
            known = self.acknowledged.setdefault(page.token, answers)
            assert known == answers, "two different submissions of one page were acknowledged"
        return outcome is not None

    def _sweep(self) -> None:
        while not self.over.is_set():
            swept = self._do(lambda s: assign.sweep(s, now=self.clock()))
            self._count("swept", swept)
            time.sleep(0.02)

    def _finished(self) -> bool:
        done = select(func.count()).where(Slot.item_id == Item.id, Slot.state == "done").scalar_subquery()
        missing = select(Item.id).where(Item.project_id == self.project_id, Item.state == "asking")
        with self.database.read() as session:
            return session.scalar(missing.where(done < self.plan.overlap).limit(1)) is None

    def _survive(self, work: Callable[[Session], object]) -> object:
        with suppress(Aborted):
            return self._do(work)
        self._count("aborted")
        return None

    def _do(self, work: Callable[[Session], object]) -> object:
        return self.database.transact(work)

    def _worker(self, session: Session, name: str) -> Worker:
        project = session.get_one(Project, self.project_id)
        return roster.arrival(session, project.requester_id, project.channel, name, now=self.clock())

    def _perhaps_abort(self, rng: Random) -> None:
        if self._chance(rng):
            raise Aborted

    def _chance(self, rng: Random) -> bool:
        return rng.random() < self.plan.misfortune

    def _count(self, what: str, times: int = 1) -> None:
        with COUNTING:
            self.counts[what] += times


COUNTING = threading.Lock()
COUNTED = ("aborted", "returned", "swept", "late", "repeated")
SHARED = ("w00", "w01")  # workers at two machines at once


def race(database: Database, plan: Plan) -> Figures:
    """Run one race in a new project and count."""
    contest = prepare(database, plan)
    figures = count(contest, contest.run())
    for error in contest.errors:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return figures


def prepare(database: Database, plan: Plan) -> Race:
    """Make a project whose items are all asked about."""
    names = [f"w{number:02d}" for number in range(plan.threads - len(SHARED))]
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "race", now=START))
        settings = ProjectSettings(
            overlap=plan.overlap,
            hit_size=plan.hit_size,
            lease_seconds=LEASE,
            price_micros=PRICE,
            batch_size=plan.items,
            seed=plan.seed,
        )
        slug = f"race-{plan.hit_size}-{plan.seed}-{time.time_ns()}"
        project = projects.create(
            session, principal, slug=slug, labels=LABELS, settings=settings, cap_micros=10**12, now=START
        )
        known = [f"g{number}" for number in range(GOLD)]
        rows = [ItemRow(name, {"text": name}, "") for name in (*map(str, range(plan.items)), *known)]
        intake.add_items(session, project, rows, now=START)
        gold = [GoldRow(name, LABELS[number % 3], "") for number, name in enumerate(known)]
        intake.add_gold(session, project, gold, source="race", now=START)
        batch = choose.choose(session, project, now=START)
        assert batch is not None
        publish.ask_batch(session, project, batch, now=START)
    return Race(database, plan, project.id, [*names, *SHARED])


def count(contest: Race, seconds: float) -> Figures:
    """Count what is stored against what was wanted and acknowledged."""
    project_id, plan = contest.project_id, contest.plan
    with contest.database.read() as session:
        live = select(Slot.item_id, func.count(), func.count(Slot.worker_id.distinct()))
        live = live.where(Slot.project_id == project_id, Slot.gold_id.is_(None))
        rows = session.execute(live.where(Slot.state.in_(("leased", "done"))).group_by(Slot.item_id)).all()
        budget = session.scalars(select(Budget).where(Budget.project_id == project_id)).one()
        stored = session.scalar(select(func.count()).where(Answer.project_id == project_id)) or 0
        lost = _lost(session, contest)
    answers = [number for _, number, _ in rows]
    pages = len(contest.acknowledged)
    return Figures(
        seconds=round(seconds, 2),
        pages=pages,
        pairs_per_second=round(pages / seconds, 1),
        **contest.counts,
        over_assigned=sum(number > plan.overlap for number in answers),
        most=max(answers),
        short=plan.items - sum(number >= plan.overlap for number in answers),
        twice=sum(number - distinct for _, number, distinct in rows),
        lost=lost,
        money_off=budget.held + budget.spent - PRICE * stored,
        errors=len(contest.errors),
    )


def _lost(session: Session, contest: Race) -> int:
    query = (
        select(Assignment.token, Slot.position, Answer.value)
        .join(Slot, Slot.assignment_id == Assignment.id)
        .join(Answer, Answer.slot_id == Slot.id)
        .where(Assignment.project_id == contest.project_id, Assignment.work == "submitted")
    )
    stored: dict[str, dict[str, str]] = {}
    for token, position, value in session.execute(query):
        stored.setdefault(token, {})[f"q{position}"] = value
    return sum(stored.get(token) != answers for token, answers in contest.acknowledged.items())
