"""Spans in texts: which passages carry which label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aggregation.marks import APART, Marks, merge_marks
from aggregation.readings import Floats, Readings

# Mean overlap from which on spans mean the same passage: people disagree on articles and on full stops.
SAME = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters from `start` up to, and without, `end`."""

    start: int
    end: int
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty span."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self}")


def merge_spans(readings: Readings[tuple[Span, ...]], *, same: float = SAME) -> Marks[Span]:
    """Group spans by overlap, take the ends most of them have, and keep what is likely there.

    Spans of different labels are different things; they may overlap.
    """
    if not 0 < same <= 1:
        raise ValueError(f"same: {same} is not between 0 and 1")
    return merge_marks(readings, name="spans", similarity=overlaps, merge=_commonest, threshold=same)


def overlaps(spans: Sequence[Span]) -> Floats:
    """Return (n, n) shared characters over all characters of both; -1 for spans of different labels."""
    start = np.array([span.start for span in spans])
    end = np.array([span.end for span in spans])
    labels = np.array([span.label for span in spans])
    shared = np.minimum(end[:, None], end) - np.maximum(start[:, None], start)
    length = end - start
    shared = np.clip(shared, 0, None)
    ratio = shared / (length[:, None] + length - shared)
    return np.where(labels[:, None] == labels[None, :], ratio, APART)


def _commonest(spans: Sequence[Span]) -> Span:
    """Return the span that most workers gave; of several the one nearest to the median ends."""
    count = Counter(spans)
    middle = np.median([(span.start, span.end) for span in spans], axis=0)

    def rank(span: Span) -> tuple[int, float, Span]:
        off = abs(span.start - middle[0]) + abs(span.end - middle[1])
        return -count[span], float(off), span

    return min(count, key=rank)
