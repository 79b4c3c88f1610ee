"""What models add to people's answers: accuracy of people alone, and with models heard, in one run.

    python bench/evidence.py --data DIR [--sets sp,medical_treat,cf_amt] [--draws 3] [--json]

Each set is thinned to 1, 2, 3 answers per item and all of them. The models are TF-IDF and logistic
regression, out of fold, trained on what people alone concluded; `useless` is sure of itself and knows
nothing; `five` are
five versions of one model under five names, as if they were five sources.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _recorded import Recorded, arguments, read, say, thinned, with_data

from aggregation.consensus import choose, popularity
from aggregation.fusion import fuse
from aggregation.registry import aggregate
from crowd.learning import features_of, load, out_of_fold
from crowd.learning.features import Features

OVERLAPS = (1, 2, 3, None)
FOLDS = 5
Floats = np.ndarray


def features(folder: Path, recorded: Recorded) -> Features:
    """Return what a model reads of each item: its texts."""
    with (folder / recorded.name / "items.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["task"]: row for row in csv.DictReader(file)}
    return features_of([{"text": texts(rows[item])} for item in recorded.answers.items])


def texts(row: dict[str, str]) -> str:
    return " ".join(value for name, value in row.items() if name != "task" and value)


def model(found: Features, chosen: list[str], labels: tuple[str, ...], seed: int) -> Floats:
    """Return the opinions of a model on each item, none of which has seen its label."""
    rng = np.random.default_rng(seed)
    oof = out_of_fold(lambda: load("builtin", found), found.values, chosen, FOLDS, rng)
    table = np.full((len(chosen), len(labels)), 1e-3)
    for place, label in enumerate(oof.classes):
        table[:, labels.index(label)] = oof.probabilities[:, place]
    return table / table.sum(axis=1, keepdims=True)


def useless(shape: tuple[int, int], seed: int) -> Floats:
    return np.random.default_rng(seed).dirichlet(np.full(shape[1], 0.3), shape[0])


def accuracy(recorded: Recorded, posterior: Floats) -> float:
    judged = recorded.judged
    chosen = choose(posterior[judged], popularity(recorded.answers))
    return float((chosen == recorded.truth[judged]).mean())


def measure(recorded: Recorded, found: Features, seed: int) -> dict[str, float]:
    """Return the accuracy of people alone and with each kind of source, and the weights they got."""
    answers = recorded.answers
    known = np.full(len(answers.items), -1, dtype=np.int32)
    human = aggregate(answers)
    chosen = [answers.labels[choice] for choice in human.choice.tolist()]
    shape = human.posterior.shape
    one = model(found, chosen, answers.labels, seed)
    kinds: dict[str, Callable[[], dict[str, Floats]]] = {
        "model": lambda: {"model": one},
        "useless": lambda: {"useless": useless(shape, seed)},
        "five": lambda: {f"m{n}": model(found, chosen, answers.labels, seed + n) for n in range(5)},
        "both": lambda: {"model": one, "useless": useless(shape, seed)},
    }
    result = {"people": accuracy(recorded, human.posterior), "alone": accuracy(recorded, one)}
    for kind, make in kinds.items():
        fused = fuse(answers, human.posterior, make(), known=known)
        result[kind] = accuracy(recorded, fused.posterior)
        result[f"{kind}_weight"] = sum(fused.weighing.weights.values())
    return result


def main() -> None:
    parser = with_data(arguments(__doc__ or "", draws=3))
    parser.set_defaults(sets="sp,medical_treat,cf_amt")
    options = parser.parse_args()
    rows = []
    for name in options.sets.split(","):
        recorded = read(Path(options.data), name)
        found = features(Path(options.data), recorded)
        for overlap in OVERLAPS:
            draws = range(options.seed, options.seed + (1 if overlap is None else options.draws))
            measured = []
            for seed in draws:
                say(f"{name}, {overlap or 'all'} answers, draw {seed}")
                measured.append(measure(thinned(recorded, overlap, seed), found, seed))
            mean = {key: float(np.mean([one[key] for one in measured])) for key in measured[0]}
            rows.append({"set": name, "overlap": overlap or 0, **mean})
    print(json.dumps({"rows": rows}) if options.json else table(rows))


def table(rows: list[dict[str, object]]) -> str:
    kinds = ("model", "useless", "five", "both")
    lines = [f"{'set':<16}{'answers':>8}{'people':>8}{'alone':>8}" + "".join(f"{kind:>12}" for kind in kinds)]
    for row in rows:
        cells = [f"{100 * row[kind]:8.2f}/{row[f'{kind}_weight']:.1f}" for kind in kinds]
        shown = "all" if row["overlap"] == 0 else row["overlap"]
        start = f"{row['set']:<16}{shown:>8}{100 * row['people']:8.2f}{100 * row['alone']:8.2f}"
        lines.append(start + " ".join(cells))
    return "\n".join([*lines, "", "accuracy in %, then the weight the sources got together (at most 0.7)"])


if __name__ == "__main__":
    main()
