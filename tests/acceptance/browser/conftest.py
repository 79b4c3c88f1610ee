"""One Chromium for all browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crowd.channels import Page
from crowd.rendering import frame, policy
from tests.acceptance.browser.labeling import HOST, ORIGIN, WAIT, Labeling


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, started once; the one without windows takes a third of the time."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.skip("needs chromium-headless-shell or chromium on the PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    """A clean browser profile that reaches nothing but what a test serves."""
    found = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    found.set_default_timeout(WAIT)
    yield found
    found.close()


@pytest.fixture
def open_page(context: Any) -> Iterator[Callable[..., Labeling]]:
    """Return a function that shows a page's questions as workers see them; no script may fail."""

    errors: list[str] = []

    def show(page: Page, *, focus: bool = True) -> Labeling:
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        headers = {"Content-Security-Policy": policy("n0nce"), "Content-Type": "text/html; charset=utf-8"}
        body = frame(page, nonce="n0nce", host="")
        tab.route("**/*", lambda route: route.abort())
        tab.route(f"{ORIGIN}/", lambda route: route.fulfill(body=HOST, content_type="text/html"))
        tab.route(f"{ORIGIN}/frame", lambda route: route.fulfill(body=body, headers=headers))
        tab.goto(f"{ORIGIN}/")
        tab.wait_for_function("inbox.some(message => message.crowd === 'ready')")
        labeling = Labeling(tab)
        if focus:
            labeling.send(crowd="focus")
            labeling.frame.wait_for_function("document.hasFocus()")
        return labeling

    yield show
    assert errors == []
