"""Accuracy and calibration of the consensus methods on recorded crowds, side by side in one run.

    python bench/consensus_accuracy.py --data DIR [--overlap 3] [--draws 10] [--json]

Each set is thinned to `--overlap` random answers per item (0: all of them), `--draws` times. `ens4` is the
baseline to beat: the mean of vote shares, one-coin, and Dawid-Skene shrunken to a fixed and to the crowd's
matrix, all with the class prior pinned to the vote shares. Majority vote counts a tie as its fair share; all
others choose. What `--json` prints, bench/_consensus_plot.py draws.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from _recorded import Recorded, arguments, read, say, thinned, with_data

from aggregation.answers import Answers
from aggregation.consensus import TIE, choose, popularity
from aggregation.registry import aggregate

BINS = 15


METHODS: dict[str, str] = {
    "majority": "majority",
    "dawid-skene": "dawid-skene",
    "one-coin": "one-coin",
    "ds-map": "dawid-skene-map",
    "ds-hier": "dawid-skene-hierarchical",
    "ds-skill": "dawid-skene-skill",
    "glad": "glad",
    "mace": "mace",
    "ens4": "",
    "panel": "panel",
}
ENS4 = ("majority", "one-coin", "ds-map", "ds-hier")
# The single methods that regret is measured against.
RIVALS = ("majority", "dawid-skene", "one-coin", "ds-map", "ds-hier")


def posteriors(answers: Answers) -> dict[str, np.ndarray]:
    """Return by method what it makes of the answers."""
    found = {name: aggregate(answers, method).posterior for name, method in METHODS.items() if method}
    return found | {"ens4": np.mean([found[name] for name in ENS4], axis=0)}


def hits(recorded: Recorded, posterior: np.ndarray, *, fair: bool) -> np.ndarray:
    """Return, per judged item, the probability that the chosen label is right."""
    judged = recorded.judged
    truth, posterior = recorded.truth[judged], posterior[judged]
    if not fair:
        return (choose(posterior, popularity(recorded.answers)) == truth).astype(float)
    tied = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    right = tied[np.arange(len(truth)), np.maximum(truth, 0)] & (truth >= 0)
    return right / tied.sum(axis=1)


def calibration(recorded: Recorded, posterior: np.ndarray) -> tuple[float, float]:
    """Return the expected calibration error over equal-mass bins, and claimed minus true accuracy."""
    judged = recorded.judged
    claimed = posterior[judged].max(axis=1)
    right = hits(recorded, posterior, fair=False)
    bins = np.array_split(np.argsort(claimed, kind="stable"), BINS)
    error = sum(abs(claimed[b].mean() - right[b].mean()) * len(b) for b in bins if len(b)) / len(claimed)
    return float(error), float(claimed.mean() - right.mean())


def measure(recorded: Recorded, overlap: int | None, seeds: range) -> dict[str, np.ndarray]:
    """Return (draws, 3) accuracy, calibration error and gap of each method."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in METHODS}
    for seed in seeds:
        thin = thinned(recorded, overlap, seed)
        for name, posterior in posteriors(thin.answers).items():
            accuracy = hits(thin, posterior, fair=name == "majority").mean()
            found[name].append((accuracy, *calibration(thin, posterior)))
    return {name: np.array(rows) for name, rows in found.items()}


def standard_error(recorded: Recorded, rows: np.ndarray) -> float:
    """Return the error of a set's mean accuracy: draws where there are several, else items."""
    if len(rows) > 1:
        return float(rows[:, 0].std(ddof=1) / np.sqrt(len(rows)))
    return float(np.sqrt(rows[0, 0] * (1 - rows[0, 0]) / recorded.judged.sum()))


def summarise(table: dict[str, dict[str, np.ndarray]]) -> dict[str, dict[str, float]]:
    """Return means over sets, paired differences to the baseline, and worst regrets, in points."""
    accuracy = {
        name: np.array([rows[name][:, 0].mean() for rows in table.values()]) * 100 for name in METHODS
    }
    best = np.max([accuracy[name] for name in RIVALS], axis=0)
    classic = np.maximum(accuracy["majority"], accuracy["dawid-skene"])
    summary = {}
    for name, values in accuracy.items():
        over = values - accuracy["ens4"]
        error, gap = (np.array([rows[name][:, at].mean() for rows in table.values()]) * 100 for at in (1, 2))
        summary[name] = {
            "accuracy": values.mean(),
            "over_ens4": over.mean(),
            "over_ens4_se": over.std(ddof=1) / np.sqrt(len(over)) if len(over) > 1 else float("nan"),
            "over_majority": (values - accuracy["majority"]).mean(),
            "over_dawid_skene": (values - accuracy["dawid-skene"]).mean(),
            "worst_regret": (best - values).max(),
            "over_best_of_majority_and_dawid_skene": (values - classic).mean(),
            "worst_below_them": (classic - values).max(),
            "calibration_error": error.mean(),
            "gap": gap.mean(),
            "worst_gap": np.abs(gap).max(),
        }
    return {
        name: {key: round(float(value), 3) for key, value in row.items()} for name, row in summary.items()
    }


def show(
    table: dict[str, dict[str, np.ndarray]], sets: dict[str, Recorded], summary: dict[str, dict[str, float]]
) -> None:
    print(f"{'accuracy, %':<16}" + "".join(f"{name:>13}" for name in METHODS))
    for name, rows in table.items():
        cells = "".join(
            f"{rows[method][:, 0].mean() * 100:>8.2f}±{standard_error(sets[name], rows[method]) * 100:<4.2f}"
            for method in METHODS
        )
        print(f"{name:<16}{cells}")
    for key in next(iter(summary.values())):
        print(f"{key[:15]:<16}" + "".join(f"{summary[method][key]:>8.2f}     " for method in METHODS))


def main() -> None:
    parser = with_data(arguments(__doc__ or "", overlap=3, draws=10))
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of recorded answers, or set CROWD_DATA")
    overlap = options.overlap or None
    seeds = range(options.seed, options.seed + (options.draws if overlap else 1))
    sets, table = {}, {}
    for name in options.sets.split(","):
        say(name)
        sets[name] = read(Path(options.data), name)
        table[name] = measure(sets[name], overlap, seeds)
    summary = summarise(table)
    if options.json:
        per_set = {
            name: {m: [round(float(x), 5) for x in r.mean(axis=0)] for m, r in rows.items()}
            for name, rows in table.items()
        }
        errors = {
            name: {m: round(standard_error(sets[name], r), 5) for m, r in rows.items()}
            for name, rows in table.items()
        }
        told = {"overlap": options.overlap, "draws": len(seeds)}
        print(json.dumps(told | {"sets": per_set, "standard_errors": errors, "summary": summary}))
    else:
        show(table, sets, summary)


if __name__ == "__main__":
    main()
