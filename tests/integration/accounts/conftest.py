"""An application, a requester, workers, and browsers to come by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask

from crowd.app import create_app
from crowd.db import Database
from crowd.models import Worker
from crowd.services import roster
from crowd.services.access import keys, passwords
from crowd.services.access.keys import Principal
from crowd.services.people import invitations
from crowd.services.people.door import Door
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


class Hasher(PasswordHasher):
    """Notes what was asked of it."""

    def __init__(self, *parameters: int) -> None:
        super().__init__(*parameters)
        self.calls: list[str] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.calls.append("hash")
        return super().hash(password, salt=salt)

    def verify(self, digest: str | bytes, password: str | bytes) -> bool:
        self.calls.append("verify")
        return super().verify(digest, password)


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


@pytest.fixture(autouse=True)
def hasher(monkeypatch: pytest.MonkeyPatch) -> Hasher:
    """Hash quickly, and count: what is tested here is not argon2."""
    hasher = Hasher(1, 8, 1)
    nobody = hasher.hash("nobody")
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    monkeypatch.setattr(passwords, "_hash_of_nobody", lambda: nobody)
    hasher.calls.clear()
    return hasher


@pytest.fixture
def door(database: Database, clock: Clock, settings: Settings) -> Door:
    return Door(database, clock, settings.secret_key)


@pytest.fixture
def invited(database: Database, ann: Principal, clock: Clock) -> Callable[[str], str]:
    """Invite a worker to ann's pool; return the token of their link."""

    def make(name: str) -> str:
        return database.transact(lambda session: invitations.invite(session, ann, name=name, now=clock())[1])

    return make
