"""How near estimates are to a known truth, each kind by the measure its field uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from aggregation.boxes import Box
from aggregation.boxes import overlaps as box_overlaps
from aggregation.spans import Span
from aggregation.transcripts import edit_distance, words_of

# From here on two boxes show the same object (Everingham et al. 2010).
SAME_BOX = 0.5


def sets(pairs: Sequence[tuple[Collection[str], Collection[str]]]) -> Mapping[str, float]:
    """Return the share of sets that are exactly right, and F1 over all their labels."""
    exact = np.mean([set(found) == set(true) for found, true in pairs])
    hits = sum(len(set(found) & set(true)) for found, true in pairs)
    return {"exact": float(exact), "f1": _f1(hits, pairs)}


def numbers(pairs: Sequence[tuple[float, float]]) -> Mapping[str, float]:
    """Return the mean absolute error and Pearson's correlation (nan where all are the same)."""
    found, true = np.array(pairs, dtype=np.float64).T
    alike = found.std() == 0.0 or true.std() == 0.0
    correlation = float("nan") if alike else float(np.corrcoef(found, true)[0, 1])
    return {"mean_absolute_error": float(np.abs(found - true).mean()), "correlation": correlation}


def texts(pairs: Sequence[tuple[str, str]]) -> Mapping[str, float]:
    """Return the word error rate; case and punctuation do not count."""
    keys = [(words_of(found).keys, words_of(true).keys) for found, true in pairs]
    wrong = sum(edit_distance(found, true) for found, true in keys)
    return {"word_error_rate": wrong / max(sum(len(true) for _, true in keys), 1)}


def boxes(pairs: Sequence[tuple[Sequence[Box], Sequence[Box]]]) -> Mapping[str, float]:
    """Return F1 over boxes, one to one, that overlap by half and have the same label."""
    return {"f1": _f1(sum(_matched(found, true) for found, true in pairs), pairs)}


def spans(pairs: Sequence[tuple[Collection[Span], Collection[Span]]]) -> Mapping[str, float]:
    """Return F1 over spans that agree in both ends and the label."""
    return {"f1": _f1(sum(len(set(found) & set(true)) for found, true in pairs), pairs)}


def _f1(hits: int, pairs: Sequence[tuple[Collection[object], Collection[object]]]) -> float:
    both = sum(len(found) + len(true) for found, true in pairs)
    return 2.0 * hits / both if both else 1.0


def _matched(found: Sequence[Box], true: Sequence[Box]) -> int:
    """Return how many boxes can be paired with one of the other side's at most."""
    from scipy.optimize import linear_sum_assignment

    if not found or not true:
        return 0
    likeness = box_overlaps([*found, *true])[: len(found), len(found) :]
    one, other = linear_sum_assignment(-np.where(likeness >= SAME_BOX, likeness, 0.0))
    return int((likeness[one, other] >= SAME_BOX).sum())
