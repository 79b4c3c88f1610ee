"""HITs of programs in a real browser: every kind of page is seen, answered and handed in."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask, request

from crowd.questions import answers
from crowd.questions.html import envelope
from tests.acceptance.browser.labeling import write
from tests.acceptance.browser.market import pages
from tests.acceptance.browser.market.conftest import served

EXTERNAL = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>{}/task?unit=7</ExternalURL><FrameHeight>1500</FrameHeight></ExternalQuestion>'
)


def given(xml: str) -> list[tuple[str, str]]:
    """Return the questions and their values, one by one."""
    return [(answer.question, value) for answer in answers.read(xml) for _, value in answer.values]


def task_answers(xml: str) -> dict:
    """Return what a crowd-form handed in."""
    ((name, value),) = given(xml)
    assert name == "taskAnswers"
    (found,) = json.loads(value)
    return found


def test_a_page_from_the_old_days_is_answered_and_the_next_one_follows(site, wim):
    hit = site.post(pages.OLD_FORM)
    wim.preview(hit)
    assert wim.frame.get_by_role("button").is_disabled()
    wim.accept(hit)
    write(wim.frame.get_by_label("Total"), "9.50 €")
    wim.frame.get_by_label("torn").check()
    wim.frame.get_by_label("faint").check()
    write(wim.frame.get_by_label("Remarks"), "one\ntwo")
    wim.frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    assert given(site.answer(hit)) == [
        ("total", "9.50 €"),
        ("flags", "torn"),
        ("flags", "faint"),
        ("remarks", "one\r\ntwo"),
    ]


def test_hits_follow_one_another_by_themselves_where_that_is_wished(site, wim):
    kind = site.market.hit_type()
    question = envelope(pages.OLD_FORM, 0)
    hits = [site.market.create(HITTypeId=kind, Question=question) for _ in range(3)]
    wim.accept(hits[0])
    wim.tab.get_by_label("Accept the next by itself").check()
    for _ in hits:
        before = wim.tab.url
        write(wim.frame.get_by_label("Total"), "1")
        wim.frame.get_by_role("button", name="Submit").click()
        wim.tab.wait_for_function("before => location.href !== before", arg=before)
        wim.tab.wait_for_load_state()
    wim.is_home()
    assert [site.count(hit) for hit in hits] == [1, 1, 1]


def test_a_crowd_form_hands_in_one_answer(site, wim):
    hit = site.post(pages.SENTIMENT)
    wim.preview(hit)
    assert wim.frame.get_by_role("button", name="Submit").is_disabled()
    wim.accept(hit)
    wim.frame.get_by_role("button", name="Submit").click()  # nothing is chosen yet, so nothing goes out
    wim.frame.get_by_role("button", name="View full instructions").click()
    assert wim.frame.get_by_text("anger and boredom").is_visible()
    wim.frame.get_by_role("button", name="Close").click()
    wim.frame.get_by_label("Neutral").check()
    wim.frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    assert task_answers(site.answer(hit)) == {"sentiment": {"label": "Neutral"}}


def test_all_fields_of_a_crowd_form_are_in_its_answer(site, wim):
    hit = site.post(pages.SURVEY)
    wim.accept(hit)
    frame = wim.frame
    frame.get_by_role("button", name="View instructions").click()
    assert frame.get_by_text("Any film you saw this year.").is_visible()
    frame.get_by_role("button", name="Close").click()
    write(frame.get_by_label("Title"), "Playtime ☃")
    write(frame.get_by_label("Why this one?"), "Two\nlines")
    assert frame.get_by_text("9 of 200 characters").is_visible()
    frame.get_by_label("Cinema").check()
    frame.get_by_label("At home").check()
    frame.get_by_label("Music").check()
    frame.get_by_role("slider").focus()
    for _ in range(7):
        wim.tab.keyboard.press("ArrowRight")
    frame.get_by_role("switch", name="I would see it again").check()
    frame.locator("[name=genre]").select_option("Drama")
    frame.get_by_role("tab", name="Genre").focus()
    wim.tab.keyboard.press("ArrowRight")
    write(frame.locator("[name=year]"), "1967")
    frame.get_by_role("button", name="Send it").click()
    wim.is_home()
    assert task_answers(site.answer(hit)) == {
        "title": "Playtime ☃",
        "why": "Two\nlines",
        "cinema": {"yes": False},
        "home": {"yes": True},
        "good": {"music": True, "plot": False},
        "liking": 7,
        "again": {"yes": True},
        "genre": "Drama",
        "year": "1967",
    }


def test_a_page_may_look_at_a_crowd_form_before_it_is_sent(site, wim):
    script = """<script>document.querySelector("crowd-form").onsubmit = (event) => {
      if (document.querySelector("crowd-input").value !== "yes") event.preventDefault(); };</script>"""
    page = pages.SENTIMENT.partition("<crowd-form>")[0]
    hit = site.post(f'{page}<crowd-form><crowd-input name="a" label="A"></crowd-input></crowd-form>{script}')
    wim.accept(hit)
    wim.frame.get_by_role("button", name="Submit").click()
    assert wim.frame.get_by_label("A").is_visible()
    write(wim.frame.get_by_label("A"), "yes")
    wim.frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    assert task_answers(site.answer(hit)) == {"a": "yes"}


def test_none_of_these_is_chosen_alone(site, wim):
    hit = site.post(pages.PICTURES)
    wim.accept(hit)
    for label in ("Square", "Star", "None of these", "Circle", "Square"):
        wim.frame.get_by_label(label).check()
    wim.frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    assert task_answers(site.answer(hit)) == {"shapes": {"labels": ["Square", "Circle"]}}


def test_boxes_are_drawn_by_pointer_and_by_keys_and_come_as_fields_of_their_own(site, wim):
    hit = site.post(pages.BOXES)
    wim.accept(hit)
    image = wim.frame.get_by_role("img", name="The image to draw on")
    image.wait_for()
    shown = image.bounding_box()
    scale = shown["width"] / 400
    mouse = wim.tab.mouse
    mouse.move(shown["x"] + 50 * scale, shown["y"] + 60 * scale)
    mouse.down()
    mouse.move(shown["x"] + 150 * scale, shown["y"] + 135 * scale, steps=4)
    mouse.up()
    wim.frame.get_by_label("Circle", exact=True).check()
    wim.frame.get_by_role("button", name="New box").click()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "n"):
        wim.tab.keyboard.press(key)
    wim.tab.keyboard.press("Delete")
    assert wim.frame.get_by_role("listitem").count() == 2
    wim.frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    found = dict(given(site.answer(hit)))
    square, circle = json.loads(found.pop("annotatedResult.boundingBoxes"))
    assert square == {"height": 75, "label": "Square", "left": 50, "top": 60, "width": 100}
    assert circle == {"height": 67, "label": "Circle", "left": 158, "top": 94, "width": 100}
    assert found == {
        "annotatedResult.inputImageProperties.width": "400",
        "annotatedResult.inputImageProperties.height": "250",
    }


def test_an_element_that_is_not_there_keeps_the_page_from_being_handed_in(site, wim):
    page = pages.SENTIMENT.replace("</crowd-form>", '<crowd-polygon name="p"></crowd-polygon></crowd-form>')
    hit = site.post(page)
    wim.accept(hit)
    assert "<crowd-polygon>, which this server does not have" in wim.frame.get_by_role("alert").inner_text()
    wim.frame.get_by_label("Neutral").check()
    wim.frame.get_by_role("button", name="Submit").click()
    wim.tab.get_by_role("button", name="Return").click()
    wim.tab.get_by_role("button", name="Return it").click()
    wim.is_home()
    assert site.count(hit) == 0


@pytest.mark.contract(67, side="E")
def test_a_question_form_shows_every_widget(site, wim):
    hit = site.market.create(Question=pages.BIRDS)
    wim.accept(hit)
    frame = wim.frame
    write(frame.get_by_label("Code"), "wrong")
    frame.get_by_role("button", name="Submit").click()
    assert frame.get_by_label("Code").evaluate("node => node.validationMessage") == "A letter, then digits."
    write(frame.get_by_label("Code"), "A12")
    write(frame.get_by_label("Your answer to question q2").or_(frame.locator("[name=count]")).first, "3")
    write(frame.locator("[name=notes]"), "é\nü")
    groups = {style: frame.get_by_role("group", name=f"As {style}") for style in ("radiobutton", "checkbox")}
    groups["radiobutton"].get_by_label("Crow & co.").check()
    groups["checkbox"].get_by_label("Robin").check()
    write(groups["checkbox"].get_by_role("textbox"), "an owl")
    frame.locator("select[name=list]").select_option("crow")
    frame.locator("select[name=dropdown]").select_option("robin")
    write(frame.locator("[name='combobox.other']"), "a kite")
    frame.locator("select[name=multichooser]").select_option(["robin", "crow"])
    assert wim.document.evaluate("window.pwned") is None
    frame.get_by_role("button", name="Submit").click()
    wim.is_home()
    found = {answer.question: answer.values for answer in answers.read(site.answer(hit))}
    assert found == {
        "code": (("FreeText", "A12"),),
        "count": (("FreeText", "3"),),
        "notes": (("FreeText", "é\r\nü"),),
        "radiobutton": (("SelectionIdentifier", "crow"),),
        "checkbox": (("SelectionIdentifier", "robin"), ("OtherSelectionField", "an owl")),
        "list": (("SelectionIdentifier", "crow"),),
        "dropdown": (("SelectionIdentifier", "robin"),),
        "combobox": (("OtherSelectionField", "a kite"),),
        "multichooser": (("SelectionIdentifier", "robin"), ("SelectionIdentifier", "crow")),
    }


@pytest.fixture
def elsewhere():
    """A requester's own server, with a page that uses its cookie and storage and posts where it is told."""
    app = Flask("elsewhere")

    @app.get("/task")
    def task() -> str:
        told = request.args
        return f"""<!DOCTYPE html><title>Task {told["unit"]}</title><p id="kept"></p>
        <form method="post" action="{told["turkSubmitTo"]}/mturk/externalSubmit">
        <input type="hidden" name="assignmentId" value="{told["assignmentId"]}">
        <label>Unit {told["unit"]}, worker {told.get("workerId", "nobody")} <input name="said"></label>
        <button>Send</button></form>
        <script>localStorage.setItem("a", "kept"); kept.textContent = localStorage.getItem("a");</script>"""

    with served(app) as url:
        yield url


@pytest.mark.contract(62, side="E")
def test_a_page_of_another_server_is_shown_and_hands_in_here(site, wim, elsewhere):
    hit = site.market.create(Question=EXTERNAL.format(elsewhere))
    wim.preview(hit)
    assert wim.frame.get_by_text("Unit 7, worker nobody").is_visible()
    wim.accept(hit)
    name = site.market.person("wim")
    write(wim.frame.get_by_label(f"Unit 7, worker {name}"), "over there")
    assert wim.frame.locator("#kept").inner_text() == "kept"
    assert wim.tab.locator("#posed").bounding_box()["height"] == 1500
    wim.frame.get_by_role("button", name="Send").click()
    wim.is_home()
    assert given(site.answer(hit)) == [("said", "over there")]


def test_a_harmful_page_reaches_nothing_of_ours(site, wim):
    hit = site.post(pages.HARMFUL)
    wim.accept(hit)
    here = wim.tab.url
    wim.document.wait_for_function("window.found")
    found = wim.document.evaluate("window.found")
    assert found == {
        "cookie": "refused",
        "storage": "refused",
        "parent": "refused",
        "top": "refused",
        "frame": "refused",
        "fetched": "rejected rejected",
    }
    # It said that it was handed in, as our reply does; without the receipt it was not believed.
    wim.tab.wait_for_load_state("networkidle")
    assert wim.tab.url == here
    assert site.count(hit) == 0
    ours = [address for address in wim.answered if re.search("signout|account|api/v1|labeling.js", address)]
    assert ours == []
    wim.go("/work/account")
    assert wim.tab.get_by_role("button", name="Sign out", exact=True).is_visible()


def test_time_runs_out_in_sight(site, wim, context):
    hit = site.post(pages.OLD_FORM, AssignmentDurationInSeconds=600)
    context.clock.install()
    wim.accept(hit)
    assert re.match(r"(9:\d\d|10:00) left", wim.tab.locator("#lease").inner_text())
    context.clock.fast_forward(601_000)
    assert wim.tab.get_by_text("The time for this HIT is up").is_visible()
