"""How far workers agree, before any model of them: pairwise agreement and Krippendorff's alpha."""

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers


def pairwise_agreement(answers: Answers) -> float:
    """Return the share of answer pairs on the same item that agree; nan when no item has two answers."""
    per_item, cells, _, _ = _counts(answers)
    pairs = np.sum(per_item * (per_item - 1))
    return float(np.sum(cells * (cells - 1)) / pairs) if pairs else float("nan")


def krippendorff_alpha(answers: Answers) -> float:
    """Return Krippendorff's alpha for nominal labels: 1 is full agreement, 0 is what chance would give.

    Items with one answer say nothing about agreement and are left out. The value is nan when no item has
    two answers or all those answers are the same label, where chance agreement is already full.
    Source: Krippendorff, Content Analysis (2004), chapter 11, by way of the coincidence matrix.
    """
    per_item, cells, cell_item, cell_label = _counts(answers)
    paired = per_item[cell_item] > 1
    cells, cell_item, cell_label = cells[paired], cell_item[paired], cell_label[paired]
    total = cells.sum()
    by_label = np.bincount(cell_label, weights=cells, minlength=1)
    expected = total * total - np.sum(by_label**2)
    if expected == 0:
        return float("nan")
    size = per_item[cell_item]
    observed = np.sum(cells * (size - cells) / (size - 1))
    return float(1 - (total - 1) * observed / expected)


def _counts(
    answers: Answers,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Count answers per item, and per occupied (item, label) cell with the cell's item and label."""
    width = max(len(answers.labels), 1)
    cell, cells = np.unique(answers.item.astype(np.int64) * width + answers.label, return_counts=True)
    per_item = np.bincount(answers.item, minlength=len(answers.items))
    return per_item.astype(np.float64), cells.astype(np.float64), cell // width, cell % width
