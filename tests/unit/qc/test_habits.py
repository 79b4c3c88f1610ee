"""Habits stand out where they are, and honest workers seldom do."""

from __future__ import annotations

import numpy as np

from qc.habits import FEWEST_ANSWERS, repetition, sequences, speed, volume

LABELS = np.array(["a", "b", "c"])


def crowd(seed: int, workers: int = 12, items: int = 80, shares: tuple[float, ...] = (0.6, 0.3, 0.1)):
    """Answers of people who are right four times in five, in an order of their own."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, items, p=shares)
    guess = rng.choice(3, (workers, items))
    return LABELS[np.where(rng.random((workers, items)) < 0.8, truth, guess)]


def by_item(said) -> dict[int, dict[int, str]]:
    return {item: dict(enumerate(column)) for item, column in enumerate(said.T)}


def test_who_is_far_faster_than_the_others_is_flagged() -> None:
    rng = np.random.default_rng(0)
    seconds = {worker: list(rng.lognormal(2, 0.5, 40)) for worker in range(6)} | {9: [0.5] * 40}
    assert [worker for worker, each in speed(seconds).items() if each.flagged] == [9]


def test_speed_is_not_judged_among_few_answers_or_few_workers() -> None:
    assert speed({worker: [3.0] * (FEWEST_ANSWERS - 1) for worker in range(9)}) == {}
    assert speed({1: [3.0] * 40, 2: [0.1] * 40}) == {}


def test_one_label_again_and_again_is_flagged_and_honest_runs_are_not() -> None:
    wrong = 0
    for seed in range(20):
        said = crowd(seed)
        labels = {worker: list(row) for worker, row in enumerate(said)} | {99: ["b"] * 40}
        found = repetition(labels)
        assert found[99].flagged
        wrong += sum(each.flagged for worker, each in found.items() if worker != 99)
    assert wrong / (20 * 12) <= 0.02


def test_a_copy_is_flagged_with_its_source_and_nobody_else() -> None:
    wrong = 0
    for seed in range(10):
        said = crowd(seed)
        found = sequences(by_item(np.vstack([said, said[3]])))
        assert found[3].flagged
        assert found[12].flagged
        wrong += sum(each.flagged for worker, each in found.items() if worker not in (3, 12))
    assert wrong / (10 * 11) <= 0.02


def test_who_gives_most_of_the_answers_is_flagged_but_not_among_two() -> None:
    found = volume({1: 60, 2: 10, 3: 10, 4: 10, 5: 5, 6: 5, 7: 5})
    assert [worker for worker, each in found.items() if each.flagged] == [1]
    assert not any(each.flagged for each in volume({1: 90, 2: 10}).values())
    assert volume({}) == {}


def test_nothing_said_is_nothing_found() -> None:
    assert speed({}) == repetition({}) == sequences({}) == {}
