"""Whether confidence means what it says, on recorded crowds: claimed against true, with gold and without.

    python bench/calibration.py --data DIR [--overlap 3] [--gold 30] [--draws 4] [--json]

ECE is the expected calibration error over 15 bins of equal size; `width` is the same over 15 bins of equal
width (Guo et al. 2017). `noise` is the ECE that exactly true claims would show on so few items, measured by
drawing the truth from the claims: nothing can be expected below it. `root` is the root of the mean squared
error of the bins of equal size, freed of that noise (Kumar et al. 2019). `once` is the size of the gap in a
single draw, where `gap` is its mean over draws. `closed` is the percentage of items whose claim is at least
`--close-at`, with which buying would stop, and `over` the gap on these. Gold items are drawn at random, told
to the method, and left out of the measure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _recorded import Recorded, arguments, read, say, thinned, with_data

from aggregation.answers import Answers
from aggregation.registry import aggregate

BINS = 15
Floats = np.ndarray
Method = Callable[[Answers, dict[str, str]], Floats]
METHODS: dict[str, Method] = {
    "dawid-skene": lambda answers, _: aggregate(answers, "dawid-skene").posterior,
    "panel": lambda answers, _: aggregate(answers).posterior,
    "panel+gold": lambda answers, gold: aggregate(answers, gold=gold).posterior,
}


class Reading(NamedTuple):
    """What one draw of answers shows of a method; shares, not yet percent."""

    error: float
    gap: float
    noise: float
    width: float
    square: float
    once: float
    closed: float
    over: float
    """Gap on the closed items; in a single draw times their share."""


def bins_of_equal_size(claimed: Floats) -> list[np.ndarray]:
    bins = np.array_split(np.argsort(claimed, kind="stable"), BINS)
    return [rows for rows in bins if len(rows)]


def error(claimed: Floats, right: Floats) -> float:
    bins = bins_of_equal_size(claimed)
    return float(sum(abs(claimed[b].mean() - right[b].mean()) * len(b) for b in bins) / len(claimed))


def error_by_width(claimed: Floats, right: Floats) -> float:
    """Return the calibration error over bins (0, 1/15], (1/15, 2/15] and so on."""
    place = np.clip(np.ceil(claimed * BINS).astype(int) - 1, 0, BINS - 1)
    return float(np.abs(np.bincount(place, claimed - right, BINS)).sum() / len(claimed))


def square(claimed: Floats, right: Floats) -> float:
    """Return the mean squared error of bins without the variance of their means; by chance below 0."""
    bins = [rows for rows in bins_of_equal_size(claimed) if len(rows) > 1]
    means = np.array([right[rows].mean() for rows in bins])
    sizes = np.array([len(rows) for rows in bins])
    off = np.array([claimed[rows].mean() for rows in bins]) - means
    return float(((off**2 - means * (1 - means) / (sizes - 1)) * sizes).sum() / sizes.sum())


def drawn_gold(recorded: Recorded, count: int, rng: np.random.Generator) -> Floats:
    """Return the places of so many items with truth, half of them at most."""
    usable = np.flatnonzero(recorded.judged & (recorded.truth >= 0))
    return rng.choice(usable, min(count, len(usable) // 2), replace=False)


def measure(recorded: Recorded, gold: int, seed: int, close_at: float) -> dict[str, Reading]:
    """Return by method how claims and truth differ, and the error of exactly true claims."""
    rng = np.random.default_rng(seed)
    told = drawn_gold(recorded, gold, rng)
    answers = recorded.answers
    known = {answers.items[place]: answers.labels[recorded.truth[place]] for place in told}
    rest = recorded.judged.copy()
    rest[told] = False
    found = {}
    for name, method in METHODS.items():
        posterior = method(answers, known)[rest]
        claimed = posterior.max(axis=1)
        right = (posterior.argmax(axis=1) == recorded.truth[rest]).astype(float)
        true = (rng.random((20, len(claimed))) < claimed).astype(float)
        noise = float(np.mean([error(claimed, row) for row in true]))
        gap, closed = float(claimed.mean() - right.mean()), claimed >= close_at
        found[name] = Reading(
            error=error(claimed, right),
            gap=gap,
            noise=noise,
            width=error_by_width(claimed, right),
            square=square(claimed, right),
            once=abs(gap),
            closed=float(closed.mean()),
            over=float(((claimed - right) * closed).mean()),
        )
    return found


def percent(draws: list[Reading]) -> list[float]:
    """Return the means of draws in percent; of the squares, the root; of what is over, by closed item."""
    mean = Reading(*np.mean(draws, axis=0))
    root, over = float(np.sqrt(max(mean.square, 0.0))), mean.over / (mean.closed or 1.0)
    return [100.0 * float(value) for value in mean._replace(square=root, over=over)]


def main() -> None:
    parser = with_data(arguments(__doc__ or "", overlap=3, gold=30, draws=4))
    parser.add_argument("--close-at", type=float, default=0.9, help="the claim that closes an item")
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of recorded answers, or set CROWD_DATA")
    rows: dict[str, dict[str, list[float]]] = {}
    for name in options.sets.split(","):
        recorded = read(Path(options.data), name)
        draws = range(options.seed, options.seed + (options.draws if options.overlap else 1))
        measured = []
        for seed in draws:
            say(f"{name}, draw {seed}")
            drawn = thinned(recorded, options.overlap or None, seed)
            measured.append(measure(drawn, options.gold, seed, options.close_at))
        rows[name] = {m: percent([one[m] for one in measured]) for m in METHODS}
    print(json.dumps(rows) if options.json else table(rows))


def table(rows: dict[str, dict[str, list[float]]]) -> str:
    columns = ("ECE", "gap", "noise", "width", "root", "once", "closed", "over")
    lines = []
    for method in METHODS:
        values = np.array([row[method] for row in rows.values()])
        lines.append(f"{method:<16}" + "".join(f"{column:>8}" for column in columns))
        sizes = np.abs(values)
        sums = {
            "mean": values.mean(axis=0),
            "mean of sizes": sizes.mean(axis=0),
            "largest": sizes.max(axis=0),
        }
        for name, row in (*zip(rows, values, strict=True), *sums.items()):
            lines.append(f"{name:<16}" + "".join(f"{value:8.2f}" for value in row))
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
