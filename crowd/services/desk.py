"""Where a channel's people meet the project: each visit is a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from crowd.channels import Delivery, Page, Unfilled
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import Project, Worker
from crowd.services import assign, collect, deliver, roster


@dataclass(frozen=True, slots=True)
class ProjectDesk:
    """The desk of one project, for channels whose people do not come over HTTP."""

    database: Database
    project_id: int
    clock: Clock

    def claim(self, worker: str) -> Page | None:
        """Build a page for this worker; None when there is nothing for them, or they may not work here."""
        try:
            return self.database.transact(lambda session: self._claim(session, worker))
        except Forbidden:
            return None

    def submit(self, worker: str, token: str, answers: Mapping[str, str], seconds: float | None) -> None:
        """Hand in a claimed page."""
        outcome = self.database.transact(
            lambda session: self._submit(session, worker, token, answers, seconds)
        )
        if isinstance(outcome, collect.Kept):
            raise outcome.error

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Hand in what was submitted to HITs whose pages were built when they were published."""
        self.database.transact(
            lambda session: deliver.deliver(session, self._project(session), deliveries, now=self.clock())
        )

    def close(self, unfilled: Sequence[Unfilled]) -> None:
        """Report places that will stay empty."""
        self.database.transact(
            lambda session: deliver.close(session, self._project(session), unfilled, now=self.clock())
        )

    def _claim(self, session: Session, worker: str) -> Page | None:
        project = self._project(session)
        return assign.claim(session, project, self._worker(session, project, worker), now=self.clock())

    def _submit(
        self, session: Session, worker: str, token: str, answers: Mapping[str, str], seconds: float | None
    ) -> collect.Receipt | collect.Kept:
        person = self._worker(session, self._project(session), worker)
        return collect.submit(session, person, token, answers=answers, seconds=seconds, now=self.clock())

    def _project(self, session: Session) -> Project:
        return session.get_one(Project, self.project_id)

    def _worker(self, session: Session, project: Project, name: str) -> Worker:
        return roster.arrival(session, project.requester_id, project.channel, name, now=self.clock())
