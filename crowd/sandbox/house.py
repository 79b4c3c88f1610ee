"""The sandbox as a whole: the world of the moment, its workers, and what can be done to them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.errors import Conflict
from crowd.jobs.chores import Job
from crowd.jobs.scheduler import Scheduler
from crowd.models import market
from crowd.models.base import Base
from crowd.models.market import MarketAccount, MarketEntry
from crowd.sandbox.faults import Conditions, Weather
from crowd.sandbox.world import Ground, Plan, World, lay_ground
from crowd.services.market import money

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Jobs with a period up to this are done every second.
SHORT = 60
LEAVING_SECONDS = 10
TABLES: tuple[type[Base], ...] = tuple(getattr(market, name) for name in market.__all__)


class House:
    """The current world; all calls go to it, and a reset puts another in its place."""

    def __init__(self, plan: Plan, ground: Ground, folder: Path | None) -> None:
        self.plan = plan
        self._folder = folder
        self._numbers = count(2)
        self._lock = Lock()
        self._site = ""
        self._people: subprocess.Popen[str] | None = None
        self._world = World(plan, ground)
        self._ground = ground
        self._timer: Scheduler | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request in the world of the moment."""
        return self._world.gate(environ, start_response)

    def open(self, site: str) -> None:
        """Let time and people begin to work, once the site can be reached."""
        self._site = site
        self._timer = Scheduler(
            self._world.database, self._world.clock, [_often(job) for job in self._world.jobs]
        )
        self._timer.start()
        if self._ground.tokens:
            self._people = _started(self.plan, self._ground, site)

    def close(self) -> None:
        """Send people home, and stop the timer."""
        if self._people is not None:
            _sent_home(self._people)
        if self._timer is not None:
            self._timer.stop()
        self._people = self._timer = None

    def state(self) -> dict[str, Any]:
        """Return the time, what is in force, and who works."""
        return {
            "now": self._world.clock().isoformat(),
            "ahead_seconds": self._world.clock.added.total_seconds(),
            "faults": self._world.gate.weather.conditions.as_dict(),
            "workers": len(self._ground.tokens),
            "work_by_hand": entrance(self._site, self._ground),
        }

    def advance(self, by: timedelta) -> datetime:
        """Put the clock forward, and let happen what is due by then."""
        now = self._world.clock.advance(by)
        self._world.catch_up()
        return now

    def move(self, to: datetime) -> datetime:
        """Put the clock forward to a moment, and let happen what is due by then."""
        now = self._world.clock.set(to)
        self._world.catch_up()
        return now

    def impose(self, conditions: Conditions) -> None:
        """Put conditions in force, also in worlds to come."""
        self.plan = replace(self.plan, conditions=conditions)
        self._world.gate.weather = Weather(conditions)

    def reset(self) -> None:
        """Begin anew in a fresh database, with new people and the clock as it is outside."""
        if self._folder is None:
            raise Conflict("only a sandbox that keeps its database to itself can be reset; start it anew")
        with self._lock:
            ground = lay_ground(place(self._folder, next(self._numbers)), self.plan)
            left, world = self._world, World(self.plan, ground)
            self.close()
            self._world, self._ground = world, ground
            self.open(self._site)
            left.database.dispose()

    def balance(self) -> dict[str, Any]:
        """Return where the money of each account is, and what moved it."""
        with self._world.database.read() as session:
            return {"accounts": [_account(session, each) for each in session.scalars(select(MarketAccount))]}

    def dump(self) -> dict[str, Any]:
        """Return every row of the market."""
        with self._world.database.read() as session:
            return {
                each.__tablename__: [_row(each, found) for found in session.scalars(select(each))]
                for each in TABLES
            }

    def calls(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return what was called since."""
        return self._world.gate.calls.after(after, limit=limit)


def place(folder: Path, number: int) -> str:
    """Return the address of a world's database."""
    return f"sqlite:///{folder}/world-{number}.db"


def entrance(site: str, ground: Ground) -> str:
    """Return the page by which whoever tries it by hand comes in."""
    return f"{site}/work/enter/{ground.token}"


def _account(session: Session, account: MarketAccount) -> dict[str, Any]:
    moved = select(MarketEntry.kind, func.sum(MarketEntry.amount_micros))
    sums = session.execute(moved.where(MarketEntry.account_id == account.id).group_by(MarketEntry.kind))
    return {
        "available": money.on_wire(money.balance(account)),
        "held": money.on_wire(account.held),
        "spent": money.on_wire(account.spent),
        "moved": {kind: money.on_wire(int(amount)) for kind, amount in sums},
    }


def _row(table: type[Base], found: Base) -> dict[str, Any]:
    values = {column.key: getattr(found, column.key) for column in table.__mapper__.column_attrs}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _often(job: Job) -> Job:
    """Return a job as a sandbox wants it: nobody waits for a quarter of a minute here."""
    return replace(job, seconds=1) if job.seconds <= SHORT else job


def _started(plan: Plan, ground: Ground, site: str) -> subprocess.Popen[str]:
    """Start the simulated workers: in a process of their own they come over HTTP, like everybody."""
    told = {
        "site": site,
        "tokens": ground.tokens,
        "mix": dict(plan.mix),
        "seed": plan.seed,
        "speed": plan.speed,
    }
    people = subprocess.Popen(
        [sys.executable, "-P", "-m", "crowd.sandbox.people"],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,  # an interrupt at the terminal is for the sandbox, which then tells them
    )
    assert people.stdin is not None
    people.stdin.write(json.dumps(told) + "\n")
    people.stdin.flush()
    return people


def _sent_home(people: subprocess.Popen[str]) -> None:
    assert people.stdin is not None
    people.stdin.close()
    people.wait(LEAVING_SECONDS)
