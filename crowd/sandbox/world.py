"""One world of the sandbox: a database with an account of play money, and the server on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd import migrations
from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.errors import Misconfigured
from crowd.jobs.chores import jobs, post_of
from crowd.models import Requester
from crowd.sandbox.clock import VirtualClock
from crowd.sandbox.faults import Conditions, Weather
from crowd.sandbox.gate import Gate
from crowd.sandbox.mail import Mail
from crowd.services import roster
from crowd.services.access import keys
from crowd.services.market import access, profile
from crowd.services.people import groups
from crowd.settings import Settings

REQUESTER = "sandbox"
YOU = "you"
# What programs usually ask of workers by the system's qualifications; everybody here has it.
GROUPS = ("locale.US", "adult", "masters", "approved.1000")
JOBS = ("sweep", "market", "settle", "prune", "notices")  # a sandbox publishes nowhere itself


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sandbox is made of."""

    key_id: str
    secret: str
    workers: int = 0
    mix: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    speed: float = 1.0
    conditions: Conditions = field(default_factory=Conditions)
    holds_money: bool = True

    @property
    def settings(self) -> Settings:
        """The settings of a server that behaves as programs knew the service."""
        market = replace(
            profile.AWS,
            is_play=True,
            holds_money=self.holds_money,
            loopback_http=True,
            settling_seconds=int(self.conditions.settling_seconds),
            secrets={self.key_id: self.secret},
        )
        # Receivers of notices are mostly programs on this machine, or a stand-in for AWS's queues.
        outlets = replace(Settings.from_env().outlets, private_webhooks=True)
        return Settings(market=market, outlets=outlets)


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with everything in place, and the tokens of those who work."""

    url: str
    token: str  # of whoever tries it by hand
    tokens: tuple[str, ...]  # of the simulated workers


class World:
    """The server on its ground, with a clock of its own."""

    def __init__(self, plan: Plan, ground: Ground) -> None:
        settings = replace(plan.settings, database_url=ground.url)
        self.clock = VirtualClock()
        self.database: Database = connect(ground.url, pool_size=settings.pool_size, durable=False)
        self.app: Flask = create_app(settings, database=self.database, clock=self.clock)
        self.gate = Gate(self.app.wsgi_app, self.clock, Weather(plan.conditions))
        post = Mail(post_of(settings, str(self.app.secret_key)), lambda: self.gate.weather.conditions)
        self.jobs = tuple(each for each in jobs(step_seconds=0, post=post) if each.name in JOBS)

    def catch_up(self) -> None:
        """Let happen what is due by now."""
        for job in self.jobs:
            if job.name != "notices":  # whoever they go to may be slow to take them
                job.work(self.database, self.clock)


def lay_ground(url: str, plan: Plan) -> Ground:
    """Make an account with its key, and the workers, in an empty database."""
    database = connect(url, durable=False)
    try:
        migrations.prepare(database)
        with database.read() as session:
            if session.scalar(select(Requester.id).limit(1)) is not None:
                raise Misconfigured("the sandbox needs an empty database: its money and people are not real")
        return database.transact(lambda session: _settle(session, url, plan))
    finally:
        database.dispose()


def _settle(session: Session, url: str, plan: Plan) -> Ground:
    now = utc_now()
    owner = keys.operator(keys.requester(session, REQUESTER, now=now))
    settings = plan.settings
    access.create_key(
        session,
        owner,
        label="sandbox",
        secret_key=settings.secret_key,
        access_key_id=plan.key_id,
        profile=settings.market,
        now=now,
    )
    names = [YOU, *(f"worker-{number:03}" for number in range(1, plan.workers + 1))]
    invited = [roster.invite(session, owner, name=name, now=now) for name in names]
    for group in GROUPS:
        groups.add(session, owner, group, [worker for worker, _ in invited], now=now)
    yours, *others = [token for _, token in invited]
    return Ground(url, yours, tuple(others))
