"""What buying costs where a model of the items is heard: texts of `sp`, and digits for simulated people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _item_model import Reader
from _learning import HELD_OUT, digits
from _recorded import Recorded, read, say
from _replay import GAINS, POLICIES, Shop, State, look, walk
from evidence import features

from aggregation.answers import Answers
from aggregation.consensus import choose, popularity
from aggregation.registry import aggregate
from crowd.learning.features import Features

# Answers an item that there are to buy of digits.
OVERLAP = 5
# From one answer on: a model speaks for items of which people have said little.
HEARD = {
    name: replace(POLICIES[name], least=1, levels=GAINS[2:]) for name in ("gain, poor spared", "gain, routed")
}


class Patient(Reader):
    """Hears the model once every item has an answer for it to learn from."""

    def __call__(self, shop: Shop, before: State | None) -> State:
        if (shop.votes == 0).any():
            return look(shop.answers(), before)
        return super().__call__(shop, before)


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
    reader, rows = Patient(found, seed), list[dict[str, float]]()

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


def _right(recorded: Recorded, posterior: np.ndarray) -> float:
    judged = recorded.judged
    chosen = choose(posterior[judged], popularity(recorded.answers))
    return float((chosen == recorded.truth[judged]).mean())
