"""Gold answers are graded by exact comparison."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.gold import Grade, grade


@given(st.lists(st.text(), min_size=1), st.data())
def test_every_accepted_value_gets_full_credit(accepted, data):
    assert grade(data.draw(st.sampled_from(accepted)), accepted) == Grade(correct=True, score=1.0)


@given(st.text(), st.lists(st.text(), min_size=1))
def test_any_other_value_gets_none(value, accepted):
    others = [a for a in accepted if a != value] or [value + "x"]
    assert grade(value, others) == Grade(correct=False, score=0.0)


def test_case_and_spaces_tell_labels_apart():
    assert not grade("Cat", ["cat"]).correct
    assert not grade("cat ", ["cat"]).correct


def test_a_lone_string_is_not_mistaken_for_its_letters():
    with pytest.raises(TypeError, match=r"write \['cat'\]"):
        grade("c", "cat")


def test_gold_without_accepted_values_is_refused():
    with pytest.raises(ValueError, match="at least one accepted value"):
        grade("cat", [])
