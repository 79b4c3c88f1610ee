"""The rank-one test catches people who do not look, and leaves the others alone."""

from collections import defaultdict
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.spam import Observation, SpamPolicy, SpamTest, judge, policy_for, unlearned
from workers.simulated import people

POLICY = SpamPolicy()
PEERS_RIGHT = 0.93


def history(person, labels, rng, *, answers=120):
    """Balanced gold, 40 % of the first 20 answers and 5 % after; beside the rest what others say."""
    for number in range(answers):
        truth = int(rng.integers(labels))
        answer = person.answer(truth, rng)
        if rng.random() < (0.4 if number < 20 else 0.05):
            yield Observation(answer, truth)
        else:
            wrong = (truth + 1 + int(rng.integers(labels - 1))) % labels
            yield beside(answer, truth if rng.random() < PEERS_RIGHT else wrong, labels)


def beside(answer, heard, labels, sure=PEERS_RIGHT):
    """Return an answer to an item of which the others say this, so surely."""
    rest = (1 - sure) / (labels - 1)
    return Observation(answer, others=tuple(sure if code == heard else rest for code in range(labels)))


def found_shares(labels, seed):
    rng = np.random.default_rng(seed)
    mix = {"good": 0.5, "random": 0.2, "constant": 0.2, "adversary": 0.1}
    found = defaultdict(list)
    for person in people(mix, 300, labels, rng):
        judgement = judge(list(history(person, labels, rng)), labels, POLICY)
        found[person.kind].append(judgement.verdict != "good")
    return {kind: float(np.mean(verdicts)) for kind, verdicts in found.items()}


@pytest.mark.parametrize(("labels", "seed"), [(2, 0), (2, 1), (4, 2), (10, 3)])
def test_who_does_not_look_is_found_and_who_does_is_not(labels, seed):
    shares = found_shares(labels, seed)
    assert shares["good"] <= 0.02
    assert shares["constant"] == 1
    assert shares["adversary"] == 1
    assert shares["random"] >= 0.85  # at the end, without the exams that would have kept them out


def test_a_constant_worker_is_sent_to_an_exam_where_one_class_is_common():
    rng = np.random.default_rng(5)
    truths = rng.choice(2, size=120, p=[0.88, 0.12])
    always_common = [beside(0, int(truth), 2) for truth in truths]
    assert judge(always_common, 2, POLICY).verdict == "suspend"
    exam = [Observation(0, code % 2) for code in range(10)]
    assert judge(always_common + exam, 2, POLICY).verdict == "ban"


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
    assert judgement.graded < 30
    assert judgement.reason == (
        f"spam evidence {judgement.llr:.2f} >= 4.60 (ban) after {judgement.graded} answers to gold, 0 right"
    )


def test_a_suspension_lifts_when_the_exam_is_passed():
    suspicious = [Observation(i % 2, 1 - i % 2) for i in range(3)]
    exam = [Observation(i % 2, i % 2) for i in range(10)]
    assert judge(suspicious, 2, POLICY).verdict == "suspend"
    assert judge(suspicious + exam, 2, POLICY).verdict == "good"


def test_where_all_find_it_hard_less_is_asked_but_never_chance():
    easy, hard = [(18, 20)] * 8, [(14, 20)] * 8
    assert policy_for(easy, 2).good == POLICY.good
    assert policy_for(hard, 2).good == pytest.approx(0.8 * 0.4)
    assert policy_for([(10, 20)] * 8, 2).good == 0.25
    assert policy_for(hard[:4] + [(3, 7)] * 9, 2) == POLICY  # too few to tell
    assert policy_for(hard + [(0, 20)] * 8, 2).good == policy_for(hard, 2).good


def test_a_label_that_nobody_gives_says_nothing_of_one_worker():
    records = {0: (90, 100), 1: (1, 100), 2: (0, 19), 3: (13, 100)}
    assert unlearned(records, 4) == {1}


def test_nobody_is_judged_on_nothing():
    judgement = judge([], 2, POLICY)
    assert (judgement.verdict, judgement.llr, judgement.graded, judgement.compared) == ("good", 0, 0, 0)
    assert judgement.reason == "spam evidence 0.00 < 2.30 (suspend) after 0 answers to gold, 0 right"


def test_an_answer_nothing_is_known_of_tells_habits_only():
    test = SpamTest.start(2, POLICY).observe(Observation(1))
    assert (test.llr, test.graded, test.compared, test.counts) == (0, 0, 0, (0, 1))
    # One earlier answer of this label: as spam 2/3, as a good worker's error 1/5.
    assert test.observe(Observation(1, 0)).llr == pytest.approx(log((2 / 3) / 0.2))


def test_an_unsure_consensus_says_less():
    start = SpamTest.start(2, POLICY)
    steps = [start.observe(beside(1, 0, 2, sure)).llr for sure in (0.5, 0.7, 0.9, 1.0)]
    assert steps[0] == pytest.approx(0)
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(start.observe(Observation(1, 0)).llr)


def test_peers_alone_never_ban_and_gold_undoes_what_they_say():
    against = [beside(i % 2, 1 - i % 2, 2) for i in range(60)]
    assert judge(against, 2, POLICY).verdict == "suspend"
    exam = [Observation(i % 2, i % 2) for i in range(10)]
    passed = judge(against + exam, 2, POLICY)
    assert passed.verdict == "good"
    assert judge(against + exam + against, 2, POLICY).verdict == "good"


counts = st.lists(st.integers(0, 30), min_size=2, max_size=6).map(tuple)


@given(counts, st.data())
def test_a_good_worker_gains_no_evidence_on_average(seen, data):
    """E[exp(step)] <= 1 under H_good, which is what makes the thresholds mean odds."""
    test = SpamTest(SpamPolicy(floor=-1e9), seen)
    truth = data.draw(st.integers(0, len(seen) - 1))
    accuracy = test.policy.accuracy(len(seen))
    chances = [accuracy if a == truth else (1 - accuracy) / (len(seen) - 1) for a in range(len(seen))]
    steps = [exp(test.observe(Observation(a, truth)).llr) for a in range(len(seen))]
    assert np.dot(chances, steps) <= 1 + 1e-9


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40), st.permutations(range(4)))
def test_renaming_the_labels_changes_nothing(pairs, names):
    original = judge([Observation(a, t) for a, t in pairs], 4, POLICY)
    renamed = judge([Observation(names[a], names[t]) for a, t in pairs], 4, POLICY)
    assert renamed == original


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 1))))
def test_evidence_stays_above_the_floor(rows):
    seen = [beside(a, t, 3, sure) if sure < 1 else Observation(a, t) for a, t, sure in rows]
    judgement = judge(seen, 3, POLICY)
    assert judgement.gold >= POLICY.floor
    assert POLICY.peers_floor <= judgement.peers <= POLICY.peers_most


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SpamTest.start(1, POLICY), "at least 2 labels"),
        (lambda: SpamTest.start(2, POLICY).observe(Observation(2, 0)), "label codes from 0 to 1"),
        (lambda: SpamTest.start(2, POLICY).observe(Observation(0, -1)), "label codes from 0 to 1"),
        (lambda: SpamTest.start(2, POLICY).observe(Observation(0, None, (1.0,))), "one for each of 2"),
        (lambda: SpamPolicy(peers_most=9), "peers_most < ban"),
        (lambda: SpamPolicy(ban=1, suspend=2), "suspend <= ban"),
        (lambda: SpamPolicy(good=1), "good is 1"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
