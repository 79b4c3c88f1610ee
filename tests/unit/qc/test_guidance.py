"""What instructions should say better, from answers of workers who are worth hearing."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import Answers
from qc.guidance import confusable, difficulty

LABELS = ("cat", "dog", "owl", "wolf")


def crowd(*, mixing: float, items: int = 200, seed: int = 0) -> tuple[Answers, np.ndarray, np.ndarray]:
    """Five good workers who mix up dogs and wolves, err elsewhere at random, and one who guesses."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=items)
    table = np.full((4, 4), 0.02) + 0.92 * np.eye(4)
    for one, other in ((1, 3), (3, 1)):
        table[one, other] += mixing
        table[one, one] -= mixing
    rows = [(n, w, int(rng.choice(4, p=table[truth[n]]))) for n in range(items) for w in range(5)]
    rows += [(n, 5, int(rng.integers(4))) for n in range(items)]
    item, worker, label = (np.array(column, dtype=np.int32) for column in zip(*rows, strict=True))
    names = tuple(f"i{n:03d}" for n in range(items))
    answers = Answers(item, worker, label, names, tuple("abcdef"), LABELS)
    return answers, np.eye(4)[truth], np.array([0.9] * 5 + [0.0])


def test_labels_mixed_up_more_than_chance_are_named_with_both_directions_and_examples():
    answers, posterior, informed = crowd(mixing=0.3)
    (pair,) = confusable(answers, posterior, informed)
    assert (pair.one, pair.other) == ("dog", "wolf")
    assert pair.taken > pair.expected / 2
    assert pair.back > pair.expected / 2
    said = {(n, label) for n, label in zip(answers.item.tolist(), answers.label.tolist(), strict=True)}
    assert len(pair.examples) == 3
    assert all({(n, 1), (n, 3)} <= said for n in pair.examples)


def test_errors_at_random_are_hardly_ever_a_confusion():
    found = [confusable(*crowd(mixing=0.0, seed=seed)) for seed in range(20)]
    assert sum(map(bool, found)) <= 4


def test_workers_whose_answers_say_nothing_confuse_no_labels():
    answers, posterior, _ = crowd(mixing=0.3)
    assert confusable(answers, posterior, np.zeros(6)) == ()


def test_of_two_labels_the_only_pair_is_named_once_it_is_mixed_up_at_all():
    rows = [(f"i{n}", f"w{w}", "yes" if n < 10 or w else "no") for n in range(20) for w in range(2)]
    answers = Answers.from_columns(*(list(column) for column in zip(*rows, strict=True)))
    posterior = np.tile([0.0, 1.0], (20, 1))
    (pair,) = confusable(answers, posterior, np.ones(2))
    assert (pair.one, pair.other, pair.taken, pair.back, pair.items) == ("no", "yes", 0.0, 10.0, 10)


def test_items_that_divide_good_workers_are_hard_and_those_that_divide_bad_ones_are_not():
    rows = [("easy", w, "x") for w in "ab"] + [("hard", "a", "x"), ("hard", "b", "y")]
    rows += [("noise", "a", "x"), ("noise", "b", "x"), ("noise", "spam", "y")]
    answers = Answers.from_columns(*(list(column) for column in zip(*rows, strict=True)))
    posterior = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0]])
    found = difficulty(answers, posterior, np.array([0.9, 0.9, 0.0]))
    assert found.division.tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert found.doubt.tolist() == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)
    assert found.doubtful.tolist() == [False, True, False]


def test_of_one_answer_and_of_nothing_known_nothing_is_said():
    answers = Answers.from_columns(["i"], ["a"], ["x"], label_set=("x", "y"))
    found = difficulty(answers, np.full((1, 2), np.nan), np.array([0.9]))
    assert np.isnan(found.division[0])
    assert found.doubtful.tolist() == [False]
    assert confusable(answers, np.full((1, 2), np.nan), np.array([0.9])) == ()
