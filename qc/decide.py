"""Decide whether an item has enough answers, needs another one, goes to an expert, or is given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Action = Literal["enough", "more", "give_up", "expert"]

# An action's code, as `decide_all` returns it, is its place here.
ACTIONS: Final[tuple[Action, ...]] = ("enough", "more", "give_up", "expert")
ENOUGH, MORE, GIVE_UP, EXPERT = range(4)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Policy:
    """When to stop buying answers to an item.

    With `confidence` or `least_gain` set, between `min_answers` and `max_answers` are bought until the
    consensus is that sure, or another answer would gain too little. With neither exactly `overlap` are.
    """

    min_answers: int = 2
    max_answers: int = 5
    confidence: float | None = None
    overlap: int = 3
    least_gain: float | None = None
    """Right labels that another answer must be expected to gain: its price over what one is worth."""
    expert: float | None = None
    """Price of an expert's answer in prices of an ordinary one; None: there is none."""

    @property
    def fixed(self) -> bool:
        """Tell whether every item gets the same number of answers, whatever they say."""
        return self.confidence is None and self.least_gain is None

    def __post_init__(self) -> None:
        """Refuse a policy that could never be met."""
        if self.overlap < 1:
            raise ValueError(f"overlap is {self.overlap}: it must be at least 1")
        if self.min_answers < 1:
            raise ValueError(f"min_answers is {self.min_answers}: it must be at least 1")
        if self.max_answers < self.min_answers:
            raise ValueError(
                f"max_answers is {self.max_answers}: it must be at least min_answers ({self.min_answers})"
            )
        if self.confidence is not None and not 0 < self.confidence <= 1:
            raise ValueError(f"confidence is {self.confidence}: it must be above 0 and at most 1, or None")
        if self.least_gain is not None and not 0 < self.least_gain < 1:
            raise ValueError(f"least_gain is {self.least_gain}: it must lie between 0 and 1, or be None")
        if self.expert is not None and not self.expert > 0:
            raise ValueError(f"expert is {self.expert}: it must be above 0, or None")


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an item, and the numbers that say so."""

    action: Action
    reason: str


def decide(
    votes: int, confidence: float, policy: Policy, *, wanted: int = 0, gain: float = np.inf
) -> Decision:
    """Decide about one item that has `votes` answers and a consensus of this `confidence`.

    Args:
        votes: Answers the consensus has read.
        confidence: Posterior of the consensus label; nan counts as unsure.
        policy: When to stop.
        wanted: Answers asked of this item in particular; raises a fixed overlap, never lowers it.
        gain: Right labels that another answer is expected to gain (`qc.gain`); without it, enough to buy it.
    """
    code = decide_all(np.array([votes]), np.array([confidence]), policy, wanted=wanted, gain=gain)[0]
    action = ACTIONS[code]
    return Decision(action, reason(action, votes, confidence, policy, wanted=wanted, gain=gain))


def decide_all(
    votes: NDArray[np.integer],
    confidence: NDArray[np.floating],
    policy: Policy,
    *,
    wanted: NDArray[np.integer] | int = 0,
    gain: Floats | float = np.inf,
) -> NDArray[np.int8]:
    """Decide about many items at once; return for each the place of its action in `ACTIONS`."""
    if policy.fixed:
        return np.where(votes >= np.maximum(policy.overlap, wanted), ENOUGH, MORE).astype(np.int8)
    begun = votes >= policy.min_answers
    idle = begun & (gain < policy.least_gain) if policy.least_gain is not None else np.zeros_like(begun)
    sure = idle if policy.confidence is None else begun & (confidence >= policy.confidence)
    stuck = idle | (votes >= policy.max_answers)
    asked = [sure, stuck & _worth_an_expert(confidence, policy), stuck]
    return np.select(asked, [ENOUGH, EXPERT, GIVE_UP], MORE).astype(np.int8)


def reason(
    action: Action,
    votes: int,
    confidence: float,
    policy: Policy,
    *,
    wanted: int = 0,
    gain: float = np.inf,
) -> str:
    """Say in numbers why this action was taken."""
    if policy.fixed:
        sign = ">=" if action == "enough" else "<"
        return f"{_answers(votes)} {sign} overlap {max(policy.overlap, wanted)}"
    if action == "more" and votes < policy.min_answers:
        return f"{_answers(votes)} < minimum {policy.min_answers}"
    return ", ".join(_grounds(action, votes, confidence, policy, gain))


def _grounds(action: Action, votes: int, confidence: float, policy: Policy, gain: float) -> Iterator[str]:
    """Yield what was compared, the first with the number of answers."""
    by_gain = policy.least_gain is not None and np.isfinite(gain)
    if policy.confidence is not None:
        yield f"{_comparison('confidence', confidence, policy.confidence)} after {_answers(votes)}"
    else:
        yield f"confidence {confidence:.2f} after {_answers(votes)}"
    idle = by_gain and policy.least_gain is not None and gain < policy.least_gain
    if by_gain and policy.least_gain is not None and (policy.confidence is None or action != "enough"):
        yield _comparison("another gains", gain, policy.least_gain) + " right labels"
    if action in {"give_up", "expert"} and not idle:
        yield f"the maximum is {policy.max_answers}"
    if action == "expert":
        yield f"an expert gains {1 - np.nan_to_num(confidence):.2f}"


def _worth_an_expert(confidence: NDArray[np.floating], policy: Policy) -> NDArray[np.bool_]:
    """Tell where the doubt that an expert would end is worth what an expert costs."""
    if policy.expert is None:
        return np.zeros(confidence.shape, dtype=bool)
    least = 0.0 if policy.least_gain is None else policy.least_gain
    return np.asarray(1.0 - np.nan_to_num(confidence) >= least * policy.expert)


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"


def _comparison(name: str, value: float, target: float) -> str:
    if np.isnan(value):
        return f"{name} unknown, target {target:g}"
    sign = ">=" if value >= target else "<"
    # 0.9496 must not read "0.95 < 0.95": add digits until the text is as true as the numbers.
    for digits in range(2, 17):
        left, right = f"{value:.{digits}f}", f"{target:.{digits}f}"
        if float(right) > 0 and (float(left) >= float(right) if sign == ">=" else float(left) < float(right)):
            return f"{name} {left} {sign} {right}"
    return f"{name} {value!r} {sign} {target!r}"
