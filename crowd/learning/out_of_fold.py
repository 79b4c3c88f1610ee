"""Predictions for items whose labels are known, each by a model that has not seen its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crowd.errors import bad_input
from crowd.learning.model import Inputs, Matrix, ModelFactory, rows_of


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Probabilities for each input, and the fold it lay in when they were made."""

    classes: tuple[str, ...]
    probabilities: Matrix
    """(inputs, classes); rows sum to 1, nothing is 0."""
    fold: NDArray[np.intp]


def out_of_fold(
    model_factory: ModelFactory,
    features: Inputs,
    labels: Sequence[str],
    folds: int,
    rng: np.random.Generator,
) -> OutOfFold:
    """Predict each input by a model trained on the other folds.

    Folds are drawn with `rng`, hold every label in like shares, and are never more than there are inputs.
    Each row is mixed with as much of an even guess as one more input would weigh: a label that all lay in one
    fold was unknown to the model that judged it, and must not be called impossible.

    Raises:
        Unprocessable: There are fewer than two inputs, or fewer than two folds.
    """
    if len(labels) != len(features):
        raise ValueError(f"{len(labels)} labels for {len(features)} inputs: give one each")
    if min(len(labels), folds) < 2:
        raise bad_input("labels", f"{len(labels)} in {folds} folds: at least two of each are needed")
    classes = tuple(sorted(set(labels)))
    fold = _stratified(labels, min(folds, len(labels)), rng)
    table = np.empty((len(labels), len(classes)))
    for number in np.unique(fold):
        inside, outside = np.flatnonzero(fold == number).tolist(), np.flatnonzero(fold != number).tolist()
        known = [labels[row] for row in outside]
        weight = 1 / (len(known) + 1)
        judged = _judged(model_factory, features, (outside, known), inside, classes)
        table[inside] = (1 - weight) * judged + weight / len(classes)
    return OutOfFold(classes, table, fold)


def _judged(
    model_factory: ModelFactory,
    features: Inputs,
    training: tuple[Sequence[int], Sequence[str]],
    asked: Sequence[int],
    classes: Sequence[str],
) -> Matrix:
    """Return the probabilities of the asked inputs over all classes, 0 for those the model was not shown."""
    rows, known = training
    column = {label: at for at, label in enumerate(classes)}
    table = np.zeros((len(asked), len(classes)))
    if len(set(known)) == 1:  # nothing to tell apart: no model is needed to say so
        table[:, column[known[0]]] = 1.0
        return table
    model = model_factory()
    model.fit(rows_of(features, rows), known)
    table[:, [column[label] for label in model.classes_]] = model.predict_proba(rows_of(features, asked))
    return table


def _stratified(labels: Sequence[str], folds: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Deal shuffled inputs to the folds in turn, label by label, without starting over at each label."""
    shuffled = rng.permutation(len(labels))
    dealt = sorted(shuffled.tolist(), key=lambda row: labels[row])
    fold = np.empty(len(labels), dtype=np.intp)
    fold[dealt] = np.arange(len(labels)) % folds
    return fold
