"""Grade an answer against the accepted values of a gold question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Nearness = Callable[[str, str], float]  # of an answer to an accepted value, from 0 to 1


@dataclass(frozen=True, slots=True)
class Grade:
    """Whether a gold answer is right, and its credit between 0 and 1."""

    correct: bool
    score: float


def _same(value: str, truth: str) -> float:
    # Case and spaces count, because a label set may hold labels that differ only there.
    return float(value == truth)


def grade(
    value: str,
    accepted: Sequence[str] | Mapping[str, float],
    *,
    nearness: Nearness = _same,
    enough: float = 1.0,
) -> Grade:
    """Grade an answer: the most credit that any accepted value gives it.

    Args:
        value: The answer.
        accepted: Values that are right, or values with the credit of each, above 0 and at most 1.
        nearness: How near an answer is to a value: overlap of boxes, F1 of spans; labels are the same or not.
        enough: The credit from which an answer is right.
    """
    if isinstance(accepted, str):
        raise TypeError(
            f"accepted must be a sequence of values, not the string {accepted!r}: write [{accepted!r}]"
        )
    if not accepted:
        raise ValueError("accepted is empty: a gold question needs at least one accepted value")
    credit_of = accepted if isinstance(accepted, Mapping) else dict.fromkeys(accepted, 1.0)
    for truth, credit in credit_of.items():
        if not 0 < credit <= 1:
            raise ValueError(f"the credit of {truth!r} is {credit:g}: it must be above 0 and at most 1")
    score = max(credit * nearness(value, truth) for truth, credit in credit_of.items())
    return Grade(correct=score >= enough, score=score)
