"""An application, a requester, workers, and browsers to come by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from crowd.app import create_app
from crowd.db import Database
from crowd.models import Worker
from crowd.services import keys, roster
from crowd.services.keys import Principal
from crowd.settings import Settings, new_secret
from tests.integration.browsing import Browser


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings() -> Settings:
    return Settings(secret_key=new_secret())


@pytest.fixture
def app(database: Database, settings: Settings, clock: Clock) -> Flask:
    app = create_app(settings, database=database, clock=clock)
    app.config["TESTING"] = True
    return app


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def ann(database: Database, clock: Clock) -> Principal:
    """A requester who may do everything."""
    return database.transact(lambda session: keys.operator(keys.requester(session, "ann", now=clock())))


@pytest.fixture
def add(database: Database, ann: Principal, clock: Clock) -> Callable[..., tuple[Worker, str]]:
    """Add a worker to ann's pool; return them with their token."""

    def make(name: str) -> tuple[Worker, str]:
        return database.transact(lambda session: roster.invite(session, ann, name=name, now=clock()))

    return make
