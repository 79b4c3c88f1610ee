"""A server with a project, and a worker who sits at a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from crowd import migrations
from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.services import sessions
from crowd.settings import Settings, new_secret
from tests.integration import world as worlds
from tests.integration.world import World

WAIT = 10_000


@dataclass(frozen=True)
class Site:
    """A running server, and the project on it."""

    url: str
    world: World


@pytest.fixture
def world_options() -> dict[str, Any]:
    """What the project is like; a test that needs another says so by overriding this."""
    return {"items": 30, "hit_size": 3, "title": "Reviews of phones", "lease_seconds": 600}


@pytest.fixture
def site(tmp_path: Path, world_options: dict[str, Any]) -> Iterator[Site]:
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    migrations.upgrade(database)
    world = worlds.make(database, **world_options)
    app = create_app(Settings(secret_key=new_secret()), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture
def sign_in(site: Site, context: Any) -> Callable[[str], Any]:
    """Sign a worker in, and return a tab of theirs."""

    def enter(name: str = "wim") -> Any:
        text = site.world.do(
            lambda s, _: sessions.open_for_worker(s, site.world.worker(s, name), now=utc_now())
        )
        context.set_default_timeout(WAIT)
        context.add_cookies([{"name": "crowd", "value": text, "url": site.url}])
        return context.new_page()

    return enter


class Labeler:
    """A worker at the labeling page."""

    def __init__(self, tab: Any, site: Site) -> None:
        self.tab, self.site = tab, site
        self.faults: list[str] = []
        tab.on("pageerror", lambda error: self.faults.append(str(error)))
        tab.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        # What the server refuses the browser reports too; tests look at that themselves.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.faults.append(said.text)

    def open(self) -> None:
        """Go to the labeling page, and wait for the first question."""
        self.tab.goto(f"{self.site.url}/work/projects/{self.site.world.project_id}")
        self.ready()

    @property
    def frame(self) -> Any:
        """The questions that are seen."""
        return self.tab.frame_locator("#stage iframe:not(.ahead)")

    def ready(self) -> None:
        """Wait until a question can be answered."""
        self.frame.locator("#progress").wait_for()
        self.tab.wait_for_function("() => document.activeElement?.tagName === 'IFRAME'")

    def at(self, number: int) -> None:
        """Wait for the question of this number."""
        self.frame.locator("#progress").get_by_text(f"{number} of 3").wait_for()

    def told(self, text: str) -> None:
        """Wait for a notice."""
        self.tab.locator("#notices").get_by_text(text).wait_for()

    def passed(self, token: str) -> None:
        """Wait until another page than this one is seen."""
        self.tab.locator(f"#stage iframe:not(.ahead):not([src*='{token}'])").wait_for()
        self.ready()

    def token(self) -> str:
        """Tell which page is seen."""
        return str(self.tab.locator("#stage iframe:not(.ahead)").get_attribute("src")).split("/")[3]

    def ahead(self) -> str:
        """Wait for the page behind the one that is seen, and tell which it is."""
        iframe = self.tab.locator("#stage iframe.ahead")
        iframe.wait_for(state="attached")
        self.tab.frame_locator("#stage iframe.ahead").locator("#progress").wait_for(state="attached")
        return str(iframe.get_attribute("src")).split("/")[3]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def answer_page(self, *keys: str) -> None:
        """Answer all questions of a page by keyboard and hand it in."""
        for key in keys or ("1", "2", "3"):
            self.press(key)
        self.press("Enter")

    def today(self) -> str:
        return str(self.tab.locator("#today").inner_text())


@pytest.fixture
def wim(sign_in: Callable[[str], Any], site: Site) -> Iterator[Labeler]:
    found = Labeler(sign_in("wim"), site)
    yield found
    assert not found.faults
