"""Sets, numbers, texts, boxes and comparisons: our methods beside the simple ones, on recorded crowds.

    python bench/other_answers.py --data DIR [--overlap 3] [--draws 5] [--json]

Each set is measured whole, and thinned to `--overlap` random answers per item, `--draws` times. Texts are
compared with crowd-kit's ROVER as well, on the whole set once: it is slow.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import arguments, say, with_data

from aggregation import nearness
from aggregation.boxes import Box
from aggregation.comparisons import Comparisons
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Readings
from aggregation.transcripts import words_of

HELD_OUT = 0.2


@dataclass(frozen=True, slots=True)
class Case:
    """Answers of one kind with the truth about some items, and the number that tells how near they come."""

    name: str
    kind: str
    rows: Sequence[tuple[str, str, Any]]  # item, worker, value
    truth: dict[str, Any]
    measure: Callable[[Any], float]
    unit: str


def read(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def numbers(data: Path) -> list[Case]:
    answers, truth = (read(data / "emotion", f"{name}.csv") for name in ("answers", "truth"))
    return [
        Case(
            f"emotion: {dimension}",
            "numbers",
            [(r["task"], r["worker"], float(r["label"])) for r in answers if r["dimension"] == dimension],
            {r["task"]: float(r["label"]) for r in truth if r["dimension"] == dimension},
            lambda pairs: nearness.numbers(pairs)["correlation"],
            "correlation",
        )
        for dimension in sorted({row["dimension"] for row in truth})
    ]


def sets(data: Path) -> list[Case]:
    folder = data / "medical_multilabel"
    answers = [
        (r["task"], r["worker"], frozenset(r["label"].split("|"))) for r in read(folder, "answers.csv")
    ]
    truth = read(folder, "truth.csv")
    return [
        Case(
            f"medical: {relation}",
            "sets",
            answers,
            {r["task"]: r["label"] == "1" for r in truth if r["relation"] == relation},
            lambda pairs, label=label: float(np.mean([(label in found) == true for found, true in pairs])),
            f"{label} right",
        )
        for relation, label in (("treat", "TREATS"), ("cause", "CAUSES"))
    ]


def boxes(data: Path) -> list[Case]:
    def drawn(cell: str) -> tuple[Box, ...]:
        return tuple(Box(*box) for box in json.loads(cell) if box[0] < box[2] and box[1] < box[3])

    folder = data / "pedestrian_boxes"
    rows = [(r["task"], r["worker"], drawn(r["label"])) for r in read(folder, "answers.csv")]
    truth = {r["task"]: drawn(r["label"]) for r in read(folder, "truth.csv")}
    return [Case("pedestrians", "boxes", rows, truth, lambda pairs: nearness.boxes(pairs)["f1"], "F1")]


def texts(data: Path) -> list[Case]:
    folder = data / "crowdspeech_dev_clean"
    rows = [(r["task"], r["worker"], r["label"]) for r in read(folder, "answers.csv")]
    truth = {r["task"]: r["label"] for r in read(folder, "truth.csv")}
    measure = lambda pairs: nearness.texts(pairs)["word_error_rate"]  # noqa: E731 - one of a row
    return [Case("crowdspeech", "texts", rows, truth, measure, "word error rate")]


def thinned(rows: Sequence[tuple[str, str, Any]], overlap: int, seed: int) -> list[tuple[str, str, Any]]:
    kept: dict[str, int] = {}
    found = []
    for place in np.random.default_rng(seed).permutation(len(rows)).tolist():
        item = rows[place][0]
        kept[item] = kept.get(item, 0) + 1
        if kept[item] <= overlap:
            found.append(rows[place])
    return found


def near(case: Case, rows: Sequence[tuple[str, str, Any]], method: str) -> tuple[float, float]:
    """Return how near a method comes, and the seconds it takes."""
    readings = Readings.from_columns(*map(list, zip(*rows, strict=True)))
    started = time.perf_counter()
    found = estimate(case.kind, readings, method)
    seconds = time.perf_counter() - started
    pairs = [(v, case.truth[i]) for i, v in zip(readings.items, found.values, strict=True) if i in case.truth]
    return case.measure(pairs), seconds


def crowdkit_rover(case: Case) -> tuple[float, float]:
    import pandas as pd
    from crowdkit.aggregation import ROVER

    frame = pd.DataFrame(case.rows, columns=["task", "worker", "text"])
    started = time.perf_counter()
    merged = ROVER(lambda text: list(words_of(text).keys), " ".join).fit_predict(frame)
    seconds = time.perf_counter() - started
    return case.measure([(merged[item], true) for item, true in case.truth.items()]), seconds


def measured(case: Case, overlap: int, draws: int, seed: int) -> list[dict[str, Any]]:
    rows = []
    for method in KINDS[case.kind].methods:
        say(f"{case.name} {method}")
        whole, seconds = near(case, case.rows, method)
        thin = [near(case, thinned(case.rows, overlap, seed + n), method)[0] for n in range(draws)]
        error = float(np.std(thin, ddof=1) / np.sqrt(draws)) if draws > 1 else None
        row = {"set": case.name, "measure": case.unit, "method": method, "whole": whole, "seconds": seconds}
        rows.append(row | {"thinned": float(np.mean(thin)) if thin else None, "standard_error": error})
    if case.kind == "texts":
        whole, seconds = crowdkit_rover(case)
        rows.append(
            {"set": case.name, "measure": case.unit, "method": "crowd-kit ROVER", "whole": whole}
            | {"seconds": seconds, "thinned": None, "standard_error": None}
        )
    return rows


def agreement(comparisons: list[dict[str, str]], golden: list[dict[str, str]]) -> dict[str, float]:
    """Return Kendall's tau with the scores that evalica expects of its own on the same comparisons."""
    from scipy.stats import kendalltau

    found = {}
    for method, name in (("counting", "counting"), ("bradley-terry", "bradley_terry")):
        score = strengths(comparisons, method)
        pairs = [(score[r["item"]], float(r["score"])) for r in golden if r["algorithm"] == name]
        found[method] = float(kendalltau(*zip(*pairs, strict=True)).statistic)
    return found


def foretold(comparisons: list[dict[str, str]], draws: int, seed: int) -> dict[str, list[float]]:
    """Return the share of held-out answers, ties left out, whose winner each method has above the loser."""
    found: dict[str, list[float]] = {"bradley-terry": [], "crowd-bradley-terry": []}
    for draw in range(draws):
        held = np.random.default_rng(seed + draw).random(len(comparisons)) < HELD_OUT
        known = [row for row, out in zip(comparisons, held, strict=True) if not out]
        asked = [row for row, out in zip(comparisons, held, strict=True) if out and row["label"] != "tie"]
        for method, shares in found.items():
            score = strengths(known, method)
            gaps = [score.get(row["left"], 0.0) - score.get(row["right"], 0.0) for row in asked]
            right = [(gap > 0) == (row["label"] == "left") for gap, row in zip(gaps, asked, strict=True)]
            shares.append(float(np.mean(right)))
    return found


def strengths(rows: list[dict[str, str]], method: str) -> dict[str, float]:
    columns = [[row[name] for row in rows] for name in ("worker", "left", "right", "label")]
    ranking = estimate("comparisons", Comparisons.from_columns(*columns), method)
    return dict(zip(ranking.objects, ranking.score.tolist(), strict=True))


def main() -> None:
    options = with_data(arguments(__doc__.splitlines()[0], overlap=3, draws=5)).parse_args()
    if options.data is None:
        raise SystemExit("--data DIR is needed: the folder of recorded answers")
    data = Path(options.data)
    cases = [case for make in (numbers, sets, boxes, texts) for case in make(data)]
    rows = [row for case in cases for row in measured(case, options.overlap, options.draws, options.seed)]
    compared = read(data / "llmfao_pairs", "answers.csv")
    ranks = agreement(compared, read(data / "llmfao_pairs", "ranking.csv"))
    told = foretold(compared, options.draws, options.seed)
    if options.json:
        print(
            json.dumps(
                {
                    "overlap": options.overlap,
                    "draws": options.draws,
                    "rows": rows,
                    "kendall": ranks,
                    "foretold": told,
                }
            )
        )
        return
    heads = [f"{'set':22}{'measure':18}{'method':18}", f"{'whole':>8}", f"{f'{options.overlap} each':>10}"]
    print("".join([*heads, f"{'s.e.':>8}{'seconds':>9}"]))
    for row in rows:
        thin = "" if row["thinned"] is None else f"{row['thinned']:.4f}"
        error = "" if row["standard_error"] is None else f"{row['standard_error']:.4f}"
        print(
            f"{row['set']:22}{row['measure']:18}{row['method']:18}{row['whole']:8.4f}{thin:>10}{error:>8}{row['seconds']:9.2f}"
        )
    print(
        "Kendall's tau with evalica's expected scores: " + ", ".join(f"{k} {v:.3f}" for k, v in ranks.items())
    )


if __name__ == "__main__":
    main()
