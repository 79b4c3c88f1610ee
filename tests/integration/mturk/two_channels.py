"""A project that asks its own people and those of an endpoint, and everything that happens to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import BudgetExceeded, Conflict, Forbidden, NotFound
from crowd.models import Assignment, Budget, Hit, Item, Project, Slot, Worker
from crowd.services import assign, collect, conclude, decide, grade, pay, roster, second_channel
from crowd.services.collect import Receipt, Skipped
from crowd.services.experts import expert, golds, review
from crowd.services.experts.review import Verdict
from crowd.services.honesty import audit_slice
from crowd.services.setup import projects
from tests.integration import world
from tests.integration.mturk.stall import Stall, stall

OWN, OTHER = 30_000, 80_000
PATIENCE = 7200
DAY = 86_400


@dataclass
class Shared:
    """One project, the pages its own people hold, and its stall at the endpoint."""

    stall: Stall
    held: dict[str, Page] = field(default_factory=dict)

    @property
    def world(self) -> world.World:
        return self.stall.shop.world

    # Our own people

    def labeler(self, session: Session, name: str) -> Worker:
        project = session.get_one(Project, self.world.project_id)
        return roster.arrival(session, project.requester_id, "pool", name, now=self.world.clock())

    def claim(self, name: str) -> Page | None:
        def work(session: Session, project: Project) -> Page | None:
            return assign.claim(session, project, self.labeler(session, name), now=self.world.clock())

        with suppress(Forbidden):
            if (page := self.world.do(work)) is not None:
                self.held[name] = page
        return self.held.get(name)

    def submit(self, name: str, label: str = "a", *, skips: int = 0) -> Receipt | None:
        page = self.held.pop(name, None)
        if page is None:
            return None
        names = [question.name for question in page.questions]
        said: dict[str, Any] = {
            "answers": dict.fromkeys(names[skips:], label),
            "skips": {each: Skipped("cannot_tell") for each in names[:skips]},
        }

        def work(session: Session, _: Project) -> Any:
            now = self.world.clock()
            worker = self.labeler(session, name)
            return collect.submit(session, worker, page.token, **said, seconds=4, now=now)

        found = self.world.do(work)
        return found if isinstance(found, Receipt) else None

    def answer(self, name: str, label: str = "a") -> int:
        """Claim a page and hand it in; return how many questions it had."""
        page = self.claim(name)
        return 0 if page is None or self.submit(name, label) is None else len(page.questions)

    def give_back(self, name: str) -> None:
        if (page := self.held.pop(name, None)) is not None:
            now = self.world.clock()
            self.world.do(lambda s, _: assign.give_back(s, self.labeler(s, name), page.token, now=now))

    def ban(self, name: str) -> None:
        def work(session: Session, project: Project) -> None:
            worker, now = self.labeler(session, name), self.world.clock()
            about: dict[str, Any] = {"reason": "r", "facts": {}, "actor": "test", "now": now}
            roster.restrict(session, worker, project=project, kind="banned", **about)
            grade.exclude(session, project, worker, reason="r", now=now)

        self.world.do(work)

    # The endpoint's people

    def publish(self) -> None:
        with suppress(BudgetExceeded):
            self.stall.shop.publish()

    def on_offer(self) -> list[str]:
        turk = self.stall.turk
        return [hit_id for hit_id, hit in turk.hits.items() if turk.available(hit) > 0]

    def work_there(self, worker: str, label: str = "a") -> bool:
        """Take the first HIT that this worker is not on, and hand it in."""
        turk = self.stall.turk
        for hit_id in self.on_offer():
            if all(task.worker != worker for task in turk.tasks if task.hit == hit_id):
                self.stall.work(hit_id, worker, label=label)
                return True
        return False

    def collect(self) -> None:
        self.stall.collect()
        self.stall.judge()
        self.stall.send()

    # The requester

    def hand_over(self) -> int:
        return self.world.do(lambda s, p: second_channel.hand_over(s, p, now=self.world.clock()))

    def wait(self, seconds: float) -> None:
        self.world.clock.forward(seconds)
        self.world.sweep()

    def decide(self) -> None:
        def work(session: Session, project: Project) -> None:
            run = conclude.conclude(session, project, now=self.world.clock())
            decide.decide(session, project, run, now=self.world.clock())
            audit_slice.evaluate(session, project, run, now=self.world.clock())
            audit_slice.draw(session, project, run, now=self.world.clock())

        self.world.do(work)

    def review(self, verdict: Verdict) -> list[int]:
        """Give this verdict on the first page that waits for it, and let the endpoint know."""
        query = select(Assignment.id).where(
            Assignment.project_id == self.world.project_id, Assignment.work == "submitted"
        )
        query = query.where(Assignment.kind == "work", Assignment.review == review.BEFORE[verdict])
        pages = self.world.rows(query.order_by(Assignment.id).limit(1))
        with suppress(BudgetExceeded, Conflict):  # no money for an overturned one, or the endpoint was faster
            self.stall.review(verdict, *pages, reason="r")
        self.stall.send()
        return pages

    def expert(self, key: str, label: str = "a") -> None:
        """Let an expert say what is right about an item."""
        item_id, now = self.world.item(key).id, self.world.clock()
        about: dict[str, Any] = {"reviewer": "rev", "reason": "r", "now": now}
        with suppress(Conflict):  # it is gold
            self.world.do(lambda s, p: expert.say(s, p, item_id, label, **about))

    def promote(self, key: str, label: str = "a") -> None:
        """Make gold of an item, once it is settled."""
        item_id, now = self.world.item(key).id, self.world.clock()

        def work(session: Session, project: Project) -> None:
            item = session.get_one(Item, item_id)
            golds.accept(session, project, item, label, reviewer="rev", now=now)

        with suppress(Conflict):
            self.world.do(work)

    def retire(self, key: str) -> None:
        """Know no longer what is right about an item."""
        now = self.world.clock()

        def work(session: Session, project: Project) -> None:
            gold = golds.of_item(session, project, key)
            golds.retire(session, project, gold, because="r", reviewer="rev", now=now)

        with suppress(NotFound, Conflict):
            self.world.do(work)

    def settle(self) -> None:
        self.world.do(lambda s, p: pay.settle(s, p, now=self.world.clock()))

    def leave(self, free: int) -> None:
        """Set the cap so that only this much of it is free."""

        def work(session: Session, project: Project) -> None:
            budget = pay.budget(session, project)
            cap = budget.held + budget.spent + free
            projects.set_cap(session, self.world.principal, project, cap, now=self.world.clock())

        self.world.do(work)

    # What is true

    def money(self) -> tuple[int, int]:
        (budget,) = self.world.rows(select(Budget).where(Budget.project_id == self.world.project_id))
        return budget.held, budget.spent

    def owed(self) -> tuple[int, int]:
        """Return what every place and every page costs, by the price of its channel: to come, and paid."""
        with self.world.database.read() as session:
            project = session.get_one(Project, self.world.project_id)
            mine = project.id
            query = select(Item.handed_over, func.sum(Item.open)).where(Item.project_id == mine)
            to_come = sum(
                places * project.price_of(handed_over=over)
                for over, places in session.execute(query.group_by(Item.handed_over))
            )
            leased = select(Hit.channel).join(Assignment, Assignment.hit_id == Hit.id)
            leased = leased.join(Slot, Slot.assignment_id == Assignment.id)
            leased = leased.where(Slot.project_id == mine, Slot.state == "leased")
            to_come += sum(project.price_at(channel) for channel in session.scalars(leased))
            paid = 0
            hits = {hit.id: hit for hit in session.scalars(select(Hit).where(Hit.project_id == mine))}
            came = dict.fromkeys(hits, 0)
            pages = select(Assignment).where(Assignment.project_id == mine, Assignment.work == "submitted")
            for page in session.scalars(pages):
                came[page.hit_id] += 1
                whole = page.amount_micros + hits[page.hit_id].fee_micros
                paid += whole if page.payment == "paid" else 0
                waits = page.payment == "due" or (page.payment == "none" and page.review == "pending")
                to_come += whole if waits else 0
            to_come += sum(
                (hit.assignments - came[hit.id]) * (hit.reward_micros + hit.fee_micros)
                for hit in hits.values()
                if hit.endpoint and hit.state == "open"
            )
            return to_come, paid

    def exact(self) -> None:
        """Fail unless exactly what may become due is held, and no item has more answers than wanted."""
        assert self.money() == self.owed()
        assert [row for row in self._counts() if not row.n <= row.wanted <= row.max_overlap] == []

    def _counts(self) -> Sequence[Any]:
        """Return how many answers each item has, is to have, and may have unless it is looked at again."""
        done = select(Slot.item_id, func.count().label("n")).where(
            Slot.state == "done", Slot.gold_id.is_(None)
        )
        counts = done.group_by(Slot.item_id).subquery()
        with self.world.database.read() as session:
            query = select(Item.key, Item.wanted, counts.c.n, Project.max_overlap).join(Project)
            query = query.join(counts, counts.c.item_id == Item.id)
            return session.execute(query.where(Item.project_id == self.world.project_id)).all()


def shared(database: Database, *, own: str = "pool", when: str = "overflow", **settings: Any) -> Shared:
    """Open a project with the two channels."""
    given = {
        "channel": own,
        "second_channel": "mturk" if own == "pool" else "pool",
        "second_when": when,
        "second_price_micros": OTHER,
        "patience_seconds": PATIENCE if when == "overflow" else None,
        "confidence": 0.9,
        "slug": f"shared-{world.number()}",
        **settings,
    }
    return Shared(stall(database, **given))
