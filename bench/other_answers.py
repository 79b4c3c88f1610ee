"""Sets, numbers, texts, boxes and comparisons: our methods beside the simple ones, on recorded crowds.

    python bench/other_answers.py --data DIR [--overlap 3] [--draws 5] [--json]

Each set is measured whole, and thinned to `--overlap` random answers per item, `--draws` times. Texts are
compared with crowd-kit's ROVER as well, on the whole set once: it is slow. The second table shows what the
default of each kind claims of its answers, beside what is so, in percent, and the calibration error over 15
bins of equal size. Of the medical sets experts checked two labels of fourteen: no more are right than shown.
Beside them crowds whose answers are a single label are read as sets of one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _claims import OF, Claims, of_rankings
from _recorded import arguments, say, with_data
from _typed import Case, boxes, numbers, read, sets, single, texts
from calibration import error

from aggregation.comparisons import Comparisons
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Readings

HELD_OUT = 0.2
# Measured on the whole set only.
SLOW = frozenset({"crowdkit-rover"})


@dataclass(frozen=True, slots=True)
class Run:
    """What a method made of one draw of answers."""

    near: dict[str, float]
    claims: dict[str, Claims]
    seconds: float


def thinned(rows: Sequence[tuple[str, str, Any]], overlap: int, seed: int) -> list[tuple[str, str, Any]]:
    kept: dict[str, int] = {}
    found = []
    for place in np.random.default_rng(seed).permutation(len(rows)).tolist():
        item = rows[place][0]
        kept[item] = kept.get(item, 0) + 1
        if kept[item] <= overlap:
            found.append(rows[place])
    return found


def run(case: Case, rows: Sequence[tuple[str, str, Any]], method: str) -> Run:
    readings = Readings.from_columns(*map(list, zip(*rows, strict=True)))
    started = time.perf_counter()
    found = estimate(case.kind, readings, method)
    seconds = time.perf_counter() - started
    pairs = [(v, case.truth[i]) for i, v in zip(readings.items, found.values, strict=True) if i in case.truth]
    near = {unit: measure(pairs) for unit, measure in case.measures.items()}
    return Run(near, OF[case.kind](found, [case.truth.get(item) for item in readings.items]), seconds)


def compared(case: Case, method: str, whole: Run, thin: Sequence[Run]) -> list[dict[str, Any]]:
    """Return one row for each measure."""
    rows = []
    for unit in case.measures:
        near = [one.near[unit] for one in thin]
        spread = float(np.std(near, ddof=1) / np.sqrt(len(near))) if len(near) > 1 else None
        row = {"set": case.name, "measure": unit, "method": method, "whole": whole.near[unit]}
        mean = float(np.mean(near)) if near else None
        rows.append(row | {"seconds": whole.seconds, "thinned": mean, "standard_error": spread})
    return rows


def claimed(name: str, what: str, whole: Claims, thin: Sequence[Claims]) -> dict[str, Any]:
    """Return claimed and right, in percent, of all answers and the mean of the thinned ones."""
    row: dict[str, Any] = {"set": name, "claim": what, "of": len(whole.claimed)}
    for size, runs in (("whole", [whole]), ("thinned", thin)):
        for key, number in (
            ("claimed", lambda one: one.claimed.mean()),
            ("right", lambda one: one.right.mean()),
            ("error", lambda one: error(one.claimed, one.right)),
        ):
            row[f"{size}_{key}"] = 100 * float(np.mean([number(one) for one in runs])) if runs else None
    return row


def measured(case: Case, overlap: int, draws: int, seed: int) -> tuple[list[dict[str, Any]], list[Run]]:
    """Return how near each method comes, and the runs of the default: of all answers, then the thinned."""
    rows, default = [], []
    for method in KINDS[case.kind].methods:
        say(f"{case.name} {method}")
        draw = [thinned(case.rows, overlap, seed + n) for n in range(0 if method in SLOW else draws)]
        whole, *thin = runs = [run(case, some, method) for some in (case.rows, *draw)]
        rows += compared(case, method, whole, thin)
        default = default or runs
    return rows, default


def claims_of(name: str, cases: Sequence[Sequence[Run]]) -> list[dict[str, Any]]:
    """Return what is claimed of the answers to all cases together."""
    pooled = []
    for what in cases[0][0].claims:
        parts = [[one.claims[what] for one in runs] for runs in zip(*cases, strict=True)]
        whole, *thin = [Claims(*map(np.concatenate, zip(*part, strict=True))) for part in parts]
        pooled.append(claimed(name, what, whole, thin))
    return pooled


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
    ranking = estimate("comparisons", comparisons_of(rows), method)
    return dict(zip(ranking.objects, ranking.score.tolist(), strict=True))


def comparisons_of(rows: list[dict[str, str]]) -> Comparisons:
    columns = [[row[name] for row in rows] for name in ("worker", "left", "right", "label")]
    return Comparisons.from_columns(*columns)


def ranking_claims(rows: list[dict[str, str]], draws: int, seed: int) -> list[dict[str, Any]]:
    """Return what each method claims of an order that is known because the answers are simulated."""
    asked = comparisons_of(rows)
    return [
        claimed(
            "llmfao, simulated",
            f"a place ({method})",
            of_rankings(asked, KINDS["comparisons"].methods[method], np.random.default_rng(seed), draws),
            [],
        )
        for method in ("crowd-bradley-terry", "bradley-terry")
    ]


def main() -> None:
    options = with_data(arguments(__doc__.splitlines()[0], overlap=3, draws=5)).parse_args()
    if options.data is None:
        raise SystemExit("--data DIR is needed: the folder of recorded answers")
    data = Path(options.data)
    rows, claims = [], []
    for make in (numbers, sets, single, boxes, texts):
        cases = make(data)
        found = [measured(case, options.overlap, options.draws, options.seed) for case in cases]
        rows += [row for near, _ in found for row in near]
        claims += claims_of(cases[0].name.partition(":")[0], [runs for _, runs in found])
    asked = read(data / "llmfao_pairs", "answers.csv")
    result = {
        "overlap": options.overlap,
        "draws": options.draws,
        "rows": rows,
        "claims": claims + ranking_claims(asked, options.draws, options.seed),
        "kendall": agreement(asked, read(data / "llmfao_pairs", "ranking.csv")),
        "foretold": foretold(asked, options.draws, options.seed),
    }
    print(json.dumps(result) if options.json else "\n".join([*nearest(result), "", *honest(result)]))


def nearest(result: dict[str, Any]) -> list[str]:
    thin = f"{result['overlap']} each"
    lines = [f"{'set':22}{'measure':18}{'method':18}{'whole':>8}{thin:>10}{'s.e.':>8}{'seconds':>9}"]
    for row in result["rows"]:
        thin = "" if row["thinned"] is None else f"{row['thinned']:.4f}"
        spread = "" if row["standard_error"] is None else f"{row['standard_error']:.4f}"
        start = f"{row['set']:22}{row['measure']:18}{row['method']:18}{row['whole']:8.4f}"
        lines.append(f"{start}{thin:>10}{spread:>8}{row['seconds']:9.2f}")
    ranks = ", ".join(f"{name} {tau:.3f}" for name, tau in result["kendall"].items())
    told = ", ".join(f"{name} {np.mean(shares):.3f}" for name, shares in result["foretold"].items())
    lines += [f"Kendall's tau with evalica's expected scores: {ranks}"]
    return [*lines, f"winners foretold of held-out comparisons: {told}"]


def honest(result: dict[str, Any]) -> list[str]:
    heads = "".join(f"{head:>9}" for head in ("claimed", "right", "error") * 2)
    lines = [f"{'':58}{'whole':>18}{str(result['overlap']) + ' each':>27}"]
    lines += [f"{'set':20}{'claim':30}{'of':>8}{heads}"]
    for row in result["claims"]:
        cells = [
            row[f"{size}_{key}"] for size in ("whole", "thinned") for key in ("claimed", "right", "error")
        ]
        shown = "".join(" " * 9 if cell is None else f"{cell:9.1f}" for cell in cells)
        lines.append(f"{row['set']:20}{row['claim']:30}{row['of']:8}{shown}")
    return lines


if __name__ == "__main__":
    main()
