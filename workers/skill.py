"""Estimate how often a worker is right, with the doubt that few graded answers leave."""

from dataclasses import dataclass
from typing import Final

INTERVAL: Final = 0.90


@dataclass(frozen=True, slots=True)
class Skill:
    """The probability of a right answer: posterior mean, 90 % interval, and the graded answers behind it."""

    value: float
    low: float
    high: float
    evidence: float
    chance: float

    @property
    def informedness(self) -> float:
        """Return the value corrected for chance: 0 for a guesser, 1 for one never wrong."""
        return (self.value - self.chance) / (1 - self.chance)


def skill(
    correct: float,
    graded: float,
    *,
    chance: float,
    prior_mean: float | None = None,
    prior_weight: float = 4.0,
) -> Skill:
    """Estimate skill from graded answers by a Beta posterior.

    Args:
        correct: Right answers; a fraction where answers carry weights.
        graded: Answers graded, weighted alike.
        chance: What a guesser reaches, 1 / labels.
        prior_mean: Skill of a worker nothing is known about; halfway between chance and 1 if not given.
        prior_weight: How many graded answers the prior is worth.
    """
    if not 0 <= chance < 1:
        raise ValueError(f"chance is {chance:g}: it must be at least 0 and below 1")
    if not 0 <= correct <= graded:
        raise ValueError(f"correct is {correct:g} of {graded:g} graded: it must lie between 0 and graded")
    mean = (1 + chance) / 2 if prior_mean is None else prior_mean
    if not 0 < mean < 1 or prior_weight <= 0:
        raise ValueError(f"the prior needs 0 < mean < 1 and weight > 0, not {mean:g} and {prior_weight:g}")
    right, wrong = correct + prior_weight * mean, graded - correct + prior_weight * (1 - mean)
    low, high = _interval(right, wrong)
    return Skill(right / (right + wrong), low, high, graded, chance)


def _interval(right: float, wrong: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    tail = (1 - INTERVAL) / 2
    return float(betaincinv(right, wrong, tail)), float(betaincinv(right, wrong, 1 - tail))
