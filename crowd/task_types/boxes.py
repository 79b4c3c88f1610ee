"""Rectangles on an image, each with a label."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types import options as known
from crowd.task_types import structure
from crowd.task_types.base import ANY, Ask, Fault

SIDES = ("x", "y", "width", "height")
LARGEST = 100_000  # pixels of an image's side
Box = dict[str, Any]


class Boxes:
    """Boxes in pixels of the image's own size, `x` and `y` at the upper left, to a tenth of a pixel."""

    name = "boxes"
    is_categorical = False
    has_labels = True
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check how small a box may be, and how few there may be."""
        taken = {"min_size": known.number(above=0, most=LARGEST), "min": known.whole(0, structure.MOST)}
        return known.check(options, taken, "boxes") + known.labels(labels, 1, "boxes")

    def read(self, value: object, ask: Ask) -> str:
        """Return the boxes as JSON, each once, from left to right."""
        smallest = ask.options.get("min_size", 1)
        found = {structure.compact(_box(entry, ask.labels, smallest)) for entry in structure.listed(value)}
        if len(found) < (least := ask.options.get("min", 0)):
            raise ValueError(f"{len(found)} boxes are drawn; it must be at least {least}")
        boxes = [json.loads(box) for box in found]
        return structure.compact(
            sorted(boxes, key=lambda box: [*(box[side] for side in SIDES), box["label"]])
        )

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return the mean overlap of the best pairing; a box without a partner counts 0.

        Overlap is intersection over union, between boxes of the same label (Everingham et al. 2010);
        the pairing is the one of largest sum (Kuhn 1955).
        """
        one, other = json.loads(value), json.loads(truth)
        if not one or not other:
            return float(one == other)
        from scipy.optimize import linear_sum_assignment

        table = [[_overlap(left, right) for right in other] for left in one]
        rows, columns = linear_sum_assignment(table, maximize=True)
        matched = sum(table[row][column] for row, column in zip(rows, columns, strict=True))
        return matched / max(len(one), len(other))


def _box(entry: object, labels: Sequence[str], smallest: float) -> Box:
    given = structure.fields(entry, (*SIDES, "label"), "a box")
    if given["label"] not in labels:
        raise ValueError(f"{given['label']!r} is not in the label set")
    sides = {side: _pixels(given[side], side) for side in SIDES}
    if min(sides["width"], sides["height"]) < smallest:
        raise ValueError(f"a box of {sides['width']} × {sides['height']} is smaller than {smallest}")
    return {**sides, "label": given["label"]}


def _pixels(value: object, side: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LARGEST:  # type: ignore[operator]
        raise ValueError(f"{side} {value!r} is not a number of pixels from 0 to {LARGEST}")
    rounded = round(float(value), 1)  # type: ignore[arg-type]
    return int(rounded) if rounded.is_integer() else rounded


def _overlap(one: Box, other: Box) -> float:
    if one == other or one["label"] != other["label"]:
        return float(one == other)  # the quotient below may miss 1 by a rounding
    shared = _common(one, other, "x", "width") * _common(one, other, "y", "height")
    union = one["width"] * one["height"] + other["width"] * other["height"] - shared
    return float(shared / union)


def _common(one: Box, other: Box, start: str, length: str) -> float:
    """Return how far two boxes overlap along one axis."""
    end = min(one[start] + one[length], other[start] + other[length])
    return float(max(0.0, end - max(one[start], other[start])))
