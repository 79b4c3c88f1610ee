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


def test_part_of_the_credit_is_not_right():
    found = grade("kitten", {"cat": 1.0, "kitten": 0.5})
    assert found == Grade(correct=False, score=0.5)
    assert grade("kitten", {"cat": 1.0, "kitten": 0.5}, enough=0.5).correct


def test_the_nearest_accepted_value_counts():
    def nearness(one: str, other: str) -> float:
        return 1 - abs(float(one) - float(other)) / 10

    assert grade("4", {"0": 1.0, "5": 0.5}, nearness=nearness, enough=0.6) == Grade(correct=True, score=0.6)
    assert grade("5", {"0": 0.8, "5": 1.0}, nearness=nearness).score == 1.0


@pytest.mark.parametrize("credit", [0, -1, 1.5, float("nan")])
def test_credit_is_a_share(credit):
    with pytest.raises(ValueError, match="must be above 0 and at most 1"):
        grade("cat", {"cat": credit})
