"""What workers did before joins what they do now."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation import history
from aggregation.answers import Answers
from aggregation.history import History
from aggregation.registry import AGGREGATORS, aggregate

LEARNERS = [name for name, each in AGGREGATORS.items() if each.takes_history]


def past(*rows: tuple[str, str, str, float]) -> History:
    worker, truth, answer, count = zip(*rows, strict=True)
    return History(worker, truth, answer, np.array(count, dtype=np.float64))


def reliable(worker: str, *, right: float, wrong: float) -> list[tuple[str, str, str, float]]:
    return [(worker, k, a, right if a == k else wrong) for k in ("cat", "dog") for a in ("cat", "dog")]


@pytest.mark.parametrize("method", LEARNERS)
def test_of_two_who_contradict_each_other_the_one_known_to_be_right_is_believed(method):
    answers = Answers.from_columns(["1", "1"], ["ann", "bob"], ["cat", "dog"], label_set=["cat", "dog"])
    known = past(*reliable("ann", right=30, wrong=20), *reliable("bob", right=48, wrong=2))
    found = aggregate(answers, method, history=known)
    assert found.labels[found.choice[0]] == "dog"
    assert found.confidence[0] > 0.6


@pytest.mark.parametrize("method", LEARNERS)
def test_without_weight_the_past_changes_nothing(method, crowd):
    answers = crowd(seed=3)
    before = history.of(answers, aggregate(answers, method))
    now = aggregate(answers, method)
    faded = aggregate(answers, method, history=before.faded(0.0))
    np.testing.assert_allclose(faded.posterior, now.posterior, atol=1e-9)


@pytest.mark.parametrize("method", LEARNERS)
def test_workers_and_labels_that_are_not_here_are_left_out(method, crowd):
    answers = crowd(seed=4)
    elsewhere = past(("somebody", "c0", "c1", 9.0), ("w00", "zebra", "c1", 9.0), ("w00", "c1", "zebra", 9.0))
    found = aggregate(answers, method, history=elsewhere)
    np.testing.assert_allclose(found.posterior, aggregate(answers, method).posterior, atol=1e-9)


def test_a_history_counts_every_answer_once_and_by_how_likely_each_label_is(crowd):
    answers = crowd(seed=5)
    found = aggregate(answers)
    before = history.of(answers, found)
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    for code, name in enumerate(answers.workers):
        mine = [count for worker, _, _, count in before.rows() if worker == name]
        assert sum(mine) == pytest.approx(given[code])


def test_past_work_makes_few_answers_go_further(crowd):
    """Skilled and unskilled workers are told apart before they answer."""
    rng = np.random.default_rng(0)
    skill = {"good": 0.95, "poor": 0.55}

    def answers(items: range, each: int) -> tuple[Answers, np.ndarray]:
        truth = rng.integers(2, size=len(items))
        rows = [
            (f"i{i:04}", f"{kind}{n}", str(t if rng.random() < p else 1 - t))
            for i, t in zip(items, truth, strict=True)
            for kind, p in skill.items()
            for n in rng.choice(6, each, replace=False)
        ]
        return Answers.from_columns(*zip(*rows, strict=True), label_set=["0", "1"]), truth

    first, _ = answers(range(300), 3)
    second, truth = answers(range(400), 1)
    before = history.of(first, aggregate(first))
    alone = (aggregate(second).choice == truth).mean()
    told = (aggregate(second, history=before).choice == truth).mean()
    assert told > alone + 0.05


@given(
    rows=st.lists(
        st.tuples(*[st.sampled_from("abc")] * 3, st.floats(0, 100)),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[:3],
    )
)
def test_two_halves_of_a_history_are_the_whole(rows):
    whole = past(*rows)
    halves = whole.faded(0.5).with_more(whole.faded(0.5))
    assert dict(_cells(halves)) == pytest.approx(dict(_cells(whole)))


def _cells(found: History):
    return ((row[:3], row[3]) for row in found.rows())


def test_what_is_no_history_is_refused():
    with pytest.raises(ValueError, match="count must be a number"):
        past(("a", "x", "x", -1.0))
    with pytest.raises(ValueError, match="unequal lengths"):
        History(("a",), (), (), np.zeros(0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        past(("a", "x", "x", 1.0)).faded(1.5)


def test_a_method_that_learns_nothing_of_workers_says_so(crowd):
    with pytest.raises(ValueError, match="majority learns nothing"):
        aggregate(crowd(), "majority", history=past(("w00", "c0", "c0", 1.0)))
