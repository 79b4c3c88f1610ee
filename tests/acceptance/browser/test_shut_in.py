"""Item content runs no script, and the document it stands in reaches nothing outside."""

from __future__ import annotations

import pytest

from tests.acceptance.browser.labeling import make_page
from tests.payloads import HARM, PAYLOADS

OURS = {"ready", "draft", "active", "done", "height", "report", "settings", "echo"}


def everywhere(harm: str) -> dict[str, str]:
    return {"text": harm, "image": harm, "audio": harm, "video": harm, harm: harm}


@pytest.fixture
def labeling(open_page):
    page = make_page(
        "choice", [everywhere(harm) for harm in PAYLOADS], ("Yes", *PAYLOADS[:9]), title=PAYLOADS[0]
    )
    return open_page(page)


def test_no_script_in_item_data_ever_runs(labeling):
    asked: list[str] = []
    labeling.tab.on("request", lambda request: asked.append(request.url))
    labeling.tab.on("dialog", lambda dialog: asked.append(dialog.message))
    labeling.keys(*["1"] * len(PAYLOADS))
    labeling.tab.mouse.move(400, 300, steps=5)
    assert {message["crowd"] for message in labeling.tab.evaluate("inbox")} <= OURS
    assert labeling.told("draft")
    assert labeling.frame.evaluate("window.pwned") is None
    assert labeling.tab.evaluate("window.pwned") is None
    assert not [address for address in asked if "leak" in address]


TYPES = ("spans", "boxes", "ranking", "text", "pairwise")


# By day one content in five to each type, and none to none; at night all to all.
@pytest.mark.parametrize("every", [len(TYPES), pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("task_type", TYPES)
def test_nor_where_a_type_shows_content_in_its_own_way(open_page, task_type: str, every: int):
    shown = PAYLOADS[TYPES.index(task_type) % every :: every]
    payloads = [
        {
            "text": harm,
            "image": harm,
            "left": harm,
            "right": {"image": harm},
            "choices": [harm, {"key": "b", "text": harm}],
        }
        for harm in shown
    ]
    labels = ("Yes", "No") if task_type in ("spans", "boxes", "pairwise") else ()
    labeling = open_page(make_page(task_type, payloads, labels))
    for number in range(len(shown)):
        labeling.frame.evaluate("number => crowd.show(number)", number)
    labeling.keys("ArrowRight", "1", "ArrowDown")
    assert labeling.frame.evaluate("window.pwned") is None
    assert not labeling.told("pwned")


def test_a_script_without_the_pages_nonce_is_refused(labeling):
    refused = labeling.frame.evaluate(
        """harm => new Promise((tell) => {
            document.addEventListener("securitypolicyviolation", (event) => tell(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = harm;
            document.body.append(script);
        })""",
        HARM,
    )
    assert refused == "script-src-elem"
    assert labeling.frame.evaluate("window.pwned") is None


def test_the_frame_reaches_neither_the_page_around_it_nor_any_storage(labeling):
    for attempt in (
        "parent.document.title",
        "top.location.href",
        "localStorage.length",
        "document.cookie",
        "indexedDB.open('x')",
    ):
        outcome = labeling.frame.evaluate(
            f"() => {{ try {{ return '' + ({attempt}); }} catch (error) {{ return error.name; }} }}"
        )
        assert (attempt, outcome) == (attempt, "SecurityError")
    assert labeling.frame.evaluate("self.origin") == "null"


def test_the_frame_can_ask_no_server(labeling):
    outcome = labeling.frame.evaluate("fetch('/leak').then(() => 'reached', () => 'refused')")
    assert outcome == "refused"


def test_the_frame_cannot_send_the_page_elsewhere(labeling):
    labeling.frame.evaluate("() => { try { top.location = 'http://crowd.test/leak'; } catch {} }")
    labeling.frame.evaluate("document.forms[0].submit()")
    labeling.tab.wait_for_timeout(200)
    assert labeling.tab.url == "http://crowd.test/"
    assert labeling.told("ready")


def test_opened_by_itself_the_document_has_no_origin_either(context, open_page):
    labeling = open_page(make_page("choice", [{"text": "x"}], ("Yes", "No")))
    labeling.tab.goto("http://crowd.test/frame")
    assert labeling.tab.evaluate("self.origin") == "null"
