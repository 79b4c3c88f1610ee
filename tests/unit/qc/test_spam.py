"""The rank-one test catches people who do not look, and leaves the others alone."""

from collections import defaultdict
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.spam import Judgement, Observation, SpamPolicy, SpamTest, judge
from workers.simulated import people

POLICY = SpamPolicy()
PEERS_RIGHT = 0.93


def history(person, labels, rng, *, answers=120):
    """Balanced gold, 40 % of the first 20 answers and 5 % after; peers graded at .4 elsewhere."""
    for number in range(answers):
        truth = int(rng.integers(labels))
        answer = person.answer(truth, rng)
        if rng.random() < (0.4 if number < 20 else 0.05):
            yield Observation(answer, truth)
        else:
            wrong = (truth + 1 + int(rng.integers(labels - 1))) % labels
            yield Observation(answer, truth if rng.random() < PEERS_RIGHT else wrong, weight=0.4)


def banned_shares(labels, seed):
    rng = np.random.default_rng(seed)
    mix = {"good": 0.5, "random": 0.2, "constant": 0.2, "adversary": 0.1}
    banned = defaultdict(list)
    for person in people(mix, 300, labels, rng):
        judgement = judge(list(history(person, labels, rng)), labels, POLICY)
        banned[person.kind].append(judgement.verdict == "ban")
    return {kind: float(np.mean(verdicts)) for kind, verdicts in banned.items()}


@pytest.mark.parametrize(("labels", "seed"), [(2, 0), (2, 1), (4, 2), (10, 3)])
def test_who_does_not_look_is_banned_and_who_does_is_not(labels, seed):
    shares = banned_shares(labels, seed)
    assert shares["good"] <= 0.02
    assert shares["constant"] == 1
    assert shares["adversary"] == 1
    assert shares["random"] >= 0.95


def test_a_constant_worker_is_caught_where_one_class_is_common():
    rng = np.random.default_rng(5)
    truths = rng.choice(2, size=120, p=[0.88, 0.12])
    always_common = [Observation(0, int(truth), 0.4) for truth in truths]
    assert judge(always_common, 2, POLICY).verdict == "ban"


def test_a_good_past_does_not_hide_decay():
    good = [Observation(i % 2, i % 2) for i in range(500)]
    decayed = [Observation(1, 0), Observation(0, 1)] * 5
    assert judge(good, 2, POLICY).llr == pytest.approx(POLICY.floor)
    assert judge(good + decayed, 2, POLICY).verdict == "ban"


@given(st.lists(st.integers(0, 2)))
def test_being_right_is_never_suspect_however_common_the_class(truths):
    always_right = [Observation(truth, truth) for truth in (*truths, *[0] * 200)]
    assert judge(always_right, 3, POLICY).llr <= 0


def test_a_ban_ends_the_test_and_says_why():
    wrong = [Observation(i % 3, (i + 1) % 3) for i in range(30)]
    judgement = judge(wrong, 3, POLICY)
    assert judgement.verdict == "ban"
    assert judgement.observed < 30
    assert judgement.reason == (
        f"spam evidence {judgement.llr:.2f} >= 4.60 (ban) after {judgement.observed} graded answers, 0 right"
    )


def test_a_suspension_lifts_when_the_exam_is_passed():
    suspicious = [Observation(i % 2, 1 - i % 2) for i in range(4)]
    exam = [Observation(i % 2, i % 2) for i in range(10)]
    assert judge(suspicious, 2, POLICY).verdict == "suspend"
    assert judge(suspicious + exam, 2, POLICY).verdict == "good"


def test_nobody_is_judged_on_nothing():
    assert judge([], 2, POLICY) == Judgement(
        "good", 0.0, 0, "spam evidence 0.00 < 2.94 (suspend) after 0 graded answers, 0 right"
    )


def test_an_ungraded_answer_tells_habits_only():
    test = SpamTest.start(2, POLICY).observe(1, 0, weight=0)
    assert (test.llr, test.observed, test.counts) == (0, 0, (0, 1))
    # One earlier answer of this label: as spam 2/3, as a good worker's error 1/5.
    assert test.observe(1, 0).llr == pytest.approx(log((2 / 3) / 0.2))


counts = st.lists(st.integers(0, 30), min_size=2, max_size=6).map(tuple)


@given(counts, st.data())
def test_a_good_worker_gains_no_evidence_on_average(seen, data):
    """E[exp(step)] <= 1 under H_good, which is what makes the thresholds mean odds."""
    test = SpamTest(SpamPolicy(floor=-1e9), seen)
    truth = data.draw(st.integers(0, len(seen) - 1))
    accuracy = test.policy.good_accuracy
    chances = [accuracy if a == truth else (1 - accuracy) / (len(seen) - 1) for a in range(len(seen))]
    steps = [exp(test.observe(a, truth).llr) for a in range(len(seen))]
    assert np.dot(chances, steps) <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40), st.permutations(range(4)))
def test_renaming_the_labels_changes_nothing(pairs, names):
    original = judge([Observation(a, t) for a, t in pairs], 4, POLICY)
    renamed = judge([Observation(names[a], names[t]) for a, t in pairs], 4, POLICY)
    assert renamed == original


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 1))))
def test_evidence_stays_above_the_floor(rows):
    assert judge([Observation(*row) for row in rows], 3, POLICY).llr >= POLICY.floor


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SpamTest.start(1, POLICY), "at least 2 labels"),
        (lambda: SpamTest.start(2, SpamPolicy(good_accuracy=0.5)), "must exceed 0.5"),
        (lambda: SpamTest.start(2, POLICY).observe(2, 0), "label codes from 0 to 1"),
        (lambda: SpamTest.start(2, POLICY).observe(0, -1), "label codes from 0 to 1"),
        (lambda: SpamTest.start(2, POLICY).observe(0, 0, 2.0), "weight is 2"),
        (lambda: SpamPolicy(ban=1, suspend=2), "suspend <= ban"),
        (lambda: SpamPolicy(good_accuracy=1), "good_accuracy is 1"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
