"""The pages of requesters pass axe's rules, fit a phone, and show what a draft would look like."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.models import Answer
from crowd.services import cases, roster
from crowd.services.access import keys, sessions
from crowd.services.people import messages, skills
from crowd.services.people.skills import Given
from crowd.settings import Settings, new_secret
from tests.acceptance.browser.axe import violations
from tests.integration import world as worlds

SIZES = {"light": (1280, 900), "dark": (360, 780)}
WAIT = 60_000


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A server with a project that shows everything the pages can show."""
    shutil.copyfile(migrated_file, tmp_path / "crowd.db")
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    world = worlds.make(database, items=12, hit_size=2, overlap=1, title="Reviews of phones")
    world.configure(fair_hourly_micros=100_000_000, review="manual")
    for name in ("ann", "ann", "ann", "bob", "bob"):
        page = world.page(name)
        world.clock.forward(600)
        world.submit(name, page)

    def furnish(session: Any, project: Any) -> dict[str, Any]:
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
        item = session.scalar(select(Answer.item_id).where(Answer.project_id == project.id).limit(1))
        facts = {"state": "given_up", "votes": 1, "label": "a", "confidence": 0.5}
        case = cases.open_case(session, project, "disputed", item_id=item, facts=facts, now=now)
        assert case is not None
        worker_cookie = sessions.open_for_worker(session, world.worker(session, "ann"), now=now)
        told = {**restriction, "kind": "banned"}
        roster.restrict(session, world.worker(session, "ann"), project=project, **told)
        cookie = sessions.open_for_key(session, key, now=now)
        return {"cookie": cookie, "worker": worker.pseudonym, "worker_cookie": worker_cookie, "case": case.id}

    people = world.do(furnish)
    app = create_app(Settings(secret_key=new_secret()), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"url": f"http://127.0.0.1:{server.server_port}", **people}
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture(params=["dark", pytest.param("light", marks=pytest.mark.slow)])
def tab(browser: Any, site: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=request.param,
        bypass_csp=True,
        reduced_motion="reduce",  # a colour on its way is none to measure contrast by
    )
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "crowd", "value": site["cookie"], "url": site["url"]}])
    yield context.new_page()
    context.close()


def test_no_page_breaks_a_rule_or_a_phone(tab: Any, site: dict[str, Any]) -> None:
    worker = site["worker"]
    paths = (
        "/",
        "/projects/demo",
        f"/projects/demo/workers?why={worker}",
        "/workers",
        f"/workers/{worker}",
        "/mturk-keys",
    )
    queue = (
        "/projects/demo/cases",
        "/projects/demo/cases?kind=disputed",
        f"/projects/demo/cases/{site['case']}",
    )
    new = "/new-project", *(f"/new-project?task_type={name}" for name in ("number", "text", "spans"))
    files = "/projects/demo/items", "/projects/demo/reviews"
    for path in (*paths, *queue, *new, *files, "/projects/nowhere"):
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


def test_an_appeal_is_written_and_heard_with_the_keyboard_alone(browser: Any, site: dict[str, Any]) -> None:
    worker = signed_in(browser, site, site["worker_cookie"])
    worker.goto(site["url"] + "/work/")
    worker.get_by_role("link", name="See it, and appeal").press("Enter")
    worker.get_by_label("Why is this wrong?").wait_for()
    assert violations(worker) == []
    worker.get_by_label("Why is this wrong?").focus()
    worker.keyboard.type("I read every word.")
    worker.keyboard.press("Tab")
    worker.keyboard.press("Enter")
    worker.get_by_text("being looked at").wait_for()

    reviewer = signed_in(browser, site, site["cookie"])
    reviewer.goto(site["url"] + "/projects/demo")
    reviewer.get_by_role("link", name="2 cases need a reviewer").press("Enter")
    reviewer.get_by_role("row").nth(1).get_by_role("link").press("Enter")  # somebody waits: it comes first
    reviewer.get_by_text("I read every word.").wait_for()
    assert violations(reviewer) == []
    reviewer.get_by_label("upheld").focus()
    reviewer.keyboard.press("ArrowDown")
    reviewer.get_by_role("button", name="Decide").press("Enter")
    reviewer.get_by_text("is needed where an appeal is declined").wait_for()
    reviewer.get_by_label("upheld").check()
    reviewer.get_by_label("Why", exact=True).focus()
    reviewer.keyboard.type("You did.")
    reviewer.get_by_role("button", name="Decide").press("Enter")
    reviewer.get_by_label("What is right", exact=True).wait_for()  # the next case
    reviewer.get_by_label("labeled").check()
    reviewer.get_by_label("What is right", exact=True).select_option("b")
    reviewer.get_by_role("button", name="Decide").press("Enter")
    reviewer.get_by_text("Nothing waits").wait_for()

    worker.reload()
    worker.get_by_text("upheld").wait_for()
    assert "You did." in worker.content()
    assert violations(worker) == []
    worker.context.close()
    reviewer.context.close()


def signed_in(browser: Any, site: dict[str, Any], cookie: str) -> Any:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(WAIT)
    context.add_cookies([{"name": "crowd", "value": cookie, "url": site["url"]}])
    return context.new_page()
