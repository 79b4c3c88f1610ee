"""Every task type, labeled once by keyboard and once by mouse; what comes out is what the type reads."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.channels import Page
from crowd.task_types import TASK_TYPES, Ask
from tests.acceptance.browser.labeling import Labeling, write
from tests.acceptance.browser.samples import PAGES, SENTENCE


def stored(page: Page, done: dict[str, Any]) -> dict[str, str]:
    """Return the answers as they would be stored."""
    kind = TASK_TYPES[page.task_type]
    asks = {question.name: Ask(page.labels, page.options, question.payload) for question in page.questions}
    return {name: kind.read(value, asks[name]) for name, value in done["answers"].items()}


def click(labeling: Labeling, text: str) -> None:
    labeling.find("label .name").get_by_text(text, exact=True).click()


def go_on(labeling: Labeling) -> None:
    labeling.frame.locator("#next").click()


def choice_keys(labeling: Labeling) -> None:
    labeling.keys("1", "q", "Enter")


def choice_mouse(labeling: Labeling) -> None:
    click(labeling, "Circle")
    click(labeling, "Square")
    go_on(labeling)


def multilabel_keys(labeling: Labeling) -> None:
    labeling.keys("1", "2", "3", "Enter")
    assert labeling.find(".problem").inner_text() == "Choose at most 2."
    labeling.keys("2", "Enter", "b", "4", "Enter")


def multilabel_mouse(labeling: Labeling) -> None:
    click(labeling, "Battery")
    click(labeling, "Delivery")
    go_on(labeling)
    click(labeling, "Cannot tell")
    go_on(labeling)


def number_keys(labeling: Labeling) -> None:
    labeling.tab.keyboard.type("2,")
    labeling.tab.keyboard.type("5")
    assert labeling.find(".read-as").inner_text() == "Read as 2.5 shapes"
    labeling.keys("Enter")
    labeling.tab.keyboard.type("21")
    labeling.keys("Enter")
    assert labeling.find(".problem").inner_text() == "The number must be at most 20."
    labeling.keys("ArrowDown", "ArrowDown", "Enter")


def number_mouse(labeling: Labeling) -> None:
    for value in ("2.5", "19.5"):
        write(labeling.find("input"), value)
        go_on(labeling)


def rating_keys(labeling: Labeling) -> None:
    labeling.keys("5", "ArrowDown", "ArrowDown", "Enter")


def rating_mouse(labeling: Labeling) -> None:
    click(labeling, "5")
    click(labeling, "2")
    go_on(labeling)


def text_keys(labeling: Labeling) -> None:
    labeling.tab.keyboard.type("one, two; s r ? 1")
    labeling.keys("Enter")
    labeling.tab.keyboard.type("grüße")
    labeling.keys("Enter")


def text_mouse(labeling: Labeling) -> None:
    for words in ("one, two; s r ? 1", "grüße"):
        write(labeling.find("textarea"), words)
        go_on(labeling)


def pairwise_keys(labeling: Labeling) -> None:
    labeling.keys("ArrowRight", "ArrowDown", "Enter")


def pairwise_mouse(labeling: Labeling) -> None:
    click(labeling, "Right is better")
    click(labeling, "Equally good")
    go_on(labeling)


def ranking_keys(labeling: Labeling) -> None:
    # Take the first and move it down twice; then tie the second to the first.
    labeling.keys("ArrowDown", "Space", "ArrowDown", "ArrowDown", "Space")
    go_on(labeling)
    labeling.keys("ArrowDown", "2", "ArrowUp", "ArrowDown", "=")
    go_on(labeling)


def ranking_mouse(labeling: Labeling) -> None:
    first, last = labeling.find("li").first, labeling.find("li").last
    first.locator(".grip").drag_to(last, steps=8, target_position={"x": 60, "y": 30})
    go_on(labeling)
    labeling.find("li").nth(1).locator("[data-move=tie]").click()
    go_on(labeling)


def spans_keys(labeling: Labeling) -> None:
    labeling.keys("ArrowRight", "Shift+ArrowRight", "1")
    labeling.keys(*["ArrowRight"] * 3, "Shift+ArrowRight", "1", *["ArrowRight"] * 4)
    labeling.keys("2", "3", "3", "Enter")
    labeling.keys("ArrowRight", "]", "]", "m", "Delete", "Enter")


def mark(labeling: Labeling, start: int, end: int) -> None:
    """Drag the mouse over a passage of the text."""
    # The places of two characters on the screen, counted in UTF-16 units as browsers do.
    box = labeling.tab.locator("iframe").bounding_box()
    places = labeling.find(".passage").evaluate(
        """(node, ends) => ends.map((at) => {
            const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
            let text;
            while ((text = walker.nextNode()) && at > text.length) at -= text.length;
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at);
            const {left, top, height} = range.getBoundingClientRect();
            return {x: left, y: top + height / 2};
        })""",
        [start, end],
    )
    mouse = labeling.tab.mouse
    mouse.move(box["x"] + places[0]["x"] + 1, box["y"] + places[0]["y"])
    mouse.down()
    mouse.move(box["x"] + places[1]["x"] - 1, box["y"] + places[1]["y"], steps=4)
    mouse.up()
    labeling.settle()


def spans_mouse(labeling: Labeling) -> None:
    def units(words: str) -> tuple[int, int]:
        start = len(SENTENCE[: SENTENCE.index(words)].encode("utf-16-le")) // 2
        return start, start + len(words)

    mark(labeling, *units("Ada Lovelace"))
    mark(labeling, *units("Charles Babbage"))
    click(labeling, "Place")
    mark(labeling, *units("London"))
    go_on(labeling)
    mark(labeling, *units("London"))
    labeling.find(".marked").get_by_role("button", name="Remove").click()
    go_on(labeling)


def boxes_keys(labeling: Labeling) -> None:
    labeling.frame.wait_for_function("crowd.questions[0].asked.querySelector('img').naturalWidth > 0")
    # 200 × 125 in the middle, at (300, 188); a step is 8 pixels.
    labeling.keys("n", *["ArrowLeft"] * 25, *["Shift+ArrowDown"] * 3, *["ArrowUp"] * 8, "Escape", "2", "n")
    labeling.keys(".", "ArrowRight", "Shift+ArrowLeft")
    go_on(labeling)
    labeling.keys("n", "Delete")
    go_on(labeling)


def boxes_mouse(labeling: Labeling) -> None:
    labeling.frame.wait_for_function("crowd.questions[0].asked.querySelector('img').naturalWidth > 0")
    stage = labeling.find(".stage")
    shown = stage.bounding_box()
    scale = shown["width"] / 800

    def drag(x: float, y: float, to_x: float, to_y: float) -> None:
        mouse = labeling.tab.mouse
        mouse.move(shown["x"] + x * scale, shown["y"] + y * scale)
        mouse.down()
        mouse.move(shown["x"] + to_x * scale, shown["y"] + to_y * scale, steps=4)
        mouse.up()

    drag(50, 50, 250, 199)
    drag(150, 100, 200, 174)  # move it
    click(labeling, "Square")  # no change: it has this label
    labeling.find(".canvas").press("Escape")
    click(labeling, "Circle")
    drag(301, 188, 500, 313)
    go_on(labeling)
    go_on(labeling)


EXPECTED: dict[str, dict[str, str]] = {
    "choice": {"q1": "Circle", "q2": "Square"},
    "multilabel": {"q1": '["Battery","Delivery"]', "q2": '["Cannot tell"]'},
    "number": {"q1": "2.5", "q2": "19.5"},
    "rating": {"q1": "5", "q2": "2"},
    "text": {"q1": "one, two; s r ? 1", "q2": "grüße"},
    "pairwise": {"q1": "Right is better", "q2": "Equally good"},
    "ranking": {"q1": '["long","off","short"]', "q2": '[["long","short"],"off"]'},
    "spans": {
        "q1": '[{"end":12,"label":"Person","start":0},{"end":37,"label":"Person","start":22},'
        '{"end":50,"label":"Place","start":44}]',
        "q2": "[]",
    },
}
KEYS = {name[: -len("_keys")]: act for name, act in list(globals().items()) if name.endswith("_keys")}
MOUSE = {name[: -len("_mouse")]: act for name, act in list(globals().items()) if name.endswith("_mouse")}


def test_every_type_is_labeled_here():
    assert KEYS.keys() == MOUSE.keys() == PAGES.keys() == TASK_TYPES.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_by_keyboard(open_page, name: str):
    labeling = open_page(PAGES[name]())
    KEYS[name](labeling)
    assert stored(PAGES[name](), labeling.done()) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_by_mouse(open_page, name: str):
    labeling = open_page(PAGES[name]())
    MOUSE[name](labeling)
    assert stored(PAGES[name](), labeling.done()) == EXPECTED[name]


@pytest.mark.parametrize("act", [boxes_keys, boxes_mouse])
def test_boxes_lie_where_they_were_drawn(open_page, act):
    labeling = open_page(PAGES["boxes"]())
    act(labeling)
    kind, answers = TASK_TYPES["boxes"], stored(PAGES["boxes"](), labeling.done())
    wanted = [
        {"x": 100, "y": 124, "width": 200, "height": 149, "label": "Square"},
        {"x": 301, "y": 188, "width": 199, "height": 125, "label": "Circle"},
    ]
    assert kind.score(answers["q1"], kind.read(wanted, Ask(("Square", "Circle")))) > 0.97
    assert answers["q2"] == "[]"


def test_two_fingers_look_closer_and_draw_nothing(open_page):
    labeling = open_page(PAGES["boxes"]())
    labeling.frame.wait_for_function("crowd.questions[0].asked.querySelector('img').naturalWidth > 0")
    shown = labeling.find(".canvas").bounding_box()
    x, y = shown["x"] + shown["width"] / 2, shown["y"] + 200
    screen = labeling.tab.context.new_cdp_session(labeling.tab)

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": at_x, "y": at_y, "id": number} for number, (at_x, at_y) in enumerate(fingers)]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 40, y))
    touch("touchMove", (x - 60, y + 30))  # one finger alone draws
    assert labeling.find(".box").count() == 1
    touch("touchStart", (x - 60, y + 30), (x + 40, y + 30))
    assert labeling.find(".box").count() == 0
    touch("touchMove", (x - 110, y + 30), (x + 90, y + 30))
    touch("touchEnd")
    assert labeling.find(".stage").bounding_box()["width"] == pytest.approx(2 * shown["width"], rel=0.02)
    looked_at = labeling.find(".canvas").evaluate("node => node.scrollLeft")
    assert looked_at == pytest.approx(shown["width"] / 2, abs=15)  # what was between them stays
    labeling.keys("0")
    touch("touchStart", (x - 100, y))
    touch("touchMove", (x + 100, y + 100))
    touch("touchEnd")
    assert labeling.find(".box").count() == 1


def test_a_word_that_was_tapped_gets_the_label_tapped_next(open_page):
    labeling = open_page(PAGES["spans"]())
    labeling.find(".passage").locator("span, mark").first.click(position={"x": 8, "y": 10})
    labeling.settle()
    click(labeling, "Machine")
    go_on(labeling)
    go_on(labeling)
    assert labeling.done()["answers"] == {"q1": [{"start": 0, "end": 3, "label": "Machine"}], "q2": []}


def test_spans_and_boxes_are_taken_back_one_at_a_time(open_page):
    labeling = open_page(PAGES["spans"]())
    labeling.keys("ArrowRight", "1", "ArrowRight", "2", "Control+z")
    assert labeling.told("draft")[-1]["draft"]["answers"]["q1"] == [{"start": 0, "end": 3, "label": "Person"}]
    labeling.keys("Control+y")
    assert len(labeling.told("draft")[-1]["draft"]["answers"]["q1"]) == 2
