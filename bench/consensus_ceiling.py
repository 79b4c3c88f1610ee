"""What there is to gain from knowing the workers: matrices and class shares taken from the truth.

    python bench/consensus_ceiling.py --data DIR [--overlap 3] [--draws 3]

Every worker's matrix is counted from the truth of the very answers that are aggregated, the judged item
left out, and shrunk toward the crowd's. `told` is right under these matrices and the true class shares,
`matrices` under these and half-flattened vote shares, `panel` without any truth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _recorded import Recorded, arguments, read, say, thinned, with_data

from aggregation.consensus import choose, popularity
from aggregation.registry import aggregate

STRENGTH = 4.0  # answers that the crowd's row counts for


def told(recorded: Recorded, shares: np.ndarray) -> np.ndarray:
    """Return the (I, K) posterior under matrices that are counted from the truth."""
    answers, truth = recorded.answers, recorded.truth[recorded.answers.item]
    labels, rows = len(answers.labels), np.flatnonzero(truth >= 0)
    counts = np.zeros((len(answers.workers), labels, labels))
    np.add.at(counts, (answers.worker[rows], truth[rows], answers.label[rows]), 1.0)
    crowd = counts.sum(axis=0) + 0.5
    crowd /= crowd.sum(axis=1, keepdims=True)
    said = counts[answers.worker, :, answers.label]
    given = counts.sum(axis=2)[answers.worker]
    said[rows, truth[rows]] -= 1.0
    given[rows, truth[rows]] -= 1.0
    likely = (said + STRENGTH * crowd[:, answers.label].T) / (given + STRENGTH)
    logs = np.tile(np.log(shares), (len(answers.items), 1))
    np.add.at(logs, answers.item, np.log(likely))
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def measure(recorded: Recorded) -> tuple[float, float, float]:
    """Return how often the labels are right: told all, told the matrices only, and panel."""
    answers, judged = recorded.answers, recorded.judged
    truth = recorded.truth[judged]
    true = np.bincount(truth[truth >= 0], minlength=len(answers.labels)) + 0.5
    votes = np.sqrt(popularity(answers))
    found = (told(recorded, true / true.sum()), told(recorded, votes / votes.sum()))
    posteriors = (*found, aggregate(answers).posterior)
    right = [choose(each, popularity(answers))[judged] == truth for each in posteriors]
    return tuple(100.0 * float(each.mean()) for each in right)


def main() -> None:
    parser = with_data(arguments(__doc__ or "", overlap=3, draws=3))
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of recorded answers, or set CROWD_DATA")
    print(f"{'crowd':<16}{'told':>9}{'matrices':>9}{'panel':>9}")
    rows = []
    for name in options.sets.split(","):
        say(name)
        recorded = read(Path(options.data), name)
        seeds = range(options.seed, options.seed + (options.draws if options.overlap else 1))
        each = [measure(thinned(recorded, options.overlap or None, seed)) for seed in seeds]
        rows.append(np.mean(each, axis=0))
        print(f"{name:<16}" + "".join(f"{value:9.1f}" for value in rows[-1]), flush=True)
    print(f"{'mean':<16}" + "".join(f"{value:9.2f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
