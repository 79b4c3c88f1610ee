"""Simulated workers answer by what is asked, each in their own way."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from crowd.sandbox import form
from crowd.sandbox.form import Form
from crowd.sandbox.habits import Habits, crowd_of

MIX = {"good": 0.6, "sloppy": 0.2, "spam": 0.2}
SIZE = 30


def page(*questions: str) -> Form:
    fields = "".join(
        f'<p>{asked}</p><label><input type="radio" name="q{place}" value="yes">Yes</label>'
        f'<label><input type="radio" name="q{place}" value="no">No</label>'
        for place, asked in enumerate(questions)
    )
    return form.read(f"<form>{fields}</form>").forms[0]


def crowd() -> list[Habits]:
    return [Habits(MIX, SIZE, number, seed=5) for number in range(SIZE)]


def test_a_person_is_of_one_kind_whatever_is_asked():
    mix = tuple(sorted(MIX.items()))
    kinds = [[each.kind for each in crowd_of(mix, SIZE, options, 5)] for options in (2, 3, 21)]
    assert kinds[0] == kinds[1] == kinds[2]
    assert Counter(kinds[0])["good"] == 18


def test_people_agree_on_the_same_question_wherever_it_stands():
    asked = [f"Is this picture number {number} sharp?" for number in range(40)]
    votes: dict[str, Counter[str]] = {each: Counter() for each in asked}
    for number, person in enumerate(crowd()):
        shifted = asked[number:] + asked[:number]
        for place, value in person.fill_in(page(*shifted)):
            votes[shifted[int(place[1:])]][value] += 1
    shares = [max(each.values()) / each.total() for each in votes.values()]
    assert sum(shares) / len(shares) > 0.7
    assert {each.most_common(1)[0][0] for each in votes.values()} == {"yes", "no"}


def test_the_same_seed_gives_the_same_answers():
    one, two = (Habits(MIX, SIZE, 3, seed=1).fill_in(page("a?", "b?", "c?")) for _ in range(2))
    assert one == two


def test_every_kind_of_field_gets_an_answer_that_fits():
    (asked,) = form.read("""<form><input name="word"><input type="number" name="age" min="20" max="40">
        <select name="size"><option>S</option><option>L</option></select></form>""").forms
    for person in crowd():
        said = dict(person.fill_in(asked))
        assert said["word"].strip()
        assert 20 <= float(said["age"]) <= 40
        assert said["size"] in ("S", "L")


def test_a_form_is_never_sent_empty():
    (asked,) = form.read("<form><input type=checkbox name=seen></form>").forms
    assert {tuple(person.fill_in(asked)) for person in crowd()} == {(("seen", "on"),)}


@pytest.mark.parametrize(
    "buttons", [(("yes", "on"), ("no", "on")), (("choice", "a"), ("choice", "b")), (("q", "a"), ("r", "b"))]
)
def test_one_radio_button_of_a_group_is_on(buttons):
    shown = "".join(
        f'<crowd-radio-button name="{name}" value="{value}"></crowd-radio-button>' for name, value in buttons
    )
    (asked,) = form.read(f"<crowd-form><crowd-radio-group>{shown}</crowd-radio-group></crowd-form>").forms
    chosen = set()
    for person in crowd():
        ((_, sent),) = person.fill_in(asked)
        (said,) = json.loads(sent)
        on = {button: said[button[0]][button[1]] for button in buttons}
        assert sorted(on.values()) == [False, True]
        chosen |= {button for button, is_on in on.items() if is_on}
    assert chosen == set(buttons)


def test_crowd_html_elements_are_sent_as_one_field():
    (asked,) = form.read("""<crowd-form><crowd-classifier name="pet" categories='["cat", "dog"]'>
        </crowd-classifier><crowd-checkbox name="marks" value="blurry"></crowd-checkbox>
        </crowd-form>""").forms
    ((name, value),) = crowd()[0].fill_in(asked)
    (said,) = json.loads(value)
    assert name == "taskAnswers"
    assert said["pet"]["label"] in ("cat", "dog")
    assert set(said["marks"]) == {"blurry"}


@pytest.mark.parametrize("questions", [1, 8])
def test_more_questions_take_longer(questions: int):
    asked = page(*["?"] * questions)
    assert questions / 2 < sum(person.seconds(asked) for person in crowd()) / SIZE < questions * 15
