"""Small crowds with known truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aggregation.answers import Answers

Crowd = Callable[..., Answers]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def crowd() -> Crowd:
    """Return a maker of simulated answers; item names end in the true label."""

    def make(items=60, workers=15, labels=3, overlap=4, accuracy=0.8, seed=0) -> Answers:
        rng = np.random.default_rng(seed)
        truth = rng.integers(labels, size=items)
        skill = np.clip(rng.normal(accuracy, 0.12, size=workers), 0.4, 0.98)
        rows = []
        for item in range(items):
            for worker in rng.choice(workers, size=overlap, replace=False):
                right = rng.random() < skill[worker] or labels == 1
                label = truth[item] if right else (truth[item] + rng.integers(1, labels)) % labels
                rows.append((f"i{item:04d}-{truth[item]}", f"w{worker:02d}", f"c{label}"))
        return Answers.from_columns(
            *zip(*rows, strict=True), label_set=[f"c{label}" for label in range(labels)]
        )

    return make
