"""What buying costs where a model of the items is heard: out of fold, capped, once it proves itself.

On texts, `sp`, and on digits that simulated people answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _learning import HELD_OUT, digits
from _recorded import Recorded, read, say
from _replay import GAINS, POLICIES, Shop, State, look, walk
from evidence import features, model

from aggregation.answers import UNKNOWN, Answers
from aggregation.consensus import Floats, choose, popularity
from aggregation.fusion import fuse
from aggregation.registry import aggregate
from crowd.learning.features import Features
from qc.gain import confusions

# Answers an item that there are to buy of digits.
OVERLAP = 5
# From one answer on: a model speaks for items of which people have said little.
HEARD = {
    name: replace(POLICIES[name], least=1, levels=GAINS[2:]) for name in ("gain, poor spared", "gain, routed")
}


class Reader:
    """Sees people, and once every item has an answer the model's opinion as each item's prior.

    The model is trained anew once a level.
    """

    def __init__(self, found: Features, seed: int) -> None:
        self._features, self._seed = found, seed
        self._people: State | None = None
        self._opinion: Floats | None = None

    def __call__(self, shop: Shop, before: State | None) -> State:
        answers = shop.answers()
        if (shop.votes == 0).any():
            return look(answers, before)
        self._people = look(answers, self._people)
        if self._opinion is None:
            self.train(shop)
        posterior = self.fused(shop, self._people.posterior)
        return State(posterior, confusions(answers, posterior))

    def train(self, shop: Shop) -> None:
        answers = shop.answers()
        assert self._people is not None
        chosen = [answers.labels[code] for code in choose(self._people.posterior, popularity(answers))]
        self._opinion = model(self._features, chosen, answers.labels, self._seed)

    def fused(self, shop: Shop, human: Floats) -> Floats:
        assert self._opinion is not None
        known = np.full(len(human), UNKNOWN, dtype=np.int32)
        return fuse(shop.answers(), human, {"model": self._opinion}, known=known).posterior


def heard(folder: Path, seeds: range) -> Iterator[dict[str, Any]]:
    """Yield by set, order, policy and level the share bought and the accuracy without and with the model."""
    for seed in seeds:
        for recorded, found in (_sentences(folder), _digits(seed)):
            full = _right(recorded, aggregate(recorded.answers).posterior)
            for name in HEARD:
                say(f"{recorded.name} with a model, {name}, order {seed}")
                for row in _curve(recorded, found, name, seed):
                    yield {"set": recorded.name, "seed": seed, "policy": name, "full": full, **row}


def _curve(recorded: Recorded, found: Features, policy: str, seed: int) -> list[dict[str, float]]:
    reader, rows = Reader(found, seed), list[dict[str, float]]()

    def seen(shop: Shop, state: State | None, level: float) -> None:
        del state
        reader.train(shop)
        alone = aggregate(shop.answers()).posterior
        told = {"people": alone, "accuracy": reader.fused(shop, alone)}
        right = {name: _right(recorded, posterior) for name, posterior in told.items()}
        rows.append({"level": level, "share": float(shop.bought.mean()), **right})

    walk(Shop(recorded, seed), HEARD[policy], seen, reader)
    return rows


def _sentences(folder: Path) -> tuple[Recorded, Features]:
    recorded = read(folder, "sp")
    return recorded, features(folder, recorded)


def _digits(seed: int) -> tuple[Recorded, Features]:
    """Return the first answers to the digits of a pool as if they had been recorded, and the pictures."""
    from sklearn.datasets import load_digits

    world, target = digits(seed, None), load_digits().target
    truth = target[np.random.default_rng([seed, 1]).permutation(len(target))[HELD_OUT:]]
    rows = [
        (str(item), f"worker {worker}", str(label))
        for item, said in enumerate(world.said)
        for worker, label in said[:OVERLAP]
    ]
    answers = Answers.from_columns(*zip(*rows, strict=True))
    code = {label: place for place, label in enumerate(answers.labels)}
    order = [int(item) for item in answers.items]
    recorded = Recorded("digits", answers, np.array([code[str(truth[item])] for item in order]))
    return recorded, Features("numbers", (), world.inputs[order])


def _right(recorded: Recorded, posterior: Floats) -> float:
    judged = recorded.judged
    chosen = choose(posterior[judged], popularity(recorded.answers))
    return float((chosen == recorded.truth[judged]).mean())
