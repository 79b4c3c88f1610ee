"""Why two answers of a worker are alike, and what `panel` makes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from aggregation.answers import UNKNOWN, Answers
from aggregation.em import Problem
from aggregation.leaning import MOST, TYPICAL, Leaning, leaning
from aggregation.registry import aggregate


def measured(answers):
    return leaning(Problem.of(answers, np.full(len(answers.items), UNKNOWN, dtype=np.int32)).pairs)


def answered(item, worker, label, labels=2):
    items, workers = (tuple(f"{n:05d}" for n in range(max(codes) + 1)) for codes in (item, worker))
    numbers = (np.asarray(column, dtype=np.int32) for column in (item, worker, label))
    return Answers(*numbers, items, workers, tuple("abcde"[:labels]))


def skewed(rng, items=1000, workers=30, *, by_class=False):
    """Draw a crowd that errs evenly over five labels, one of which is true of 70 %."""
    truth = np.where(rng.random(items) < 0.7, 0, rng.integers(1, 5, items))
    near = np.arange(items)[:, None] * workers // items + np.arange(3)
    drawn = np.concatenate([rng.permutation(workers)[:3] for _ in range(items)])
    worker = (near % workers).ravel() if by_class else drawn
    truth = np.sort(truth) if by_class else truth
    right = rng.random(3 * items) < rng.uniform(0.5, 0.8, workers)[worker]
    item = np.repeat(np.arange(items), 3)
    label = np.where(right, truth[item], (truth[item] + rng.integers(1, 5, 3 * items)) % 5)
    return answered(item, worker, label, labels=5), truth


def by_hand(answers):
    """Count over all answers what `leaning` counts by worker."""
    rows = list(zip(answers.item.tolist(), answers.worker.tolist(), answers.label.tolist(), strict=True))
    alike, crossed = 0.0, 0.0
    for item, worker, label in rows:
        own = [row for row in rows if row[1] == worker and row[0] != item]
        for other, _, said in own:
            theirs = [row[2] for row in rows if row[0] == other and row[1] != worker]
            alike += (said == label) / len(own) / len(rows)
            crossed += np.mean([each == label for each in theirs]) / len(own) / len(rows)
    chance = sum((np.mean(answers.label == label)) ** 2 for label in range(len(answers.labels)))
    return (alike - crossed) / (1 - chance), (crossed - chance) / (1 - chance)


def test_it_is_counted_over_all_two_answers_of_a_worker(rng):
    item = np.repeat(np.arange(12), 3)
    worker = np.concatenate([rng.permutation(6)[:3] for _ in range(12)])
    crowd = answered(item, worker, rng.integers(3, size=36), labels=3)
    found = measured(crowd)
    assert (found.own, found.sorting) == pytest.approx(by_hand(crowd))
    assert found.workers == len(set(worker.tolist()))


def test_what_tells_nothing_changes_nothing(rng):
    crowd, _ = skewed(rng, items=60)
    alone = replace(
        crowd,
        item=np.append(crowd.item, [60, 61]).astype(np.int32),
        worker=np.append(crowd.worker, [0, 1]).astype(np.int32),
        label=np.append(crowd.label, [1, 1]).astype(np.int32),
        items=(*crowd.items, "with one answer", "and another"),
    )
    found, expected = measured(alone), measured(crowd)
    assert (found.own, found.sorting) == pytest.approx((expected.own, expected.sorting))
    assert found.workers == expected.workers


@pytest.mark.parametrize(
    "crowd",
    [
        answered(range(20), range(20), [0, 1] * 10),
        answered(range(20), [0] * 20, [0, 1] * 10),
        answered([0, 0, 1, 1, 2, 2], range(6), [0, 1] * 3),
        answered([0, 0, 1, 1], [0, 1, 0, 1], [0] * 4, labels=1),
        Answers.from_columns([], [], [], label_set=("a", "b")),
    ],
    ids=["one answer each", "one worker", "workers of one answer", "one label", "none"],
)
def test_where_nothing_tells_trust_is_1(crowd):
    assert measured(crowd).trust == pytest.approx(1.0)
    assert measured(crowd).mixed == 1.0


def test_skill_is_not_taken_for_leaning(rng):
    crowd, _ = skewed(rng)
    assert measured(crowd).trust > 3.0
    assert measured(crowd).sorting < TYPICAL


def test_leaning_takes_the_trust_in_vote_shares(rng):
    item, worker = np.repeat(np.arange(1000), 3), np.tile(np.arange(30), 100)
    label = (rng.random(3000) < rng.choice([0.2, 0.8], 30)[worker]).astype(int)
    assert measured(answered(item, worker, label)).trust < 0.3


def test_seeing_one_class_only_is_not_taken_for_leaning(rng):
    found = measured(skewed(rng, by_class=True)[0])
    assert found.sorting > 2 * TYPICAL
    assert found.mixed < 0.5
    assert found.own < TYPICAL


def test_trust_has_bounds():
    apart, alike = (Leaning(own, 0.0, 1000) for own in (1.0, -0.1))
    assert (apart.trust, alike.trust) == pytest.approx((1.0 / MOST, MOST))


def test_names_of_labels_do_not_matter(rng):
    crowd, _ = skewed(rng, items=50)
    found = measured(crowd)
    for order in list(permutations(range(5)))[::40]:
        other = measured(replace(crowd, label=np.array(order, dtype=np.int32)[crowd.label]))
        assert (other.own, other.sorting) == pytest.approx((found.own, found.sorting))


@pytest.mark.parametrize(("by_class", "points"), [(False, 2), (True, 4)], ids=["mixed", "sorted by class"])
def test_panel_is_hardly_worse_than_counting_where_one_of_five_labels_is_common(rng, by_class, points):
    crowd, truth = skewed(rng, by_class=by_class)
    right = {name: np.mean(aggregate(crowd, name).choice == truth) for name in ("panel", "majority")}
    assert right["panel"] > right["majority"] - points / 100
