"""A project that workers are at home in, and a browser one of them sits at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from crowd.app import create_app
from crowd.db import Database
from crowd.services.access import sessions
from crowd.settings import Settings, new_secret
from tests.integration import world as worlds
from tests.integration.browsing import Browser
from tests.integration.world import World


@pytest.fixture
def world(database: Database) -> World:
    return worlds.make(database, items=6, hit_size=3, title="Reviews")


@pytest.fixture
def app(database: Database, world: World) -> Flask:
    app = create_app(Settings(secret_key=new_secret()), database=database, clock=world.clock)
    app.config["TESTING"] = True
    return app


@pytest.fixture
def sign_in(app: Flask, world: World) -> Callable[[str], Browser]:
    """Return a browser in which this worker is signed in."""

    def enter(name: str) -> Browser:
        browser = Browser(app)
        browser.cookie = world.do(
            lambda s, _: sessions.open_for_worker(s, world.worker(s, name), now=world.clock())
        )
        return browser

    return enter


@pytest.fixture
def wim(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("wim")
