"""Every page passes axe's rules of WCAG A and AA, in light and dark, and fits a finger and a phone."""

from __future__ import annotations

import pytest

from crowd.rendering import frame
from tests.acceptance.browser.axe import violations
from tests.acceptance.browser.samples import PAGES

SIZES = {"light": (1280, 900), "dark": (360, 780)}
SMALLEST = 44


@pytest.fixture(scope="module")
def tab(browser):
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def show(tab, name: str) -> None:
    tab.goto("about:blank")  # or else the scripts would run a second time in one and the same window
    tab.set_content(frame(PAGES[name](), nonce="n", host=""))


def look(tab, colours: str) -> None:
    width, height = SIZES[colours]
    tab.set_viewport_size({"width": width, "height": height})
    tab.emulate_media(color_scheme=colours)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation_before_and_while_it_is_answered(tab, name: str):
    look(tab, "dark")
    show(tab, name)
    assert violations(tab) == []
    for key in ("n", "ArrowDown", "ArrowRight", "1", "Enter"):
        tab.keyboard.press(key)
    tab.evaluate("crowd.show(0)")
    look(tab, "light")
    assert violations(tab) == []


@pytest.mark.parametrize("colours", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_a_skipped_question_and_the_dialogs_have_no_violation(tab, colours: str):
    look(tab, colours)
    show(tab, "boxes")
    tab.evaluate("crowd.setSkip(crowd.current(), {reason: 'broken', note: ''})")
    for key in ("?", "s"):
        tab.keyboard.press(key)
        assert violations(tab) == []
        tab.keyboard.press("Escape")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_too_small_for_a_finger_or_wider_than_a_phone(tab, name: str):
    look(tab, "dark")
    show(tab, name)
    small = tab.evaluate(
        """smallest => [...document.querySelectorAll("button, input, textarea, summary")]
            .map((node) => (/radio|checkbox/.test(node.type) ? node.closest("label") : node))
            .filter((node) => node.offsetParent && Math.min(node.offsetWidth, node.offsetHeight) < smallest)
            .map((node) => `${node.outerHTML.slice(0, 80)}: ${node.offsetWidth} x ${node.offsetHeight}`)""",
        SMALLEST,
    )
    assert small == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
