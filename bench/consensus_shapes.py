"""Simulated crowds of many shapes: how far the default method is below the best of three simple ones.

    python bench/consensus_shapes.py [--draws 4] [--json]

Workers err evenly, each with an accuracy of their own; a few of them give most answers. `alone`: everybody
answers once. `sorted`: items are ordered by class and each worker sees a run of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import ceil

import numpy as np
from _recorded import arguments, say

from aggregation.answers import Answers
from aggregation.registry import aggregate

METHODS = ("majority", "dawid-skene", "one-coin", "panel")
ACTIVITY = 1.2  # shape of the Pareto distribution of how much workers do


@dataclass(frozen=True, slots=True)
class Shape:
    """What is simulated; `shares` are those of the classes, `skill` the range of accuracies."""

    shares: tuple[float, ...]
    skill: tuple[float, float]
    items: int = 800
    workers: int = 40
    overlap: float = 3.0
    liars: float = 0.0
    order: str = "random"


def common(share: float, labels: int) -> tuple[float, ...]:
    return (share, *[(1 - share) / (labels - 1)] * (labels - 1))


def zipf(labels: int) -> tuple[float, ...]:
    weights = 1 / np.arange(1, labels + 1)
    return tuple((weights / weights.sum()).tolist())


SHAPES = {
    "5 labels, one true of 70 %": Shape(common(0.7, 5), (0.5, 0.8), items=1000, workers=30),
    "… 200 items": Shape(common(0.7, 5), (0.5, 0.8), items=200, workers=30),
    "… two answers": Shape(common(0.7, 5), (0.5, 0.8), overlap=2.0),
    "3 labels, one true of 85 %": Shape(common(0.85, 3), (0.55, 0.85), workers=25),
    "12 labels, rarer and rarer": Shape(zipf(12), (0.5, 0.8), items=1000),
    "20 labels, 8 workers": Shape(common(0.05, 20), (0.4, 0.8), workers=8),
    "… rarer and rarer": Shape(zipf(20), (0.4, 0.8), workers=8),
    "2 labels, 95 : 5": Shape((0.95, 0.05), (0.7, 0.95), workers=25),
    "… weak workers": Shape((0.95, 0.05), (0.55, 0.85), workers=25),
    "2 labels, 88 : 12": Shape((0.88, 0.12), (0.7, 0.95), items=1500, workers=60),
    "3 labels, everybody answers once": Shape(common(0.5, 3), (0.5, 0.9), items=500, order="alone"),
    "2 labels, a fifth of the workers lies": Shape((0.6, 0.4), (0.65, 0.95), liars=0.2),
    "2 labels, 1.6 answers": Shape((0.65, 0.35), (0.6, 0.95), overlap=1.6),
    "5 labels, one true of 70 %, sorted": Shape(common(0.7, 5), (0.5, 0.8), items=1000, order="sorted"),
    "2 labels, sorted": Shape((0.5, 0.5), (0.6, 0.9), order="sorted"),
}


def simulate(shape: Shape, rng: np.random.Generator) -> tuple[Answers, np.ndarray]:
    """Return answers, and the true label of each item."""
    labels = len(shape.shares)
    truth = rng.choice(labels, shape.items, p=shape.shares)
    if shape.order == "sorted":
        truth = np.sort(truth)
    sizes = np.floor(shape.overlap + rng.random(shape.items)).astype(int)
    item = np.repeat(np.arange(shape.items), sizes)
    worker = who(shape, sizes, rng)
    skill = rng.uniform(*shape.skill, int(worker.max()) + 1)
    skill[rng.random(len(skill)) < shape.liars] = 0.2
    right = rng.random(len(item)) < skill[worker]
    label = np.where(right, truth[item], (truth[item] + rng.integers(1, labels, len(item))) % labels)
    names = (tuple(f"{n:05d}" for n in range(size)) for size in (shape.items, len(skill), labels))
    codes = (item.astype(np.int32), worker.astype(np.int32), label.astype(np.int32))
    return Answers(*codes, *names), truth


def who(shape: Shape, sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the worker of each answer, items in order."""
    if shape.order == "alone":
        return rng.permutation(int(sizes.sum()))
    activity = np.log(rng.pareto(ACTIVITY, shape.workers) + 0.2)
    keys = activity + rng.gumbel(size=(shape.items, shape.workers))
    if shape.order == "sorted":
        first = np.arange(shape.items)[:, None] * shape.workers // shape.items
        near = (np.arange(shape.workers) - first) % shape.workers < ceil(shape.overlap) + 1
        keys = np.where(near, rng.random(keys.shape), -np.inf)
    ranked = np.argsort(-keys, axis=1)
    return ranked[np.arange(shape.workers) < sizes[:, None]]


def measure(shape: Shape, seeds: range) -> dict[str, float]:
    """Return the accuracy of each method in percent."""
    found = []
    for seed in seeds:
        answers, truth = simulate(shape, np.random.default_rng([77, seed]))
        found.append([float((aggregate(answers, name).choice == truth).mean()) for name in METHODS])
    return dict(zip(METHODS, (100 * np.mean(found, axis=0)).tolist(), strict=True))


def main() -> None:
    options = arguments(__doc__ or "", draws=4).parse_args()
    rows = {}
    for name, shape in SHAPES.items():
        say(name)
        rows[name] = measure(shape, range(options.seed, options.seed + options.draws))
    print(json.dumps(rows) if options.json else table(rows))


def table(rows: dict[str, dict[str, float]]) -> str:
    lines = [f"{'shape':<38}" + "".join(f"{name:>13}" for name in METHODS) + f"{'below best':>12}"]
    for name, row in rows.items():
        *simple, ours = row.values()
        cells = "".join(f"{value:13.1f}" for value in row.values())
        lines.append(f"{name:<38}{cells}{max(simple) - ours:12.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
