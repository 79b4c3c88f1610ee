"""Boxes on images: which objects are there, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aggregation.marks import APART, Marks, merge_marks
from aggregation.readings import Floats, Readings

# Mean overlap from which on boxes show the same object. Small objects are drawn loosely.
SAME = 0.3


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A box by its top left and bottom right corners, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse a box without area."""
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError(f"a box needs left < right and top < bottom, not {self}")


def merge_boxes(readings: Readings[tuple[Box, ...]], *, same: float = SAME) -> Marks[Box]:
    """Group boxes by overlap, place each group at the median of its sides, and keep what is likely there.

    After Branson, Van Horn and Perona (CVPR 2017), with mean linkage for their facility location. Boxes of
    different labels are different things.
    """
    if not 0 < same <= 1:
        raise ValueError(f"same: {same} is not between 0 and 1")
    return merge_marks(readings, name="boxes", similarity=overlaps, merge=_middle, threshold=same)


def overlaps(boxes: Sequence[Box]) -> Floats:
    """Return (n, n) intersection over union; -1 for boxes of different labels."""
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes])
    labels = np.array([box.label for box in boxes])
    least = np.maximum(sides[:, None, :2], sides[None, :, :2])
    most = np.minimum(sides[:, None, 2:], sides[None, :, 2:])
    shared = np.clip(most - least, 0.0, None).prod(axis=2)
    area = (sides[:, 2:] - sides[:, :2]).prod(axis=1)
    ratio = shared / (area[:, None] + area[None, :] - shared)
    return np.where(labels[:, None] == labels[None, :], ratio, APART)


def _middle(boxes: Sequence[Box]) -> Box:
    sides = np.median([(box.left, box.top, box.right, box.bottom) for box in boxes], axis=0)
    left, top, right, bottom = sides.tolist()
    return Box(left, top, right, bottom, boxes[0].label)
