"""Take the pictures of the labelers' pages: a server on an empty database, a few people, some reviews.

    python docs/images/take_work.py docs/images

Needs Chromium, or Google Chrome, on the PATH.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from crowd import migrations
from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Project, Worker
from crowd.services import assign, choose, collect, intake, publish, roster
from crowd.services.access import keys, sessions
from crowd.services.access.keys import Principal
from crowd.services.people import messages
from crowd.services.setup import instructions, projects
from crowd.services.setup.instructions import Wording
from crowd.services.setup.projects import ProjectSettings
from crowd.settings import Settings, new_secret
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1120, 620), (390, 760)
REVIEWS = (
    "The battery holds for two days even with the screen on full. I charge it on Sundays and Wednesdays.",
    "Arrived with a scratch across the back, and the replacement took three weeks.",
    "Great camera, shame about the speaker: fine indoors, useless on the train.",
    "My daughter loves it, and so do I since she stopped asking for mine.",
    "Froze twice on the first day. Sent it back.",
)
DETAILS = {
    "positive": {"definition": "The writer would buy it again."},
    "negative": {"definition": "The writer would not."},
    "mixed": {"definition": "Good and bad weigh the same."},
    "cannot tell": {"kind": "cannot_tell", "definition": "The text says nothing about the phone."},
}
TOLD = "Read the whole review, then say what it says of the phone as a whole."


def main(folder: Path) -> None:
    """Write the pictures into a folder."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit(f"none of {', '.join(BROWSERS)} is on the PATH")
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        database = connect(f"sqlite:///{home}/crowd.db", durable=False)
        migrations.upgrade(database)
        reviews, wim = database.transact(_furnish)
        _work(database, reviews, wim)
        # Chromium refuses its sandbox to root, and the pages are our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with _served(database) as address:
            cookie = database.transact(lambda session: sessions.open_for_worker(session, wim, now=utc_now()))
            _take(browser, address, cookie, reviews, folder)
        browser.close()


def _furnish(session: Session) -> tuple[Project, Worker]:
    now = utc_now()
    principal = keys.operator(keys.requester(session, "lab", now=now))
    common = {"gold_share": 0.1, "seed": 1}
    reviews = _project(
        session,
        principal,
        ProjectSettings(
            title="What does the review say of the phone?", price_micros=30_000, leaderboard=True, **common
        ),
        labels=tuple(DETAILS),
        items=400,
    )
    quiz = {"questions": 5, "pass_mark": 0.8, "attempts": 2}
    _project(session, principal, ProjectSettings(title="Is the letter legible?", quiz=quiz, **common))
    paid = {"price_micros": 80_000, "hourly_micros": 24_000_000}
    _project(session, principal, ProjectSettings(title="Findings in chest X-rays", **paid, **common))
    good = {"payload": {"text": "Best phone I ever had, though the box was dented."}, "label": "positive"}
    bad = {"payload": {"text": "Great camera, dead after a week."}, "label": "positive", "good": False}
    instructions.revise(session, principal, reviews, Wording(TOLD, [good, bad]), now=now)
    wim, _ = roster.invite(session, principal, name="Wim", now=now)
    messages.send(
        session,
        requester_id=wim.requester_id,
        worker=wim,
        sender="requester",
        text="Thank you for the careful notes!",
        now=now,
    )
    return reviews, wim


def _project(
    session: Session,
    principal: Principal,
    settings: ProjectSettings,
    *,
    labels: tuple[str, ...] = ("yes", "no"),
    items: int = 40,
) -> Project:
    now = utc_now()
    slug = settings.title.lower().replace(" ", "-").strip("?").replace("?", "")
    details = DETAILS if labels == tuple(DETAILS) else {}
    project = projects.create(
        session,
        principal,
        slug=slug[:40],
        labels=labels,
        details=details,
        settings=settings,
        cap_micros=10**12,
        now=now,
    )
    rows = [
        ItemRow(f"i{n}", {"text": REVIEWS[n % len(REVIEWS)], "product": f"Phone {'ABC'[n % 3]}"}, "here")
        for n in range(items)
    ]
    intake.add_items(session, project, rows, now=now)
    gold = [GoldRow(f"i{n}", labels[n % len(labels)], "here") for n in range(8)]
    intake.add_gold(session, project, gold, source="requester", now=now)
    batch = choose.choose(session, project, size=items - 8, now=now)
    assert batch is not None
    publish.ask_batch(session, project, batch, now=now)
    return project


def _work(database: Database, project: Project, worker: Worker) -> None:
    """Let the worker hand in a page on each of the last three days, and today."""
    for days in (3, 2, 1, 0):
        begun = utc_now() - timedelta(days=days, minutes=20)

        def page(session: Session, begun: Any = begun) -> None:  # noqa: ANN401 - bound for this turn
            claimed = assign.claim(session, project, worker, now=begun)
            assert claimed is not None
            answers = {question.name: "positive" for question in claimed.questions}
            later = begun + timedelta(seconds=110)
            collect.submit(session, worker, claimed.token, answers=answers, seconds=95, now=later)

        database.transact(page)


@contextmanager
def _served(database: Database) -> Iterator[str]:
    app = create_app(Settings(secret_key=new_secret()), database=database)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _take(browser: Browser, address: str, cookie: str, project: Project, folder: Path) -> None:
    pictures = (
        ("work-home", "/work/", WIDE, "light"),
        ("work-labeling", f"/work/projects/{project.id}", WIDE, "light"),
        ("work-labeling-dark", f"/work/projects/{project.id}", WIDE, "dark"),
        ("work-labeling-phone", f"/work/projects/{project.id}", PHONE, "light"),
    )
    for name, path, (width, height), scheme in pictures:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.add_cookies([{"name": "crowd", "value": cookie, "url": address}])
        page = context.new_page()
        page.goto(address + path)
        if "labeling" in name:
            _begin(page)
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def _begin(page: Page) -> None:
    """Answer the first question, so that the picture shows a page in hand."""
    frame = page.frame_locator("#stage iframe:not(.ahead)")
    frame.locator("#progress").wait_for()
    page.wait_for_function("() => document.activeElement.tagName === 'IFRAME'")
    page.keyboard.press("1")
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
