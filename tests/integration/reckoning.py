"""The requester's half of a project's life: judging, paying, and keeping what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import Project, Worker
from crowd.services import conclude, decide, export, grade, merge, pay, roster
from crowd.services.setup import projects
from tests.integration.world import PRICE, World


class Reckoning:
    """Acts on the work that others have done."""

    shop: World
    banned: set[str]
    state: str
    versions: dict[int, bytes]
    draw: Callable[[st.SearchStrategy[Any]], Any]
    person: Callable[[], str]

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
