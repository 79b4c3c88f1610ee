"""Stop rules: fixed overlap and confidence, one item at a time and all at once."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.decide import ACTIONS, Decision, Policy, decide, decide_all

SURE = Policy(min_answers=2, max_answers=4, confidence=0.95)
FIXED = Policy(overlap=3)


@st.composite
def policies(draw):
    least = draw(st.integers(1, 6))
    return Policy(
        min_answers=least,
        max_answers=draw(st.integers(least, 9)),
        confidence=draw(st.none() | st.floats(0.01, 1)),
        overlap=draw(st.integers(1, 6)),
        least_gain=draw(st.none() | st.floats(0.001, 0.5)),
        expert=draw(st.none() | st.floats(0.1, 50)),
    )


items = st.tuples(st.integers(0, 12), st.floats(0, 1) | st.just(float("nan")), st.integers(0, 8))


@pytest.mark.parametrize(
    ("votes", "confidence", "expected"),
    [
        (1, 0.99, Decision("more", "1 answer < minimum 2")),
        (2, 0.97, Decision("enough", "confidence 0.97 >= 0.95 after 2 answers")),
        (2, 0.95, Decision("enough", "confidence 0.95 >= 0.95 after 2 answers")),
        (3, 0.9496, Decision("more", "confidence 0.9496 < 0.9500 after 3 answers")),
        (4, 0.5, Decision("give_up", "confidence 0.50 < 0.95 after 4 answers, the maximum is 4")),
        (4, 0.99, Decision("enough", "confidence 0.99 >= 0.95 after 4 answers")),
        (3, float("nan"), Decision("more", "confidence unknown, target 0.95 after 3 answers")),
    ],
)
def test_a_confidence_target_buys_until_sure_or_spent(votes, confidence, expected):
    assert decide(votes, confidence, SURE) == expected


def test_a_fixed_overlap_only_counts():
    assert decide(2, 1.0, FIXED) == Decision("more", "2 answers < overlap 3")
    assert decide(3, 0.2, FIXED) == Decision("enough", "3 answers >= overlap 3")


def test_an_item_can_want_more_answers_than_the_overlap_but_not_fewer():
    assert decide(3, 0.2, FIXED, wanted=4) == Decision("more", "3 answers < overlap 4")
    assert decide(2, 0.2, FIXED, wanted=1).action == "more"


@given(policies(), st.lists(items, max_size=20))
def test_deciding_all_at_once_agrees_with_one_by_one(policy, rows):
    votes, confidence, wanted = (
        np.array([row[i] for row in rows], dtype=kind) for i, kind in enumerate((int, float, int))
    )
    gain = np.linspace(0.0, 0.2, len(rows))
    codes = decide_all(votes, confidence, policy, wanted=wanted, gain=gain)
    alone = [
        decide(v, c, policy, wanted=w, gain=g).action
        for (v, c, w), g in zip(rows, gain.tolist(), strict=True)
    ]
    assert [ACTIONS[code] for code in codes] == alone


WORTH = Policy(min_answers=2, max_answers=6, confidence=0.95, least_gain=0.01, expert=10)


@pytest.mark.parametrize(
    ("votes", "confidence", "gain", "expected"),
    [
        (1, 0.5, 0.0, Decision("more", "1 answer < minimum 2")),
        (
            3,
            0.8,
            0.04,
            Decision(
                "more", "confidence 0.80 < 0.95 after 3 answers, another gains 0.04 >= 0.01 right labels"
            ),
        ),
        (3, 0.96, 0.04, Decision("enough", "confidence 0.96 >= 0.95 after 3 answers")),
        (
            4,
            0.92,
            0.002,
            Decision(
                "give_up", "confidence 0.92 < 0.95 after 4 answers, another gains 0.00 < 0.01 right labels"
            ),
        ),
        (
            4,
            0.7,
            0.002,
            Decision(
                "expert",
                "confidence 0.70 < 0.95 after 4 answers, another gains 0.00 < 0.01 right labels, "
                "an expert gains 0.30",
            ),
        ),
        (
            6,
            0.7,
            0.1,
            Decision(
                "expert",
                "confidence 0.70 < 0.95 after 6 answers, another gains 0.10 >= 0.01 right labels, "
                "the maximum is 6, an expert gains 0.30",
            ),
        ),
    ],
)
def test_an_answer_is_bought_while_it_gains_more_than_it_costs(votes, confidence, gain, expected):
    assert decide(votes, confidence, WORTH, gain=gain) == expected


def test_without_a_target_an_item_is_done_once_another_answer_gains_too_little():
    policy = Policy(least_gain=0.01)
    assert decide(2, 0.8, policy, gain=0.005) == Decision(
        "enough", "confidence 0.80 after 2 answers, another gains 0.005 < 0.010 right labels"
    )
    assert decide(2, 0.8, policy, gain=0.02).action == "more"
    assert decide(5, 0.8, policy, gain=0.02).action == "give_up"


@given(policies(), items)
def test_the_reason_states_a_true_comparison(policy, item):
    votes, confidence, wanted = item
    reason = decide(votes, confidence, policy, wanted=wanted).reason
    if found := re.search(r"confidence (\S+) (>=|<) (\S+) after", reason):
        left, sign, right = float(found[1]), found[2], float(found[3])
        assert (left >= right) == (sign == ">=")
        assert left == pytest.approx(confidence, abs=0.005)


@given(policies(), items)
def test_never_past_the_maximum_and_never_before_the_minimum(policy, item):
    votes, confidence, _ = item
    if policy.confidence is not None:
        action = decide(votes, confidence, policy).action
        assert action != "more" or votes < policy.max_answers
        assert policy.expert is not None or action != "expert"
        assert action == "more" or votes >= policy.min_answers


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"overlap": 0}, "overlap is 0"),
        ({"min_answers": 0}, "min_answers is 0"),
        ({"min_answers": 3, "max_answers": 2}, r"at least min_answers \(3\)"),
        ({"least_gain": 1.5}, "least_gain is 1.5"),
        ({"expert": 0}, "expert is 0"),
        ({"confidence": 95}, "confidence is 95"),
        ({"confidence": float("nan")}, "confidence is nan"),
    ],
)
def test_a_policy_that_cannot_be_met_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Policy(**fields)
