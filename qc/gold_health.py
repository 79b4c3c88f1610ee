"""Is the gold itself right? Gold that the better workers contradict is doubted before it harms them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Doubt needs so many answers, of workers who together weigh so much, and so much of that weight against it.
FEWEST_ANSWERS: Final = 4
LEAST_WEIGHT: Final = 1.0
AGAINST: Final = 0.5
PRIOR: Final = 4.0  # answers that a worker nothing is known about is worth


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """One answer to gold."""

    gold: int
    worker: int
    value: str
    correct: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A gold that those contradict who are right elsewhere."""

    gold: int
    answers: int
    against: float  # share of the weight of all who answered it
    rival: str  # what most of the weight against it says
    rival_share: float


def doubts(answers: Iterable[GoldAnswer], *, chance: float) -> list[Doubt]:
    """Return the gold in doubt, the most contradicted first.

    A worker weighs as much as they are better than chance on all other gold, so that neither spammers
    nor the gold itself decide on it. Workers who were kept out are heard too: wrong gold may be why.
    """
    given = list(answers)
    right, graded = Counter[int](), Counter[int]()
    by_gold: dict[int, list[GoldAnswer]] = defaultdict(list)
    for one in given:
        graded[one.worker] += 1
        right[one.worker] += one.correct
        by_gold[one.gold].append(one)

    def weight(one: GoldAnswer) -> float:
        prior = (1 + chance) / 2
        hits = right[one.worker] - one.correct + PRIOR * prior
        accuracy = hits / (graded[one.worker] - 1 + PRIOR)
        # Squared, so that the lucky among many spammers do not add up.
        return max(0.0, (accuracy - chance) / (1 - chance)) ** 2

    found = [_doubt(gold, [(one, weight(one)) for one in said]) for gold, said in sorted(by_gold.items())]
    return sorted((doubt for doubt in found if doubt), key=lambda doubt: (-doubt.against, doubt.gold))


def _doubt(gold: int, said: list[tuple[GoldAnswer, float]]) -> Doubt | None:
    total = sum(weight for _, weight in said)
    rivals: dict[str, float] = defaultdict(float)
    for one, weight in said:
        if not one.correct:
            rivals[one.value] += weight
    against = sum(rivals.values())
    if len(said) < FEWEST_ANSWERS or total < LEAST_WEIGHT or against < AGAINST * total:
        return None
    rival = max(sorted(rivals), key=lambda value: rivals[value])
    return Doubt(gold, len(said), round(against / total, 4), rival, round(rivals[rival] / total, 4))
