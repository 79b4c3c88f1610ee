"""The pages of requesters pass axe's rules, fit a phone, and show what a draft would look like."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from werkzeug.serving import make_server

from crowd import migrations
from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.services import roster
from crowd.services.access import keys, sessions
from crowd.services.people import messages, skills
from crowd.services.people.skills import Given
from crowd.settings import Settings, new_secret
from tests.integration import world as worlds

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SIZES = {"light": (1280, 900), "dark": (360, 780)}
WAIT = 20_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A server with a project that shows everything the pages can show."""
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    migrations.upgrade(database)
    world = worlds.make(database, items=12, hit_size=2, overlap=1, title="Reviews of phones")
    world.configure(fair_hourly_micros=100_000_000)
    for name in ("ann", "ann", "ann", "bob", "bob"):
        page = world.page(name)
        world.clock.forward(600)
        world.submit(name, page)

    def furnish(session: Any, project: Any) -> tuple[str, str]:
        worker = world.worker(session, "bob")
        now = utc_now()
        restriction = {"kind": "suspended", "reason": "too fast", "facts": {}, "actor": "t", "now": now}
        roster.restrict(session, worker, project=project, **restriction)
        roster.restrict(session, worker, project=None, **restriction)
        skills.give(session, world.principal, worker, Given("german", 0.9), now=now)
        letter = {"requester_id": worker.requester_id, "worker": worker, "now": now}
        messages.send(session, sender="worker", text="What is a phone?", **letter)
        key, _ = keys.create(session, world.principal, label="console", scopes=["admin"], now=now)
        session.flush()
        return sessions.open_for_key(session, key, now=now), worker.pseudonym

    cookie, pseudonym = world.do(furnish)
    app = create_app(Settings(secret_key=new_secret()), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"url": f"http://127.0.0.1:{server.server_port}", "cookie": cookie, "worker": pseudonym}
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture(params=SIZES)
def tab(browser: Any, site: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=request.param, bypass_csp=True
    )
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "crowd", "value": site["cookie"], "url": site["url"]}])
    yield context.new_page()
    context.close()


def violations(tab: Any) -> list[str]:
    tab.evaluate(AXE)
    outcome = tab.evaluate("rules => axe.run({exclude: ['iframe']}, rules)", RULES)
    assert outcome["passes"]
    return [
        f"{found['id']}: {node['html'][:120]}" for found in outcome["violations"] for node in found["nodes"]
    ]


def test_no_page_breaks_a_rule_or_a_phone(tab: Any, site: dict[str, Any]) -> None:
    worker = site["worker"]
    paths = ("/", "/projects/demo", f"/projects/demo/workers?why={worker}", "/workers", f"/workers/{worker}")
    for path in (*paths, "/projects/nowhere"):
        tab.goto(site["url"] + path)
        tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert violations(tab) == [], path
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    tab.context.clear_cookies()
    tab.goto(site["url"] + "/signin")
    assert violations(tab) == []


def test_a_draft_is_seen_before_it_is_in_force(context: Any, site: dict[str, Any]) -> None:
    context.add_cookies([{"name": "crowd", "value": site["cookie"], "url": site["url"]}])
    tab = context.new_page()
    tab.goto(site["url"] + "/projects/demo")
    assert "Pay is low" in tab.content()
    frame = tab.frame_locator("iframe.preview")
    frame.get_by_text("about i00").first.wait_for()
    tab.fill("#text", "Read every word.")
    tab.click("text=Preview")
    frame.get_by_text("about i00").first.wait_for()
    tab.click("text=Put in force")
    tab.wait_for_url("**/projects/demo#instructions")
    assert tab.input_value("#text") == "Read every word."
