"""How many answers a learning project needs: items chosen by a model, beside items drawn at random.

    python bench/active_learning.py [--data DIR] [--seeds 5] [--seed 0] [--quick] [--json] [--plot FILE]
    python bench/active_learning.py --read FILE ... [--plot FILE]      what runs with --json have written

Answers to the digits are simulated, those to `sp` recorded (left out without --data); `noise` is the digits
with their pictures dealt anew, from which nothing can be learned. Every arm labels by crowd's own consensus
and trains the same model, which is measured on a held-out test after every wave of answers. The targets are
what `random 3x` reaches with 900 answers and with the whole budget.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _learning import Arm, State, World, digits, noise, run, sentences
from _recorded import arguments, say, with_data

from qc.decide import Policy

FIXED = Policy(overlap=3)
ONCE = Policy(overlap=1)
SURE = Policy(min_answers=2, max_answers=5, confidence=0.7)
SURER = Policy(min_answers=2, max_answers=5, confidence=0.8)
FROM_ONE = Policy(min_answers=1, max_answers=5, confidence=0.7)
LEARNING: dict[str, Any] = {
    "strategy": "margin",
    "random_share": 0.25,
    "batch": 200,
    "first": 1,
    "grows": True,
    "fuse": True,
    "doubts": True,
}
ARMS = (
    Arm("random 3x", policy=FIXED, batch=200, grows=True),
    Arm("random 1x", policy=ONCE, batch=200, grows=True),
    Arm("random until 0.7", policy=SURE, batch=200, grows=True),
    Arm("margin 3x", "margin", policy=FIXED, first=1),
    # Projects with --model builtin --overlap 2 --max-overlap 5 and a --confidence, all else as it comes.
    Arm("crowd until 0.8", policy=SURER, **LEARNING),
    Arm("crowd until 0.7", policy=SURE, **LEARNING),
    Arm("crowd until 0.7, from one", policy=FROM_ONE, **LEARNING),  # --overlap 1
)
WORLDS = {"digits": (digits, 2400), "sp": (sentences, 900), "noise": (noise, 600)}
RIVALS = ("random 3x", "random 1x")
STEP = 50
EARLY = 100  # answers before which nothing is compared: models of a few labels
TARGETS = (900, 2400)  # answers of random 3x whose accuracy is to be reached with fewer


def curve(state: State, grid: np.ndarray) -> np.ndarray:
    """Return the accuracy at every number of answers of the grid."""
    answers, accuracy = np.array([(0, 0.0), *state.curve]).T
    return np.where(grid > answers[-1] + STEP, np.nan, np.interp(grid, answers, accuracy))


def needed(curves: np.ndarray, grid: np.ndarray, target: float) -> float:
    """Return the answers with which the mean curve first reaches the target; nan where it never does."""
    mean = curves.mean(axis=0)  # nan, so never above, where an arm had stopped
    above = np.flatnonzero(mean >= target)
    if not len(above):
        return float("nan")
    at = above[0]
    if at == 0:
        return float(grid[0])
    part = (target - mean[at - 1]) / (mean[at] - mean[at - 1])
    return float(grid[at - 1] + part * (grid[at] - grid[at - 1]))


def measure(name: str, seeds: Sequence[int], folder: Path | None, arms: Sequence[Arm]) -> dict[str, Any]:
    """Run all arms on the same worlds; return by arm the curves (seeds, grid) and how often it fell back."""
    make, budget = WORLDS[name]
    found: dict[str, list[State]] = {arm.name: [] for arm in arms}
    for seed in seeds:
        world: World = make(seed, folder)
        for arm in arms:
            say(f"{name}, seed {seed}: {arm.name}")
            found[arm.name].append(run(world, arm, budget=budget, seed=seed))
    grid = np.arange(STEP, budget + 1, STEP)
    return {
        "grid": grid,
        "curves": {arm: np.array([curve(state, grid) for state in states]) for arm, states in found.items()},
        "fallbacks": {
            arm: [(state.fallbacks, state.batches) for state in states] for arm, states in found.items()
        },
    }


def summarise(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each arm: final accuracy, answers to the targets, worst gaps to random."""
    grid, curves = measured["grid"], measured["curves"]
    return [
        {
            "arm": arm,
            "final": 100 * last(values).mean(),
            "final_se": 100 * error(last(values)),
            "answers": int(grid[common(values)[-1]]),
            "targets": [share(values, curves["random 3x"], grid, most) for most in targets(grid)],
            **{
                f"worst to {rival}": worst(values, curves[rival], grid) for rival in RIVALS if rival in curves
            },
            "fell_back": sum(times for times, _ in measured["fallbacks"][arm]),
            "batches": sum(times for _, times in measured["fallbacks"][arm]),
        }
        for arm, values in curves.items()
    ]


def targets(grid: np.ndarray) -> list[int]:
    """Return the budgets of random 3x that are within the whole one, and this."""
    return sorted({*(most for most in TARGETS if most < grid[-1]), int(grid[-1])})


def share(values: np.ndarray, rival: np.ndarray, grid: np.ndarray, most: int) -> dict[str, float]:
    """Return the answers after which an arm is as good as the rival with `most`: on the mean, and by run."""
    at = int(np.searchsorted(grid, most))
    ends = rival[:, at]
    runs = [needed(own[None], grid, end) for own, end in zip(values, ends, strict=True)]
    reached = needed(values, grid, float(ends.mean()))
    return {
        "of": most,
        "target": 100 * float(ends.mean()),
        "answers": reached,
        "share": 100 * reached / most,
        "runs": float(np.mean(runs)),
        "runs_se": error(np.array(runs)),
    }


def worst(values: np.ndarray, others: np.ndarray, grid: np.ndarray) -> tuple[float, float, int]:
    """Return the lowest mean lead over another arm at any budget in points, its standard error, and where."""
    lead = np.where(grid >= EARLY, values - others, np.nan)
    mean = lead.mean(axis=0)
    at = int(np.nanargmin(mean))
    return 100 * float(mean[at]), 100 * error(lead[:, at]), int(grid[at])


def last(values: np.ndarray) -> np.ndarray:
    """Return the accuracies with the most answers that all runs of an arm had."""
    return values[:, common(values)[-1]]


def common(values: np.ndarray) -> np.ndarray:
    """Return the places of the grid that all runs of an arm reached."""
    return np.flatnonzero(~np.isnan(values).any(axis=0))


def error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def show(name: str, rows: list[dict[str, Any]], budget: int) -> None:
    print(f"{name}, {budget:,} answers")
    heads = [f"{part} {each['of']}" for each in rows[0]["targets"] for part in ("reach", "%", "runs ±")]
    heads = ["answers", "final", "± se", *heads, "to 3x", "± se", "at", "to 1x", "± se", "at", "random"]
    print(f"  {'arm':<20}" + "".join(f"{head:>12}" for head in heads))
    for row in rows:
        reached = (each[part] for each in row["targets"] for part in ("answers", "share", "runs_se"))
        leads = (value for rival in RIVALS for value in row.get(f"worst to {rival}", ()))
        numbers = row["answers"], row["final"], row["final_se"], *reached, *leads
        back = f"{row['fell_back']}/{row['batches']}"
        print(f"  {row['arm']:<20}" + "".join(f"{number:>12.1f}" for number in numbers) + f"{back:>12}")


def _plain(measured: dict[str, Any]) -> dict[str, Any]:
    """Return the same as JSON has it."""
    return {
        world: {**found, "grid": found["grid"].tolist(),
                "curves": {arm: _rounded(curves) for arm, curves in found["curves"].items()}}
        for world, found in measured.items()
    }  # fmt: skip


def _rounded(curves: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(share) else round(share, 4) for share in curve] for curve in curves.tolist()]


def read(paths: Sequence[Path]) -> dict[str, Any]:
    """Return what several runs with --json, of different seeds, have measured together."""
    found: dict[str, Any] = {}
    for path in paths:
        for world, one in json.loads(path.read_text(encoding="utf-8"))["measured"].items():
            grid = np.array(one["grid"])
            all_of_it = found.setdefault(world, {"grid": grid, "curves": {}, "fallbacks": {}})
            for arm, curves in one["curves"].items():
                more = np.array(curves, dtype=np.float64)
                before = all_of_it["curves"].setdefault(arm, np.empty((0, len(grid))))
                all_of_it["curves"][arm] = np.vstack([before, more])
                all_of_it["fallbacks"].setdefault(arm, []).extend(one["fallbacks"][arm])
    return found


def _run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what was asked for, world by world."""
    folder = Path(options.data) if options.data else None
    if options.quick:
        WORLDS.update({name: (make, budget // 4) for name, (make, budget) in WORLDS.items()})
    seeds = range(options.seed, options.seed + (2 if options.quick else options.seeds))
    chosen = [name for name in options.worlds.split(",") if folder or name != "sp"]
    wanted = {arm.name for arm in ARMS} if options.arms is None else {"random 3x", *options.arms.split(",")}
    arms = [arm if arm.name in RIVALS else replace(arm, most=options.enough) for arm in ARMS]
    return {
        name: measure(name, seeds, folder, [arm for arm in arms if arm.name in wanted]) for name in chosen
    }


def main() -> None:
    parser = with_data(arguments(__doc__ or "", seeds=5))
    parser.add_argument("--quick", action="store_true", help="two seeds and a quarter of the budgets")
    parser.add_argument("--worlds", default=",".join(WORLDS), help="which to measure, with commas")
    parser.add_argument("--arms", help="which to run, with commas; random 3x is always among them")
    parser.add_argument("--read", type=Path, nargs="+", metavar="FILE", help="run nothing; show these runs")
    parser.add_argument("--enough", type=int, help="answers after which all but random 3x and 1x stop")
    parser.add_argument("--plot", type=Path, help="draw the curves into this file (.svg or .png)")
    options = parser.parse_args()
    measured = read(options.read) if options.read else _run(options)
    if options.plot:
        from _learning_plot import draw

        draw(measured, options.plot)
    tables = {name: summarise(found) for name, found in measured.items()}
    if options.json:
        print(json.dumps({"step": STEP, "tables": tables, "measured": _plain(measured)}))
        return
    for name, rows in tables.items():
        show(name, rows, int(measured[name]["grid"][-1]))


if __name__ == "__main__":
    main()
