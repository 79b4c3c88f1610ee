"""Texts: merged word by word, the better workers first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.kinds import estimate
from aggregation.readings import Readings
from aggregation.transcripts import edit_distance, rover, words_of

TEXTS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), max_size=6).map(" ".join)


def heard(*texts: str) -> Readings[str]:
    return Readings.from_columns(["i"] * len(texts), [f"w{n}" for n in range(len(texts))], texts)


def test_each_word_is_the_one_most_heard():
    found = rover(heard("the cat sat", "the hat sat", "a cat sat"))
    assert found.values == ("the cat sat",)


def test_a_word_one_worker_missed_stays_and_one_that_one_added_goes():
    found = rover(heard("we saw two ships", "we saw ships", "we saw two ships now"))
    assert found.values == ("we saw two ships",)


def test_case_and_punctuation_do_not_part_words_and_the_commonest_form_is_kept():
    found = rover(heard("Dr. Smith came", "Dr. Smith came,", "dr smith came"))
    assert found.values == ("Dr. Smith came",)
    assert found.confidence[0] == pytest.approx(1.0)


def test_single_words_are_merged_letter_by_letter():
    assert rover(heard("AB123", "AB1Z3", "A8123")).values == ("AB123",)


def test_workers_who_proved_right_elsewhere_decide():
    good = [(f"i{n}", w, f"this is sentence number {n}") for n in range(20) for w in ("u", "v", "x")]
    bad = [(f"i{n}", "y", f"that was words nummer {n}") for n in range(20)]
    rows = [*good, *bad, ("z", "u", "they left early"), ("z", "y", "we left early")]
    items, workers, texts = zip(*rows, strict=True)
    found = rover(Readings.from_columns(items, workers, texts))
    assert found.values[-1] == "they left early"
    assert found.skill[-1] < found.skill[0]


def test_nothing_heard_is_an_answer_too():
    found = rover(heard("", "", "noise"))
    assert found.values == ("",)


def test_an_item_without_answers_has_no_text():
    found = rover(Readings.from_columns(["i"], ["u"], ["a b"], item_ids=["i", "j"]))
    assert found.values == ("a b", None)
    assert np.isnan(found.confidence[1])


def test_too_few_rounds_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        rover(heard("a"), rounds=0)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_the_result_is_made_of_words_that_were_heard(texts):
    found = rover(heard(*texts))
    said = {key for text in texts for key in words_of(text).keys} | set("".join(texts).casefold())
    assert set(words_of(found.values[0] or "").keys) <= said | {"".join(found.values[0] or "").casefold()}
    assert 0.0 <= found.confidence[0] <= 1.0 + 1e-9


@given(TEXTS, TEXTS, TEXTS)
def test_edit_distance_is_a_distance(a, b, c):
    x, y, z = (text.split() for text in (a, b, c))
    assert edit_distance(x, x) == 0
    assert edit_distance(x, y) == edit_distance(y, x)
    assert edit_distance(x, z) <= edit_distance(x, y) + edit_distance(y, z)


def test_the_rover_of_crowdkit_says_how_near_the_texts_are():
    texts = ("The quick fox.", "the quick fox", "a quick hen", "the")
    rows = [("a", f"w{n}", text) for n, text in enumerate(texts)]
    readings = Readings.from_columns(*zip(*rows, strict=True), item_ids=["a", "b"])
    found = estimate("texts", readings, "crowdkit-rover")
    assert found.values == ("the quick fox", None)
    assert found.skill == pytest.approx([1, 1, 1 / 3, 1 / 3])
    assert found.confidence[0] == pytest.approx(2 / 3)
