"""Numbers between 0 and 1 as text: a digit of all of them at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# So many decimals of confidences are stored.
PLACES = 9


def cells(shares: NDArray[np.float64], places: int) -> NDArray[np.uint8]:
    """Return the characters of the numbers, with a comma after each and a line's end after the last."""
    left = np.rint(shares * 10**places).astype(np.uint32)
    found = np.empty((*shares.shape, places + 3), dtype=np.uint8)
    for place in range(places + 1, 1, -1):
        found[..., place] = left % 10 + ord("0")
        left //= 10
    found[..., 0], found[..., 1], found[..., -1] = left + ord("0"), ord("."), ord(",")
    found[:, -1, -1] = ord("\n")
    return found


def texts(numbers: Sequence[float]) -> Sequence[str]:
    """Return numbers as text that says exactly what they are, whatever they are."""
    values = np.array(numbers, dtype=np.float64)
    is_share = values.min(initial=0) >= 0 and values.max(initial=1) <= 1
    if not (is_share and (values.round(PLACES) == values).all()):
        return list(map(str, numbers))
    return cells(values[:, np.newaxis], PLACES).tobytes().decode("ascii").splitlines()
