"""The demo's data: 1,797 handwritten digits, split into seeds, a pool to ask about, and a held-out test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crowd.trials.images import data_uri, enlarge

LABELS = tuple("0123456789")
HELD_OUT = 597
DARKEST = 16
TIMES = 4

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """One handwritten digit: what is shown of it, and what it is."""

    key: str
    payload: Payload
    label: str


@dataclass(frozen=True, slots=True)
class Digits:
    """The three parts; the project never sees the label of a pool image, nor anything of the test."""

    seeds: tuple[Image, ...]
    pool: tuple[Image, ...]
    test: tuple[Image, ...]


def load(rng: np.random.Generator, *, seeds: int, pool: int) -> Digits:
    """Split scikit-learn's digits at random; seeds are balanced over the ten labels.

    Raises:
        ValueError: More images are asked for than there are.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    order = rng.permutation(len(data.target))
    test, rest = order[:HELD_OUT], order[HELD_OUT:]
    if seeds % len(LABELS) or not 0 < pool <= len(rest) - seeds:
        raise ValueError(
            f"{seeds} seeds and {pool} images to ask about: the seeds must be a multiple of {len(LABELS)}, "
            f"and both together at most {len(rest)}"
        )
    chosen = np.concatenate([rest[data.target[rest] == digit][: seeds // len(LABELS)] for digit in range(10)])
    asked = rest[~np.isin(rest, chosen)][:pool]
    return Digits(*(_images(data.data, data.target, part) for part in (np.sort(chosen), asked, test)))


def _images(
    pixels: NDArray[np.float64], targets: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[Image, ...]:
    return tuple(
        Image(f"digit-{row:04}", _payload(pixels[row]), LABELS[targets[row]]) for row in rows.tolist()
    )


def _payload(pixels: NDArray[np.float64]) -> Payload:
    """Return the numbers for a model and a picture for people: dark ink on white paper."""
    ink = enlarge(pixels.reshape(8, 8), TIMES) / DARKEST
    return {"pixels": pixels.tolist(), "image": data_uri((255 * (1 - ink)).round().astype(np.uint8))}
