"""The timer. Any number of processes may run one: the lease says which of them acts."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Sequence

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from crowd.clock import Clock
from crowd.db import Database
from crowd.jobs.chores import Job
from crowd.services import lease
from crowd.services.lease import Term

LEASE = "scheduler"
# Longer than the shortest period, so that whoever acts renews it; short enough to be missed briefly.
LEASE_SECONDS = 45

log = structlog.get_logger("crowd.jobs")


class Scheduler:
    """Wakes up for each job in each of its periods, and acts if it holds the lease."""

    def __init__(self, database: Database, clock: Clock, jobs: Sequence[Job]) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._term: Term | None = None
        # A bare timer: its jobs are in memory, and what it must not do twice is in the database.
        self._timer = BackgroundScheduler(timezone="UTC")
        # A period that ends before its job has is no news: nothing is lost, and the next one comes.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Begin to wake up, in threads of our own."""
        for job in self._jobs:
            options = {"seconds": job.seconds, "id": job.name, "coalesce": True, "max_instances": 1}
            self._timer.add_job(self._wake, "interval", args=[job], misfire_grace_time=None, **options)
        self._timer.start()

    def stop(self) -> None:
        """Wait for what is being done, then let another process take over at once."""
        self._timer.shutdown(wait=True)
        if (term := self._term) is not None:
            self._database.transact(lambda session: lease.resign(session, term, now=self._clock()))

    def tick(self, job: Job) -> bool:
        """Do the job for the present period; False where that is another's to do, or done."""
        if not self._database.transact(lambda session: self._claim(session, job)):
            return False
        if done := job.work(self._database, self._clock):
            log.info("job", job=job.name, done=done)
        return True

    def _claim(self, session: Session, job: Job) -> bool:
        now = self._clock()
        self._term = lease.acquire(session, name=LEASE, holder=self.holder, seconds=LEASE_SECONDS, now=now)
        period = int(now.timestamp()) // job.seconds
        return self._term is not None and lease.take(
            session, self._term, job=job.name, period=period, now=now
        )

    def _wake(self, job: Job) -> None:
        try:
            self.tick(job)
        except Exception:
            # The timer must go on: the next period may find the database back.
            log.exception("job failed", job=job.name)
