"""How much workers lean to labels: told from skill and chance, and what `panel` makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aggregation.answers import UNKNOWN, Answers
from aggregation.em import Problem
from aggregation.leaning import MOST, trust, within_workers
from aggregation.registry import aggregate


def laid_out(answers):
    return Problem.of(answers, np.full(len(answers.items), UNKNOWN, dtype=np.int32)).pairs


def answered(worker, label, labels=2):
    """Return answers to an item each."""
    items, workers = (tuple(f"{n:05d}" for n in range(size)) for size in (len(worker), max(worker) + 1))
    numbers = (np.asarray(column, dtype=np.int32) for column in (range(len(worker)), worker, label))
    return Answers(*numbers, items, workers, tuple("abcde"[:labels]))


def skewed(rng, items=1000, workers=30):
    """Draw a crowd that errs evenly over five labels, one of which is true of 70 %."""
    truth = np.where(rng.random(items) < 0.7, 0, rng.integers(1, 5, items))
    worker = np.concatenate([rng.permutation(workers)[:3] for _ in range(items)])
    right = rng.random(3 * items) < rng.uniform(0.5, 0.8, workers)[worker]
    item = np.repeat(np.arange(items), 3)
    label = np.where(right, truth[item], (truth[item] + rng.integers(1, 5, 3 * items)) % 5)
    full = answered(worker, label, labels=5)
    return replace(full, item=item.astype(np.int32), items=full.items[:items]), truth


def test_each_worker_always_giving_one_label_is_a_correlation_of_1():
    correlation, workers = within_workers(laid_out(answered([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1])))
    assert correlation == pytest.approx(1.0)
    assert workers == 2


def test_it_is_the_estimate_of_an_analysis_of_variance():
    # Workers of 4 and 6 answers, 3 and 2 of them the first label: 0.115 between, 0.260 within, size 4.8.
    found, _ = within_workers(laid_out(answered([0] * 4 + [1] * 6, [0, 0, 0, 1, 0, 0, 1, 1, 1, 1])))
    between = 2 * (4 * (3 / 4 - 1 / 2) ** 2 + 6 * (1 / 3 - 1 / 2) ** 2)
    within = 2 * (4 * 3 / 4 * 1 / 4 + 6 * 1 / 3 * 2 / 3) / 8
    assert found == pytest.approx((between - within) / (between + 3.8 * within))


def test_workers_with_one_answer_or_a_single_worker_tell_nothing():
    assert trust(laid_out(answered(range(20), [0, 1] * 10))) == pytest.approx(1.0)
    assert trust(laid_out(answered([0] * 20, [0, 1] * 10))) == pytest.approx(1.0)


def test_workers_with_one_answer_change_nothing_among_others():
    worker, label = [0] * 4 + [1] * 6, [0, 0, 0, 1, 0, 0, 1, 1, 1, 1]
    joined = laid_out(answered([*worker, 2, 3, 4], [*label, 1, 1, 0]))
    assert within_workers(joined) == pytest.approx(within_workers(laid_out(answered(worker, label))))


def test_one_label_only_tells_nothing():
    assert trust(laid_out(answered([0, 0, 1, 1], [0, 0, 0, 0], labels=1))) == pytest.approx(1.0)


def test_skill_is_not_taken_for_leaning(rng):
    crowd, _ = skewed(rng)
    assert trust(laid_out(crowd)) > 3.0


def test_leaning_takes_the_trust_in_vote_shares(rng):
    worker = np.repeat(np.arange(30), 100)
    label = (rng.random(3000) < rng.choice([0.2, 0.8], 30)[worker]).astype(int)
    assert trust(laid_out(answered(worker, label))) < 0.3


def test_trust_has_bounds():
    apart = answered([w for w in range(40) for _ in range(9)], [w % 2 for w in range(40) for _ in range(9)])
    alike = answered([w for w in range(40) for _ in range(8)], [0, 1] * 160)
    assert trust(laid_out(apart)) == pytest.approx(1.0 / MOST)
    assert trust(laid_out(alike)) == pytest.approx(MOST)


def test_panel_is_no_worse_than_counting_where_one_of_five_labels_is_common(rng):
    crowd, truth = skewed(rng)
    right = {name: np.mean(aggregate(crowd, name).choice == truth) for name in ("panel", "majority")}
    assert right["panel"] > right["majority"] - 0.02
