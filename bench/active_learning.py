"""How many answers a learning project needs: items chosen by a model, beside items drawn at random.

    python bench/active_learning.py [--data DIR] [--seeds 5] [--seed 0] [--quick] [--json] [--plot FILE]

Answers to the digits are simulated, those to `sp` recorded (left out without --data); `noise` is the digits
with their pictures dealt anew, from which nothing can be learned. Every arm labels by crowd's own consensus
and trains the same model, which is measured on a held-out test after every wave of answers. The target is
what `random 3x` reaches with the whole budget.
"""

from __future__ import annotations

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
SURE = Policy(min_answers=2, max_answers=5, confidence=0.8)
ARMS = (
    Arm("random 3x", policy=FIXED, batch=200),
    Arm("random 1x", policy=ONCE, batch=200),
    Arm("margin 3x", "margin", policy=FIXED, first=1),
    Arm("entropy 3x", "entropy", policy=FIXED, first=1),
    Arm("random until sure", policy=SURE),
    # A project with --model builtin --overlap 2 --max-overlap 5 --confidence 0.8, all else as it comes.
    Arm("crowd", "margin", 0.25, SURE, batch=200, first=1, grows=True, fuse=True, doubts=True),
)
WORLDS = {"digits": (digits, 2400), "sp": (sentences, 3000), "noise": (noise, 600)}
RIVALS = ("random 3x", "random 1x")
STEP = 100


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
    """Return a row for each arm: mean and final accuracy, answers to the target, worst gaps to random."""
    grid, curves = measured["grid"], measured["curves"]
    target = float(curves["random 3x"][:, -1].mean())
    rows = []
    for arm, values in curves.items():
        reached = needed(values, grid, target)
        rows.append(
            {
                "arm": arm,
                "final": 100 * last(values).mean(),
                "final_se": 100 * error(last(values)),
                "reached": reached,
                "share": 100 * reached / grid[-1],
                **{f"worst to {rival}": worst(values, curves[rival]) for rival in RIVALS},
                "fell_back": sum(times for times, _ in measured["fallbacks"][arm]),
                "batches": sum(times for _, times in measured["fallbacks"][arm]),
            }
        )
    return rows


def worst(values: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """Return the lowest mean lead over another arm at any budget, in points, and its standard error."""
    lead = values - others
    at = int(np.nanargmin(lead.mean(axis=0)))
    return 100 * float(lead.mean(axis=0)[at]), 100 * error(lead[:, at])


def last(values: np.ndarray) -> np.ndarray:
    """Return the accuracies with the most answers that all runs of an arm had."""
    return values[:, np.flatnonzero(~np.isnan(values).any(axis=0))[-1]]


def error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def show(name: str, rows: list[dict[str, Any]], budget: int) -> None:
    print(f"{name}, {budget:,} answers")
    heads = "final", "± se", "answers", "share", "to 3x", "± se", "to 1x", "± se", "random"
    print(f"  {'arm':<20}" + "".join(f"{head:>9}" for head in heads))
    for row in rows:
        leads = (value for rival in RIVALS for value in row[f"worst to {rival}"])
        numbers = row["final"], row["final_se"], row["reached"], row["share"], *leads
        back = f"{row['fell_back']}/{row['batches']}"
        print(f"  {row['arm']:<20}" + "".join(f"{number:>9.1f}" for number in numbers) + f"{back:>9}")


def _plain(curves: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(share) else round(share, 4) for share in curve] for curve in curves.tolist()]


def main() -> None:
    parser = with_data(arguments(__doc__ or "", seeds=5))
    parser.add_argument("--quick", action="store_true", help="two seeds and a quarter of the budgets")
    parser.add_argument("--worlds", default=",".join(WORLDS), help="which to measure, with commas")
    parser.add_argument("--enough", type=int, help="answers after which all but random 3x and 1x stop")
    parser.add_argument("--plot", type=Path, help="draw the curves into this file (.svg or .png)")
    options = parser.parse_args()
    folder = Path(options.data) if options.data else None
    if options.quick:
        WORLDS.update({name: (make, budget // 4) for name, (make, budget) in WORLDS.items()})
    seeds = range(options.seed, options.seed + (2 if options.quick else options.seeds))
    chosen = [name for name in options.worlds.split(",") if folder or name != "sp"]
    arms = [arm if arm.name in RIVALS else replace(arm, most=options.enough) for arm in ARMS]
    measured = {name: measure(name, seeds, folder, arms) for name in chosen}
    if options.plot:
        from _learning_plot import draw

        draw(measured, options.plot)
    tables = {name: summarise(found) for name, found in measured.items()}
    if options.json:
        curves = {n: {a: _plain(c) for a, c in f["curves"].items()} for n, f in measured.items()}
        print(json.dumps({"seeds": len(seeds), "tables": tables, "curves": curves}))
        return
    for name, rows in tables.items():
        show(name, rows, int(measured[name]["grid"][-1]))


if __name__ == "__main__":
    main()
