"""Rings are found, and what no method can repair is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.registry import aggregate
from qc import agreeing
from qc.agreeing import agreement, thinned
from qc.cautions import cautions
from qc.rings import rings

ITEMS, WORKERS = 400, 24


def crowd(rng, ring=(), accuracy=0.75, overlap=8, labels=3):
    """Answers of independent workers, but for a ring that all say what one source says."""
    truth = rng.integers(labels, size=ITEMS)
    source = rng.integers(labels, size=ITEMS)
    item = np.repeat(np.arange(ITEMS, dtype=np.int32), overlap)
    worker = np.concatenate([np.sort(rng.choice(WORKERS, overlap, replace=False)) for _ in range(ITEMS)])
    right = rng.random(len(item)) < accuracy
    said = np.where(right, truth[item], (truth[item] + rng.integers(1, labels, len(item))) % labels)
    said = np.where(np.isin(worker, list(ring)), source[item], said)
    names = ([f"{letter}{n:03d}" for n in range(count)] for letter, count in (("i", ITEMS), ("w", WORKERS)))
    return Answers(
        item, worker.astype(np.int32), said.astype(np.int32), *map(tuple, names), tuple("abcdef"[:labels])
    ), truth


def test_a_ring_is_found_whole_and_nobody_else(rng):
    answers, _ = crowd(rng, ring=range(5))
    result = rings(answers)
    assert set(result.groups[0]) == {f"w{n:03d}" for n in range(5)}
    assert len(result.groups) == 1
    assert result.share == pytest.approx(5 / WORKERS, abs=0.02)
    assert result.pairs[0].agreed > result.pairs[0].expected


@pytest.mark.parametrize(("size", "labels"), [(8, 3), (10, 3), (8, 2)])
def test_a_ring_large_enough_to_pass_for_the_truth_is_found_and_the_honest_are_not_accused(rng, size, labels):
    answers, _ = crowd(rng, ring=range(size), labels=labels)
    assert {name for group in rings(answers).groups for name in group} == {f"w{n:03d}" for n in range(size)}


def test_good_workers_in_a_bad_crowd_are_no_ring(rng):
    labels = 6
    answers, truth = crowd(rng, labels=labels, accuracy=0.3)
    good = (answers.worker < 4) & (rng.random(len(answers)) < 0.85)
    assert rings(replace(answers, label=np.where(good, truth[answers.item], answers.label))).pairs == ()


def test_independent_workers_are_no_ring(rng):
    for labels in (2, 3, 6):
        answers, _ = crowd(rng, labels=labels)
        assert rings(answers).pairs == ()


def test_a_part_of_the_items_is_enough(rng, monkeypatch):
    answers, _ = crowd(rng, ring=range(5))
    monkeypatch.setattr(agreeing, "MOST_PAIRS", 4000)
    assert 0 < len(thinned(answers)) < len(answers) / 2
    assert set(rings(answers).groups[0]) <= {f"w{n:03d}" for n in range(5)}


def test_where_matrices_are_too_many_skill_tells_how_often_two_agree(rng, monkeypatch):
    answers, _ = crowd(rng, ring=range(5))
    whole = rings(answers).groups
    monkeypatch.setattr(agreeing, "DENSE_LIMIT", 1)
    assert rings(answers).groups == whole


def test_blocks_of_matrices_change_nothing(rng, monkeypatch):
    answers, _ = crowd(rng, ring=range(5))
    whole = rings(answers)
    monkeypatch.setattr(agreeing, "BLOCK", 100)
    assert rings(answers) == whole


def test_what_is_expected_of_two_who_know_is_that_they_agree():
    said = [(f"i{n:02}", worker, "ab"[n % 2]) for n in range(40) for worker in "xy"]
    answers = Answers.from_columns(*zip(*said, strict=True))
    table = agreement(answers, np.eye(2)[answers.label[::2]], np.array([True, True]))
    assert (table.one.tolist(), table.other.tolist()) == ([0], [1])
    assert (table.common.tolist(), table.agreed.tolist()) == ([40], [40])
    assert 38 < table.expected[0] <= 40


def test_what_only_the_unheard_answered_is_passed_over(rng):
    answers, _ = crowd(rng)
    heard = np.arange(WORKERS) < 3
    table = agreement(answers, np.full((ITEMS, 3), 1 / 3), heard)
    told = np.isin(answers.item, answers.item[heard[answers.worker]])
    size = np.bincount(answers.item[told])
    assert table.common.sum() == (size * (size - 1) / 2).sum()


def test_one_answer_an_item_says_nothing(rng):
    answers, _ = crowd(rng, overlap=1)
    assert rings(answers).pairs == ()
    assert cautions(answers, aggregate(answers), aggregate(answers, "majority")) == []


def test_nothing_says_nothing():
    assert rings(Answers.from_columns([], [], [], label_set=("a", "b"))).groups == ()


def told(answers, known=None):
    found = cautions(answers, aggregate(answers), aggregate(answers, "majority"), known=known)
    return {caution.name: caution.text for caution in found}


def test_a_good_crowd_gives_no_reason_to_doubt(rng):
    answers, truth = crowd(rng)
    assert told(answers, truth.astype(np.int32)) == {}


def test_a_crowd_that_hardly_agrees_is_doubted(rng):
    answers, _ = crowd(rng, accuracy=0.4, overlap=3)
    assert "workers hardly agree" in told(answers)["agreement"]


def test_copies_are_named_with_their_numbers(rng):
    answers, _ = crowd(rng, ring=range(5))
    assert "agree more than the truth explains, such as w00" in told(answers)["copies"]


def test_errors_that_all_share_are_seen_by_the_truth_alone(rng):
    answers, truth = crowd(rng, accuracy=0.9)
    wrong = np.where(rng.random(ITEMS) < 0.3, (truth + 1) % 3, truth).astype(np.int32)
    assert set(told(answers, wrong)) == {"confidence"}
    assert told(answers) == {}
