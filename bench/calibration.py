"""Whether confidence means what it says, on recorded crowds: claimed against true, with gold and without.

    python bench/calibration.py --data DIR [--overlap 3] [--gold 30] [--draws 4] [--json]

ECE is the expected calibration error over 15 equal-mass bins. `noise` is the ECE that exactly true claims
would show on so few items, measured by drawing the truth from the claims: nothing can be expected below it.
Gold items are drawn at random, told to the method, and left out of the measure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

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


def error(claimed: Floats, right: Floats) -> float:
    bins = np.array_split(np.argsort(claimed, kind="stable"), BINS)
    return float(
        sum(abs(claimed[b].mean() - right[b].mean()) * len(b) for b in bins if len(b)) / len(claimed)
    )


def drawn_gold(recorded: Recorded, count: int, rng: np.random.Generator) -> Floats:
    """Return the places of so many items with truth, half of them at most."""
    usable = np.flatnonzero(recorded.judged & (recorded.truth >= 0))
    return rng.choice(usable, min(count, len(usable) // 2), replace=False)


def measure(recorded: Recorded, gold: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """Return by method the calibration error, claimed minus true, and the error of exactly true claims."""
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
        found[name] = (error(claimed, right), float(claimed.mean() - right.mean()), noise)
    return found


def main() -> None:
    parser = with_data(arguments(__doc__ or "", overlap=3, gold=30, draws=4))
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
            measured.append(measure(thinned(recorded, options.overlap or None, seed), options.gold, seed))
        rows[name] = {m: (100 * np.mean([one[m] for one in measured], axis=0)).tolist() for m in METHODS}
    print(json.dumps(rows) if options.json else table(rows))


def table(rows: dict[str, dict[str, list[float]]]) -> str:
    head = f"{'set':<16}" + "".join(f"{name + ': ECE':>18}{'gap':>7}{'noise':>7}" for name in METHODS)
    lines = [head]
    for name, row in rows.items():
        lines.append(f"{name:<16}" + "".join(f"{e:18.2f}{g:7.2f}{n:7.2f}" for e, g, n in row.values()))
    means = {m: np.array([row[m] for row in rows.values()]) for m in METHODS}
    cells = [
        f"{v[:, 0].mean():18.2f}{np.abs(v[:, 1]).mean():7.2f}{v[:, 2].mean():7.2f}" for v in means.values()
    ]
    lines.append(f"{'mean (|gap|)':<16}" + "".join(cells))
    lines.append(
        f"{'worst |gap|':<16}" + "".join(f"{np.abs(v[:, 1]).max():25.2f}{'':7}" for v in means.values())
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
