"""A server that speaks the MTurk protocol, a program that posts HITs, and a worker at a browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.questions.html import envelope
from crowd.services.access import sessions
from crowd.services.market.profile import AWS
from crowd.settings import Settings, new_secret
from tests.acceptance.browser.flow.labeler import WAIT
from tests.integration.market.conftest import Market


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on this machine; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Site:
    """A running server, and the market on it."""

    url: str
    market: Market

    def post(self, page: str, **terms: Any) -> dict[str, Any]:
        """Post a HIT with a page of HTML."""
        return self.market.create(Question=envelope(page, 0), HITTypeId=self.market.hit_type(**terms))

    def answer(self, hit: dict[str, Any]) -> str:
        """Return the answers to a HIT that was handed in once, as XML."""
        (work,) = self.market.client.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
        return str(work["Answer"])

    def count(self, hit: dict[str, Any]) -> int:
        return int(self.market.client.list_assignments_for_hit(HITId=hit["HITId"])["NumResults"])


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copyfile(migrated_file, tmp_path / "crowd.db")
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    settings = Settings(secret_key=new_secret(), market=replace(AWS, loopback_http=True))
    app = create_app(settings, database=database)
    market = Market(app, database, settings, utc_now)
    market.pair = market.key_pair()
    market.client = market.connect(market.pair)
    with served(app) as url:
        yield Site(url, market)
    database.dispose()


class Worker:
    """A worker at the pages of programs' HITs; no script of ours may fail."""

    def __init__(self, tab: Any, site: Site) -> None:
        self.tab, self.site = tab, site
        self.answered: list[str] = []
        self.faults: list[str] = []
        tab.on("response", lambda response: self.answered.append(response.url))
        tab.on("pageerror", lambda error: self.faults.append(str(error)))

    def go(self, path: str) -> None:
        self.tab.goto(f"{self.site.url}{path}")

    @property
    def frame(self) -> Any:
        """The page inside."""
        return self.tab.frame_locator("#posed")

    @property
    def document(self) -> Any:
        """The frame of the page inside, to run scripts in."""
        return self.tab.query_selector("#posed").content_frame()

    def preview(self, hit: dict[str, Any]) -> None:
        self.go(f"/work/groups/{hit['HITGroupId']}")

    def accept(self, hit: dict[str, Any]) -> None:
        """Look at a HIT and accept it."""
        self.preview(hit)
        self.tab.get_by_role("button", name="Accept").click()
        self.tab.wait_for_url("**/work/assignments/*")

    def is_home(self) -> None:
        """Wait for the home page."""
        self.tab.wait_for_url("**/work/")


@pytest.fixture
def sign_in(site: Site, context: Any) -> Callable[[str], Worker]:
    def enter(name: str = "wim") -> Worker:
        worker, market = site.market.worker(name), site.market
        text = market.do(lambda s: sessions.open_for_worker(s, s.merge(worker), now=utc_now()))
        context.set_default_timeout(WAIT)
        context.add_cookies([{"name": "crowd", "value": text, "url": site.url}])
        return Worker(context.new_page(), site)

    return enter


@pytest.fixture
def wim(sign_in: Callable[[str], Worker]) -> Iterator[Worker]:
    found = sign_in("wim")
    yield found
    assert not found.faults
