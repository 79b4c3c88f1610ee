"""Bad workers put into recorded crowds, and what the labels are worth with the product's defences on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import Recorded, read, say
from _replay import GAINS, Policy, Shop, State, by_gain, look, walk

from aggregation.answers import Answers
from aggregation.registry import aggregate
from qc.rings import rings
from qc.spam import Observation, SpamPolicy, judge

SETS = ("dog", "rte", "d_possent")
# Share of the answers that the attackers hold.
ATTACKS = {"none": 0.0, "constant": 0.4, "random": 0.4, "adversary": 0.4, "ring": 0.25}
# Hidden gold, as new projects have it by default: 8 of the first 20 answers, then one in twenty.
FIRST, SHARE, THEN = 20, 0.4, 0.05
LEVELS = GAINS[-3:-1]


def injected(recorded: Recorded, attack: str, seed: int, share: float | None = None) -> Recorded:
    """Return the set with bad workers beside its own, each on the items of one of them."""
    answers, rng = recorded.answers, np.random.default_rng([seed, 7])
    shadowed = _drawn(recorded, ATTACKS[attack] if share is None else share, rng)
    rows = np.flatnonzero(shadowed[answers.worker])
    item, labels, workers = answers.item[rows], len(answers.labels), len(answers.workers)
    said = {
        "none": lambda: answers.label[rows],
        "constant": lambda: rng.integers(labels, size=workers)[answers.worker[rows]],
        "random": lambda: rng.integers(labels, size=len(rows)),
        "adversary": lambda: (_truth(recorded)[item] + rng.integers(1, labels, size=len(rows))) % labels,
        "ring": lambda: rng.integers(labels, size=len(answers.items))[item],
    }[attack]()
    together = Answers(
        np.concatenate([answers.item, item]),
        np.concatenate([answers.worker, answers.worker[rows] + workers]).astype(np.int32),
        np.concatenate([answers.label, said]).astype(np.int32),
        answers.items,
        (*answers.workers, *(f"bad {name}" for name in answers.workers)),
        answers.labels,
    )
    return replace(recorded, answers=together)


def _truth(recorded: Recorded) -> np.ndarray:
    return np.maximum(recorded.truth, 0)


def _drawn(recorded: Recorded, share: float, rng: np.random.Generator) -> np.ndarray:
    """Draw workers until bad ones as busy as they would give the share of all answers."""
    volume = np.bincount(recorded.answers.worker, minlength=len(recorded.answers.workers))
    drawn, held, most = np.zeros(len(volume), dtype=bool), 0, share / (1 - share) * volume.sum()
    for worker in rng.permutation(len(volume)):
        if held + volume[worker] <= most:
            drawn[worker], held = True, held + volume[worker]
    return drawn


class Guard:
    """Grades hidden gold, bars who fails it and who copies, and counts what the gold costs.

    A worker's gold is drawn from the worker's own recorded answers, which are then not for sale.
    """

    def __init__(self, shop: Shop, seed: int) -> None:
        self._shop = shop
        self._truth = _truth(shop.recorded)
        self._gold = [self._drawn(rows, np.random.default_rng([seed, 8])) for rows in _by_worker(shop)]
        for rows in self._gold:
            shop.withheld[rows] = True

    @staticmethod
    def _drawn(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        count = int(SHARE * min(len(rows), FIRST) + THEN * max(len(rows) - FIRST, 0))
        return rng.choice(rows, count, replace=False)

    def _asked(self) -> list[np.ndarray]:
        """Return the gold each worker has met by now: two for three ordinary answers, until all is used."""
        bought = np.bincount(self._shop.all.worker[self._shop.bought], minlength=len(self._gold))
        return [rows[: -(-2 * n // 3)] for rows, n in zip(self._gold, bought.tolist(), strict=True)]

    @property
    def cost(self) -> int:
        """Answers to gold."""
        return sum(map(len, self._asked()))

    def __call__(self, shop: Shop, before: State | None) -> State:
        labels = len(shop.all.labels)
        for worker, rows in enumerate(self._asked()):
            history = [
                Observation(int(shop.all.label[row]), int(self._truth[shop.all.item[row]])) for row in rows
            ]
            if judge(history, labels, SpamPolicy()).verdict != "good":
                shop.barred[worker] = True
        answers = shop.answers()
        for group in rings(answers).groups:
            shop.barred[[answers.workers.index(name) for name in group]] = True
        return look(shop.answers(), before)


def _by_worker(shop: Shop) -> list[np.ndarray]:
    return [np.flatnonzero(shop.all.worker == worker) for worker in range(len(shop.all.workers))]


def attacked(folder: Path, seeds: range) -> Iterator[dict[str, Any]]:
    """Yield by set, attack and order the accuracy, the share of answers bought, and that of gold."""
    for name in SETS:
        clean = read(folder, name)
        for attack in ATTACKS:
            for seed in seeds:
                say(f"{name}, {attack}, order {seed}")
                recorded = injected(clean, attack, seed)
                shop = Shop(recorded, seed)
                guard = Guard(shop, seed)
                policy = Policy(by_gain, LEVELS, learns=True)
                walk(shop, policy, lambda *_: None, guard)
                yield {
                    "set": name,
                    "attack": attack,
                    "seed": seed,
                    "share": int(shop.bought.sum()) / len(clean.answers),
                    "gold": guard.cost / len(clean.answers),
                    "barred": int(shop.barred.sum()),
                    **_accuracies(recorded, shop),
                }


def _accuracies(recorded: Recorded, shop: Shop) -> dict[str, float]:
    """Return the accuracy with the defences, and of majority vote over every recorded answer without them."""
    judged = recorded.judged

    def right(choice: np.ndarray) -> float:
        return float((choice[judged] == recorded.truth[judged]).mean())

    return {
        "accuracy": right(aggregate(shop.answers()).choice),
        "majority": right(aggregate(recorded.answers, "majority").choice),
        "undefended": right(aggregate(recorded.answers).choice),
    }
