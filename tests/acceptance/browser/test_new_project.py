"""From an empty server to labels in the browser alone; the requester's pages need no script for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from crowd import migrations
from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.services.access import keys
from crowd.settings import Settings, new_secret
from tests.acceptance.browser.test_console import WAIT, violations

REVIEWS = "item,text\n" + "".join(f'r{n:02},"Review number {n}, and what it says."\n' for n in range(4))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server as it is on its first day: nothing but the first key."""
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    migrations.upgrade(database)
    key = database.transact(lambda session: keys.create_first(session, "me", now=utc_now()))
    app = create_app(Settings(secret_key=new_secret()), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"url": f"http://127.0.0.1:{server.server_port}", "key": str(key)}
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {
        "reviews.csv": REVIEWS,
        "cut.csv": REVIEWS + "r04\n",
        "gold.csv": "item,label\nr00,positive\nr01,negative\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: tmp_path / name for name in texts}


def test_from_an_empty_server_to_labels(browser: Any, empty: dict[str, str], files: dict[str, Path]) -> None:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    context.set_default_timeout(WAIT)
    tab = context.new_page()
    tab.goto(f"{empty['url']}/signin")
    tab.get_by_label("API key").fill(empty["key"])
    tab.get_by_role("button", name="Sign in").click()

    make(tab)
    bring_in(tab, files)
    tab.get_by_role("link", name="Open the project").click()
    tab.get_by_role("button", name="Ask about them").click()
    tab.get_by_role("link", name="Invite people").click()
    tab.get_by_label("Name").fill("Ann")
    tab.get_by_role("button", name="Invite").click()
    link = tab.locator("dl.links code").inner_text()

    label(browser, link)
    tab.goto(f"{empty['url']}/projects/reviews")
    tab.get_by_role("link", name="1 page waits for a review").click()
    assert "Review number 3, and what it says." in tab.content()
    tab.get_by_role("button", name="Accept").click()
    check(tab)
    tab.get_by_text("Nothing waits.").wait_for()
    tab.get_by_role("link", name="Reviews?").click()
    tab.get_by_role("button", name="Take a turn").click()
    tab.get_by_text("2 items settled").wait_for()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Labels (CSV)").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert sorted(line.split(",")[1] for line in lines[1:]) == ["negative", "positive"]
    context.close()


def check(tab: Any) -> None:
    """See that a page is fit for everyone and needs no script."""
    assert "<script" not in tab.content()
    assert violations(tab) == []


def make(tab: Any) -> None:
    """Make a project; at first with mistakes, which the form says at their fields."""
    tab.get_by_role("link", name="New project").click()
    tab.get_by_role("link", name="One label").click()
    tab.get_by_label("The question").fill("Reviews?")
    tab.get_by_label("Labels").fill("positive\nnegative")
    tab.get_by_label("Answers for each item", exact=True).fill("one")
    tab.get_by_text("More settings").click()
    tab.get_by_label("Pages are accepted").select_option("manual")
    tab.get_by_role("button", name="Make the project").click()
    wrong = tab.get_by_label("Answers for each item", exact=True)
    assert (wrong.get_attribute("aria-invalid"), wrong.input_value()) == ("true", "one")
    check(tab)
    wrong.fill("1")
    tab.get_by_role("button", name="Make the project").click()


def bring_in(tab: Any, files: dict[str, Path]) -> None:
    """Bring items and gold in; at first a file that was cut off."""
    tab.get_by_label("File", exact=True).set_input_files(files["cut.csv"])
    tab.get_by_role("button", name="Add items").click()
    tab.get_by_text("cut.csv line 6").wait_for()
    check(tab)
    tab.get_by_label("File", exact=True).set_input_files(files["reviews.csv"])
    tab.get_by_role("button", name="Add items").click()
    tab.get_by_text("4 rows added.").wait_for()
    tab.get_by_label("File", exact=True).nth(1).set_input_files(files["gold.csv"])
    tab.get_by_role("button", name="Add gold").click()
    tab.get_by_text("2 of them gold").wait_for()


def label(browser: Any, link: str) -> None:
    """Open an invitation, make an account, and answer all there is: positive, negative, and so on."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(WAIT)
    tab = context.new_page()
    tab.goto(link)
    tab.get_by_label("Name").fill("ann")
    for field in ("Password", "The same password again"):
        tab.get_by_label(field, exact=True).fill("a few words do well")
    tab.get_by_role("button", name="Start").click()
    tab.get_by_role("link", name="Start Reviews?").click()
    frame = tab.frame_locator("#stage iframe:not(.ahead)")
    frame.locator("#progress").wait_for()
    frame.locator("#locked").wait_for(state="hidden")
    frame.locator(":focus").wait_for()
    asked = int(frame.locator("#progress").inner_text().split()[-1])
    for number in range(1, asked + 1):
        frame.locator("#progress").get_by_text(f"{number} of {asked}").wait_for()
        shown = frame.get_by_text("Review number").filter(visible=True).inner_text()
        tab.keyboard.press("1" if int(shown.split()[2].strip(",")) % 2 == 0 else "2")
    tab.keyboard.press("Enter")
    tab.get_by_text(f"{asked} answers today").wait_for()
    context.close()
