"""What buying costs when a model of the items' texts is heard: out of fold, capped, once it proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import Recorded, read, say
from _replay import GAINS, Policy, Shop, State, by_gain, look, walk
from evidence import features, model

from aggregation.answers import UNKNOWN
from aggregation.consensus import Floats, choose, popularity
from aggregation.fusion import fuse
from aggregation.registry import aggregate
from crowd.learning.features import Features
from qc.gain import confusions

SET = "sp"
LEVELS = GAINS[:6]


class Reader:
    """Sees people with the model's opinion as each item's prior; the model is trained anew once a level."""

    def __init__(self, found: Features, seed: int) -> None:
        self._features, self._seed = found, seed
        self._people: State | None = None
        self._opinion: Floats | None = None

    def __call__(self, shop: Shop, before: State | None) -> State:
        del before
        answers = shop.answers()
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


def with_model(folder: Path, seeds: range) -> Iterator[dict[str, Any]]:
    """Yield by order and level the share of answers and the accuracy, people alone and with the model."""
    recorded = read(folder, SET)
    full = _right(recorded, aggregate(recorded.answers).posterior)
    found = features(folder, recorded)
    for seed in seeds:
        shop, reader = Shop(recorded, seed), Reader(found, seed)
        rows: list[dict[str, Any]] = []

        def seen(
            shop: Shop,
            state: State | None,
            level: float,
            reader: Reader = reader,
            rows: list[dict[str, Any]] = rows,
        ) -> None:
            del state
            reader.train(shop)
            alone = aggregate(shop.answers()).posterior
            rows.append(
                {
                    "level": level,
                    "share": float(shop.bought.mean()),
                    "people": _right(recorded, alone),
                    "accuracy": _right(recorded, reader.fused(shop, alone)),
                }
            )

        say(f"{SET} with a model, order {seed}")
        walk(shop, Policy(by_gain, LEVELS, learns=True, least=1), seen, reader)
        yield from ({"set": SET, "seed": seed, "full": full, **row} for row in rows)


def _right(recorded: Recorded, posterior: Floats) -> float:
    judged = recorded.judged
    chosen = choose(posterior[judged], popularity(recorded.answers))
    return float((chosen == recorded.truth[judged]).mean())
