"""Grade an answer against the accepted values of a gold question."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """Whether a gold answer is right, and its credit between 0 and 1."""

    correct: bool
    score: float


def grade(value: str, accepted: Sequence[str]) -> Grade:
    """Grade a label: full credit for any accepted value, compared exactly, else none.

    Case and spaces count, because a label set may hold labels that differ only there.
    """
    if isinstance(accepted, str):
        raise TypeError(
            f"accepted must be a sequence of values, not the string {accepted!r}: write [{accepted!r}]"
        )
    if not accepted:
        raise ValueError("accepted is empty: a gold question needs at least one accepted value")
    correct = value in accepted
    return Grade(correct=correct, score=float(correct))
