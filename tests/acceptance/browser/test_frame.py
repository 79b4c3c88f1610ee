"""The frame around every question: going on, going back, taking back, skipping, drafts and time."""

from __future__ import annotations

import pytest

from tests.acceptance.browser.labeling import make_page

TEXTS = [{"text": f"Review {number}", "stars": number} for number in (1, 2, 3)]
LABELS = ("Good", "Bad", "Else", "Cannot tell")
DETAILS = {
    "Good": {"definition": "One would buy it again."},
    "Else": {"kind": "other"},
    "Cannot tell": {"kind": "cannot_tell"},
}


@pytest.fixture
def labeling(open_page):
    return open_page(make_page("choice", TEXTS, LABELS, details=DETAILS))


def stop_clock(context) -> None:
    """Let time stand still in a browser until it is moved."""
    context.clock.install(time=0)
    context.clock.pause_at(1)


def test_digits_answer_and_enter_hands_in(labeling):
    labeling.keys("1", "2", "4", "Enter")
    done = labeling.done()
    assert done["answers"] == {"q1": "Good", "q2": "Bad", "q3": "Cannot tell"}
    assert (done["notes"], done["skips"]) == ({}, {})
    assert set(done["times"]) <= {"q1", "q2", "q3"}


def test_the_last_answer_waits_to_be_confirmed(labeling):
    labeling.keys("1", "1", "1")
    assert labeling.position() == "3 of 3"
    assert not labeling.told("done")


def test_letters_answer(labeling):
    labeling.keys("g", "b", "g", "Enter")
    assert labeling.done()["answers"] == {"q1": "Good", "q2": "Bad", "q3": "Good"}


def test_arrows_walk_over_the_labels_and_enter_takes_one(labeling):
    labeling.keys("ArrowDown", "ArrowDown", "Enter")
    assert labeling.told("draft")[-1]["draft"]["answers"] == {"q1": "Bad"}
    assert labeling.position() == "2 of 3"


def test_a_click_answers_and_goes_on(labeling):
    for text in ("Good", "Bad", "Good"):
        labeling.find(".option").get_by_text(text, exact=True).click()
    labeling.frame.get_by_role("button", name="Hand in").click()
    assert labeling.done()["answers"] == {"q1": "Good", "q2": "Bad", "q3": "Good"}


def test_a_click_on_the_label_already_chosen_goes_on(labeling):
    labeling.keys("1", "ArrowLeft")
    labeling.find(".option").get_by_text("Good", exact=True).click()
    assert labeling.position() == "2 of 3"
    assert labeling.told("draft")[-1]["draft"]["answers"] == {"q1": "Good"}


def test_control_z_takes_back_and_shows_what_was_taken_back(labeling):
    labeling.keys("1", "2", "Control+z")
    assert labeling.position() == "2 of 3"
    assert labeling.told("draft")[-1]["draft"]["answers"] == {"q1": "Good"}
    labeling.keys("Control+z", "Control+y")
    assert labeling.told("draft")[-1]["draft"]["answers"] == {"q1": "Good"}


def test_other_asks_for_words_of_ones_own(labeling):
    labeling.keys("3")
    labeling.tab.keyboard.press("Enter")
    assert labeling.find(".problem").inner_text() == "Say it in your own words."
    labeling.tab.keyboard.type("1st of its kind, s/r?")
    labeling.keys("Enter", "1", "1", "Enter")
    done = labeling.done()
    assert done["answers"]["q1"] == "Else"
    assert done["notes"] == {"q1": "1st of its kind, s/r?"}


def test_a_question_is_skipped_with_a_reason(labeling):
    labeling.keys("s", "2", "Enter", "s", "3")
    labeling.tab.keyboard.type("In Dutch")
    labeling.keys("Enter", "1", "Enter")
    done = labeling.done()
    assert done["skips"] == {
        "q1": {"reason": "broken", "note": ""},
        "q2": {"reason": "other", "note": "In Dutch"},
    }
    assert done["answers"] == {"q3": "Good"}


def test_a_skip_for_other_reasons_needs_words(labeling):
    labeling.keys("s", "3", "Enter")
    assert labeling.frame.locator("#skipping .problem").inner_text() == "Say in your own words why."
    labeling.keys("Escape", "1")
    assert labeling.told("draft")[-1]["draft"]["skips"] == {}


def test_nothing_is_handed_in_while_a_question_is_open(labeling):
    labeling.keys("ArrowRight", "1", "1", "Enter")
    assert labeling.position() == "1 of 3"
    assert not labeling.told("done")
    labeling.keys("1", "ArrowRight", "Enter")
    assert len(labeling.done()["answers"]) == 3


def test_the_overview_leads_to_any_question(labeling):
    labeling.keys("1")
    labeling.frame.get_by_role("button", name="Question 3, open").click()
    assert labeling.position() == "3 of 3"
    assert labeling.frame.get_by_role("button", name="Question 1, answered").count() == 1


def test_a_draft_is_restored(open_page):
    labeling = open_page(make_page("choice", TEXTS, LABELS, details=DETAILS), focus=False)
    draft = {
        "answers": {"q1": "Else"},
        "notes": {"q1": "mine"},
        "skips": {"q2": {"reason": "broken", "note": ""}},
        "times": {"q1": 4.5},
        "position": 2,
    }
    labeling.send(crowd="restore", draft=draft)
    labeling.send(crowd="focus")
    labeling.frame.wait_for_function("document.hasFocus()")
    labeling.keys("1", "Enter")
    done = labeling.done()
    assert done["answers"] == {"q1": "Else", "q3": "Good"}
    assert (done["notes"], done["skips"]) == (draft["notes"], draft["skips"])
    assert done["times"]["q1"] == 4.5


def test_nothing_can_be_entered_once_the_page_is_locked(labeling):
    labeling.keys("1")
    before = len(labeling.told("draft"))
    labeling.send(crowd="lock", message="Your time for this page is over.")
    labeling.frame.wait_for_selector("text=Your time for this page is over.")
    labeling.keys("2", "s", "Enter")
    assert len(labeling.told("draft")) == before
    assert not labeling.told("done")


def test_messages_of_others_are_not_listened_to(labeling):
    labeling.frame.evaluate("postMessage({crowd: 'lock', message: 'no'}, '*')")
    labeling.keys("1")
    assert labeling.position() == "2 of 3"


def test_idle_time_counts_thirty_seconds_at_most(context, open_page):
    stop_clock(context)
    labeling = open_page(make_page("choice", TEXTS, LABELS))
    context.clock.run_for(10_000)
    labeling.keys("1")
    context.clock.run_for(600_000)
    labeling.keys("1", "1", "Enter")
    times = labeling.done()["times"]
    assert (times["q1"], times["q2"]) == (10, 30)


def test_being_active_is_told_once_a_second(context, open_page):
    stop_clock(context)
    labeling = open_page(make_page("choice", TEXTS, LABELS))
    labeling.keys("ArrowDown", "ArrowDown", "ArrowUp")
    assert len(labeling.told("active")) == 1
    context.clock.run_for(1_500)
    labeling.keys("ArrowDown")
    assert len(labeling.told("active")) == 2


def test_the_list_of_keys_turns_single_keys_off(labeling):
    labeling.keys("?")
    labeling.frame.get_by_label("Use single keys").uncheck()
    labeling.frame.get_by_role("button", name="Close").click()
    labeling.frame.locator("#next").focus()
    labeling.keys("1")
    assert not labeling.told("draft")
    assert labeling.told("settings")[-1]["settings"] == {"single": False, "onward": True}


def test_a_problem_is_reported_for_the_question_on_screen(labeling):
    labeling.keys("1", "r")
    assert labeling.told("report") == [{"crowd": "report", "question": "q2"}]


def test_a_definition_shows_on_focus_on_hover_and_on_request(labeling):
    definition = labeling.find(".definition")
    assert not definition.is_visible()
    labeling.keys("ArrowDown")
    assert definition.is_visible()
    labeling.keys("ArrowDown")
    assert not definition.is_visible()
    labeling.find(".option").first.hover()
    assert definition.is_visible()
    labeling.frame.locator("#back").hover(force=True)
    labeling.find(".about").click()
    assert labeling.find(".about").get_attribute("aria-expanded") == "true"
    assert definition.is_visible()


def test_without_javascript_all_questions_are_there_to_be_filled(browser):
    from crowd.rendering import frame

    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.set_content(frame(make_page("choice", TEXTS, LABELS, details=DETAILS), nonce="n", host=""))
    assert tab.get_by_role("radio").count() == 12
    assert all(tab.get_by_text(payload["text"]).is_visible() for payload in TEXTS)
    assert tab.locator(".definition").first.is_visible()
    context.close()
