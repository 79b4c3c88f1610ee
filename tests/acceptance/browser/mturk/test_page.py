"""Our page in the frame of an MTurk endpoint: the same clicks give the same answers, and only there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from crowd.channels import Page
from crowd.channels.mturk import handed_in
from crowd.rendering import turk_page
from tests.acceptance.browser.labeling import WAIT, Labeling, write
from tests.acceptance.browser.samples import PAGES
from tests.acceptance.browser.test_types import EXPECTED, KEYS, MOUSE, stored

SITE = "http://site.test"
HOSTS = ("https://workers.test", "https://other.test")
WORKING = {"assignmentId": "3ASSIGNED", "hitId": "3HIT", "workerId": "A1", "turkSubmitTo": HOSTS[0]}
PREVIEW = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "3HIT"}
FRAME = """<!doctype html><title>site</title><style>iframe{{width:100%;height:900px;border:0}}</style>
<iframe sandbox="allow-scripts allow-forms allow-popups" src="https://frames.test/page?{query}"></iframe>"""


class Posed(Labeling):
    """A page in a sandboxed frame of another site, and all that it hands in."""

    def __init__(self, tab: Any, posts: list[tuple[str, dict[str, str]]]) -> None:
        super().__init__(tab)
        self.posts = posts

    def done(self) -> dict[str, Any]:
        for _ in range(WAIT // 50):
            if self.posts:
                break
            self.tab.wait_for_timeout(50)
        fields = self.posts[-1][1]
        return json.loads(fields["crowd"])  # type: ignore[no-any-return]


@pytest.fixture
def pose(context: Any) -> Iterator[Callable[..., Posed]]:
    """Show a page as an endpoint does: in a frame without an origin, on a site of its own."""
    errors: list[str] = []

    def show(page: Page, query: dict[str, str] = WORKING, hosts: tuple[str, ...] = HOSTS) -> Posed:
        tab, posts = context.new_page(), []
        tab.on("pageerror", lambda error: errors.append(str(error)))

        def serve(route: Any) -> None:
            url = route.request.url
            if url == f"{SITE}/":
                route.fulfill(body=FRAME.format(query=urlencode(query)), content_type="text/html")
            elif url.startswith("https://frames.test/page"):
                route.fulfill(body=turk_page(page, hosts=hosts), content_type="text/html; charset=utf-8")
            elif route.request.method == "POST":
                posts.append((url, dict(parse_qsl(route.request.post_data, keep_blank_values=True))))
                route.fulfill(body="thank you", content_type="text/html")
            else:
                route.abort()

        tab.route("**/*", serve)
        tab.goto(f"{SITE}/")
        posed = Posed(tab, posts)
        posed.frame.wait_for_function("document.getElementById('progress')?.textContent !== ''")
        # Where a worker would begin; a frame does not take the focus from the page around it.
        begin = "(crowd.type.focus && crowd.type.focus(crowd.current())) || document.querySelector('h2')"
        posed.frame.evaluate(f"window.focus(), ({begin}).focus()")
        posed.frame.wait_for_function("document.hasFocus()")
        return posed

    yield show
    assert errors == []


@pytest.mark.contract(68)
@pytest.mark.parametrize(
    "acts", [pytest.param(KEYS, id="keyboard"), pytest.param(MOUSE, id="mouse", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_acts_give_the_same_answers_as_in_the_pool(
    pose: Callable[..., Posed], name: str, acts: dict[str, Callable[[Labeling], None]]
) -> None:
    page = PAGES[name]()
    posed = pose(page)
    acts[name](posed)
    assert stored(page, posed.done()) == EXPECTED[name]
    address, fields = posed.posts[0]
    assert address == "https://workers.test/mturk/externalSubmit"
    assert set(fields) == {"assignmentId", "crowd"}
    assert fields["assignmentId"] == "3ASSIGNED"


@pytest.mark.contract(68)
def test_what_is_handed_in_reads_as_the_pool_takes_it(pose: Callable[..., Posed]) -> None:
    posed = pose(PAGES["choice"]())
    KEYS["choice"](posed)
    posed.done()
    said = handed_in.said(_answer_xml(posed.posts[0][1]))
    assert said.answers == {"q1": "Circle", "q2": "Square"}


def _answer_xml(fields: dict[str, str]) -> str:
    from tests.fakes.turk import answer_xml

    return answer_xml([(name, value) for name, value in fields.items() if name != "assignmentId"])


@pytest.mark.contract(64, 62, side="P")
@pytest.mark.parametrize("query", [PREVIEW, PREVIEW | {"workerId": "A1"}, {}])
def test_a_preview_shows_the_questions_and_hands_in_nothing(
    pose: Callable[..., Posed], query: dict[str, str]
) -> None:
    posed = pose(PAGES["choice"](), query=query)
    assert "preview" in posed.frame.locator("#locked").inner_text()
    assert posed.frame.locator(".question:not([hidden]) .name").count() > 0
    posed.keys("1", "q", "Enter", "Enter")
    posed.frame.evaluate(
        "crowd.post({crowd: 'done', answers: {q1: 'Circle'}, notes: {}, skips: {}, times: {}})"
    )
    posed.tab.wait_for_timeout(200)
    assert posed.posts == []


@pytest.mark.contract(65)
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("https://workers.test", "https://workers.test/mturk/externalSubmit"),
        ("https://workers.test/", "https://workers.test/mturk/externalSubmit"),
        ("https://other.test/base/", "https://other.test/base/mturk/externalSubmit"),
        (None, "https://workers.test/mturk/externalSubmit"),
        ("", "https://workers.test/mturk/externalSubmit"),
        ("https://evil.test/", "https://workers.test/mturk/externalSubmit"),
        ("https://workers.test.evil.test/", "https://workers.test/mturk/externalSubmit"),
        ("https://workers.test@evil.test/", "https://workers.test/mturk/externalSubmit"),
        ("http://workers.test/", "https://workers.test/mturk/externalSubmit"),
        ("javascript:alert(1)", "https://workers.test/mturk/externalSubmit"),
    ],
)
def test_answers_go_only_to_hosts_the_requester_named(
    pose: Callable[..., Posed], given: str | None, wanted: str
) -> None:
    query = {name: value for name, value in WORKING.items() if name != "turkSubmitTo"}
    posed = pose(PAGES["rating"](), query=query | ({} if given is None else {"turkSubmitTo": given}))
    KEYS["rating"](posed)
    posed.done()
    assert [address for address, _ in posed.posts] == [wanted]


@pytest.mark.contract(66)
def test_the_page_needs_no_cookies_and_nothing_from_anywhere(pose: Callable[..., Posed]) -> None:
    posed = pose(PAGES["choice"]())
    # Without an origin there are no cookies and no store, and asking for either would throw.
    assert posed.frame.evaluate("self.origin") == "null"
    asked = posed.frame.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    assert [name for name in asked if not name.startswith("data:")] == []
    KEYS["choice"](posed)
    assert posed.done()["answers"] == {"q1": "Circle", "q2": "Square"}


def test_instructions_stand_above_the_questions(pose: Callable[..., Posed]) -> None:
    posed = pose(replace(PAGES["choice"](), instructions="Look <closely>."))
    assert posed.frame.locator(".told .text").inner_text() == "Look <closely>."


def test_a_field_called_submit_does_not_stop_the_page(pose: Callable[..., Posed]) -> None:
    template = '<input name="submit"><input name="{{ question.name }}"><input name="assignmentId" value="x">'
    page = replace(PAGES["text"](), template=template)
    posed = pose(page)
    for words in ("one", "two"):
        write(posed.find("input[name^=q]"), words)
        posed.frame.locator("#next").click()
    assert posed.done()["answers"] == {"q1": "one", "q2": "two"}
    assert posed.posts[0][1]["assignmentId"] == "3ASSIGNED"
