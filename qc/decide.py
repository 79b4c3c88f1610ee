"""Decide whether an item has enough answers, needs another one, or is given up."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Action = Literal["enough", "more", "give_up"]

# An action's code, as `decide_all` returns it, is its place here.
ACTIONS: Final[tuple[Action, ...]] = ("enough", "more", "give_up")
ENOUGH, MORE, GIVE_UP = range(3)


@dataclass(frozen=True, slots=True)
class Policy:
    """When to stop buying answers to an item.

    With `confidence` set, between `min_answers` and `max_answers` are bought until the consensus is that
    sure. With `confidence=None` exactly `overlap` answers are.
    """

    min_answers: int = 2
    max_answers: int = 5
    confidence: float | None = None
    overlap: int = 3

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


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about an item, and the numbers that say so."""

    action: Action
    reason: str


def decide(votes: int, confidence: float, policy: Policy, *, wanted: int = 0) -> Decision:
    """Decide about one item that has `votes` answers and a consensus of this `confidence`.

    Args:
        votes: Answers the consensus has read.
        confidence: Posterior of the consensus label; nan counts as unsure.
        policy: When to stop.
        wanted: Answers asked of this item in particular; raises a fixed overlap, never lowers it.
    """
    action = (
        _fixed(votes, policy, wanted) if policy.confidence is None else _adaptive(votes, confidence, policy)
    )
    return Decision(action, reason(action, votes, confidence, policy, wanted=wanted))


def decide_all(
    votes: NDArray[np.integer],
    confidence: NDArray[np.floating],
    policy: Policy,
    *,
    wanted: NDArray[np.integer] | int = 0,
) -> NDArray[np.int8]:
    """Decide about many items at once; return for each the place of its action in `ACTIONS`."""
    if policy.confidence is None:
        return np.where(votes >= np.maximum(policy.overlap, wanted), ENOUGH, MORE).astype(np.int8)
    sure = (votes >= policy.min_answers) & (confidence >= policy.confidence)
    return np.select([sure, votes >= policy.max_answers], [ENOUGH, GIVE_UP], MORE).astype(np.int8)


def reason(action: Action, votes: int, confidence: float, policy: Policy, *, wanted: int = 0) -> str:
    """Say in numbers why this action was taken."""
    if policy.confidence is None:
        return (
            f"{_answers(votes)} {'>=' if action == 'enough' else '<'} overlap {max(policy.overlap, wanted)}"
        )
    if action == "more" and votes < policy.min_answers:
        return f"{_answers(votes)} < minimum {policy.min_answers}"
    shown = f"{_comparison(confidence, policy.confidence)} after {_answers(votes)}"
    return f"{shown}, the maximum is {policy.max_answers}" if action == "give_up" else shown


def _fixed(votes: int, policy: Policy, wanted: int) -> Action:
    return "enough" if votes >= max(policy.overlap, wanted) else "more"


def _adaptive(votes: int, confidence: float, policy: Policy) -> Action:
    if votes >= policy.min_answers and policy.confidence is not None and confidence >= policy.confidence:
        return "enough"
    return "give_up" if votes >= policy.max_answers else "more"


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"


def _comparison(confidence: float, target: float) -> str:
    if np.isnan(confidence):
        return f"confidence unknown, target {target:g}"
    sign = ">=" if confidence >= target else "<"
    # 0.9496 must not read "0.95 < 0.95": add digits until the text is as true as the numbers.
    for digits in range(2, 17):
        left, right = f"{confidence:.{digits}f}", f"{target:.{digits}f}"
        if float(left) >= float(right) if sign == ">=" else float(left) < float(right):
            return f"confidence {left} {sign} {right}"
    return f"confidence {confidence!r} {sign} {target!r}"
