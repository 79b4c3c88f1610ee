"""What past work is worth: accuracy on new items with and without the workers' history, in one run.

    python bench/history.py --data DIR [--sets dog,rte,web] [--draws 5] [--overlap 3] [--json]

Each set is parted into two halves of its items. The first, with all its answers, is the past; the second,
thinned to a few answers per item, is the present. `decay` is what a past answer counts.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
from _recorded import Recorded, arguments, read, say, thinned, with_data

from aggregation import history
from aggregation.answers import Answers
from aggregation.registry import aggregate

METHODS = ("panel", "dawid-skene-map", "dawid-skene-hierarchical", "one-coin")
DECAYS = (None, 0.1, 0.5, 1.0)


def part(answers: Answers, keep: np.ndarray) -> Answers:
    rows = keep[answers.item]
    return replace(answers, item=answers.item[rows], worker=answers.worker[rows], label=answers.label[rows])


def draw(recorded: Recorded, overlap: int, seed: int) -> dict[tuple[str, float | None], float]:
    """Return the accuracy on the second half by method and decay."""
    first = np.random.default_rng(seed).random(len(recorded.answers.items)) < 0.5
    past = part(recorded.answers, first)
    present = thinned(replace(recorded, answers=part(recorded.answers, ~first)), overlap, seed)
    judged = present.judged & ~first
    found = {}
    for method in METHODS:
        before = history.of(past, aggregate(past, method))
        for decay in DECAYS:
            told = None if decay is None else before.faded(decay)
            choice = aggregate(present.answers, method, history=told).choice
            found[method, decay] = 100 * float((choice == recorded.truth)[judged].mean())
    return found


def main() -> None:
    parser = with_data(arguments(__doc__ or "", draws=5, overlap=3))
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data DIR or CROWD_DATA is needed")
    by_set = {}
    for name in options.sets.split(","):
        say(name)
        recorded = read(options.data, name)
        runs = [draw(recorded, options.overlap, options.seed + n) for n in range(options.draws)]
        by_set[name] = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
    table = {key: [scores[key] for scores in by_set.values()] for key in next(iter(by_set.values()))}
    gains = {key: np.array(table[key]) - np.array(table[key[0], None]) for key in table}
    rows = [
        {
            "method": method,
            "decay": decay,
            "accuracy": round(float(np.mean(table[method, decay])), 2),
            "gain": round(float(gain.mean()), 2),
            "error": round(float(gain.std(ddof=1) / len(gain) ** 0.5), 2) if len(gain) > 1 else None,
            "worst": round(float(gain.min()), 2),
        }
        for (method, decay), gain in gains.items()
    ]
    if options.json:
        print(json.dumps({"overlap": options.overlap, "sets": list(by_set), "rows": rows}))
        return
    print(f"{len(by_set)} sets, {options.overlap} answers per item, {options.draws} draws; points gained")
    print(f"{'method':<26}{'decay':>7}{'accuracy':>10}{'gain':>8}{'+-':>6}{'worst set':>11}")
    for row in rows:
        decay = "none" if row["decay"] is None else row["decay"]
        error = "" if row["error"] is None else row["error"]
        print(
            f"{row['method']:<26}{decay:>7}{row['accuracy']:>10}{row['gain']:>8}{error:>6}{row['worst']:>11}"
        )


if __name__ == "__main__":
    main()
