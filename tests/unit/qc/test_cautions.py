"""Rings are found, and what no method can repair is said."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.registry import aggregate
from qc import rings as module
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
        item, worker.astype(np.int32), said.astype(np.int32), *map(tuple, names), tuple("abc"[:labels])
    ), truth


def found(answers):
    return rings(answers, aggregate(answers, "dawid-skene-hierarchical"))


def test_a_ring_is_found_whole_and_nobody_else(rng):
    answers, _ = crowd(rng, ring=range(5))
    result = found(answers)
    assert set(result.groups[0]) == {f"w{n:03d}" for n in range(5)}
    assert len(result.groups) == 1
    assert result.share == pytest.approx(5 / WORKERS, abs=0.02)
    assert result.pairs[0].agreed > result.pairs[0].expected


def test_independent_workers_are_no_ring(rng):
    for _ in range(5):
        answers, _ = crowd(rng)
        assert found(answers).pairs == ()


def test_a_part_of_the_items_is_enough(rng, monkeypatch):
    answers, _ = crowd(rng, ring=range(5))
    monkeypatch.setattr(module, "MOST_PAIRS", 4000)
    assert set(found(answers).groups[0]) <= {f"w{n:03d}" for n in range(5)}


def test_without_matrices_skill_tells_how_often_two_agree(rng):
    answers, _ = crowd(rng, ring=range(5))
    assert found(answers).groups[0] == rings(answers, aggregate(answers, "majority")).groups[0]


def test_one_answer_an_item_says_nothing(rng):
    answers, _ = crowd(rng, overlap=1)
    assert found(answers).pairs == ()
    assert cautions(answers, aggregate(answers), aggregate(answers, "majority")) == []


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
