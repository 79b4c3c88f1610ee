"""Check a model's probabilities before anything is chosen by them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crowd.selection.scores import Probabilities

TOLERANCE = 1e-3


def check(probabilities: ArrayLike, labels: Sequence[str], keys: Sequence[str]) -> Probabilities:
    """Return the probabilities as an (items, labels) array whose rows sum to 1.

    Rows that miss 1 by at most 0.001 (rounded on their way into a file) are renormalised.

    Raises:
        ValueError: On another shape, a repeated label or item, a value that is no number or below 0, or a
            row that does not sum to 1; it names the first bad row, its item, and what to do.
    """
    _refuse_repeats("label", labels)
    _refuse_repeats("item", keys)
    table = _table(probabilities, len(keys), len(labels))
    _refuse(~np.isfinite(table), table, labels, keys, "replace missing predictions or leave the item out")
    _refuse(
        table < 0, table, labels, keys, "probabilities are not negative; pass logits through a softmax first"
    )
    total: NDArray[np.float64] = table.sum(axis=1)
    _refuse_sums(total, keys)
    checked: Probabilities = table / total[:, None]
    return checked


def _refuse_repeats(what: str, names: Sequence[str]) -> None:
    if not names and what == "label":
        raise ValueError("no labels given: name the column of each label")
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{what} {repeated[0]!r} stands more than once: keep one")


def _table(probabilities: ArrayLike, rows: int, columns: int) -> Probabilities:
    try:
        table = np.asarray(probabilities, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"predictions must be a rectangle of numbers: {error}") from None
    if table.shape != (rows, columns):
        raise ValueError(
            f"predictions have shape {table.shape}, expected ({rows}, {columns}): "
            "one row per item, one column per label"
        )
    return table


def _refuse(
    bad: NDArray[np.bool_], table: Probabilities, labels: Sequence[str], keys: Sequence[str], remedy: str
) -> None:
    if bad.any():
        row, column = np.argwhere(bad)[0]
        found = f"probability of {labels[column]!r} is {table[row, column]:g}"
        raise ValueError(_message(np.any(bad, axis=1), keys, found, remedy))


def _refuse_sums(total: NDArray[np.float64], keys: Sequence[str]) -> None:
    bad = np.abs(total - 1) > TOLERANCE
    if bad.any():
        found = f"probabilities sum to {total[bad][0]:.6g}"
        raise ValueError(_message(bad, keys, found, "they must sum to 1; divide each row by its sum"))


def _message(bad: NDArray[np.bool_], keys: Sequence[str], found: str, remedy: str) -> str:
    """Name the first bad row, counted from 1, and say how many more there are."""
    first, others = int(np.argmax(bad)), int(np.sum(bad)) - 1
    more = f" (and {others} more such rows)" if others else ""
    return f"row {first + 1} (item {keys[first]!r}): {found}; {remedy}{more}"
