"""The pages of programs' HITs pass axe's rules in light and dark, by mouse, finger and phone."""

from __future__ import annotations

import pytest

from tests.acceptance.browser.axe import violations
from tests.acceptance.browser.market import pages
from tests.acceptance.browser.test_accessible import SIZES, SMALLEST, look

PAGES = {"old": pages.OLD_FORM, "sentiment": pages.SENTIMENT, "boxes": pages.BOXES}


def checked(tab, *all_colours: str) -> None:
    """Fail for what axe finds on our own page in these colours, and for what is wider than a phone."""
    for colours in (*all_colours, "dark"):
        look(tab, colours)
        assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES["dark"][0]


@pytest.fixture
def kind(site) -> str:
    """A qualification with a test."""
    made = site.market.client.create_qualification_type(
        Name="Birds",
        Description="Knows the birds of the town.",
        QualificationTypeStatus="Active",
        Test=pages.BIRDS,
        TestDurationInSeconds=600,
    )
    return str(made["QualificationType"]["QualificationTypeId"])


@pytest.fixture
def context(browser):
    """Return a browser that lets axe in, which the policy of our pages does not."""
    found = browser.new_context(
        viewport={"width": 1280, "height": 900}, bypass_csp=True, reduced_motion="reduce"
    )
    yield found
    found.close()


@pytest.fixture
def tab(wim):
    return wim.tab


@pytest.mark.parametrize("colours", [(), pytest.param(("light",), marks=pytest.mark.slow)], ids=len)
def test_our_own_pages_have_no_violation(site, wim, tab, kind, colours: tuple[str, ...]):
    wanted = [{"QualificationTypeId": kind, "Comparator": "Exists", "ActionsGuarded": "Accept"}]
    shut = site.post(pages.OLD_FORM, Title="Ring birds", QualificationRequirements=wanted)
    hit = site.post(pages.OLD_FORM, Title="Read receipts")
    wim.go("/work/")
    checked(tab, *colours)
    wim.preview(shut)
    checked(tab, *colours)
    wim.accept(hit)
    checked(tab, *colours)
    tab.get_by_role("button", name="Return").click()
    checked(tab, *colours)
    tab.get_by_role("button", name="Keep on").click()
    site.market.submit(tab.url.rpartition("/")[2])
    tab.reload()
    checked(tab, *colours)
    for path in ("/work/assignments", "/work/qualifications"):
        wim.go(path)
        checked(tab, *colours)
    tab.get_by_role("button", name="Take the test").click()
    tab.wait_for_url("**/test")
    checked(tab, *colours)


@pytest.mark.parametrize(
    "name", ["form", "survey", *(pytest.param(name, marks=pytest.mark.slow) for name in PAGES)]
)
def test_what_stands_in_the_frame_has_no_violation_of_ours(site, wim, tab, name: str):
    hit = (
        site.market.create(Question=pages.BIRDS)
        if name == "form"
        else site.post(PAGES.get(name, pages.SURVEY))
    )
    wim.preview(hit)
    address = tab.locator("#posed").get_attribute("src")
    wim.go(address)
    tab.wait_for_load_state("networkidle")
    look(tab, "light")
    # What the page's author left out, such as a language, is not for our elements to mend.
    theirs = ("html-has-lang", "document-title")
    assert [found for found in violations(tab) if not found.startswith(theirs)] == []
    if name == "form":
        checked(tab, "light")
    if name in ("form", "survey"):
        assert _small(tab) == []


def _small(tab) -> list[str]:
    found: list[str] = tab.evaluate(
        """smallest => [...document.querySelectorAll("button, input, textarea, select")]
            .map((node) => (/radio|checkbox/.test(node.type) ? node.closest("label") : node))
            .map((node) => (node.type === "range" ? node.parentElement : node))
            .filter((node) => node.checkVisibility() && node.offsetHeight < smallest)
            .filter((node) => !node.closest("crowd-tab"))
            .map((node) => `${node.outerHTML.slice(0, 80)}: ${node.offsetWidth} x ${node.offsetHeight}`)""",
        SMALLEST,
    )
    return found
