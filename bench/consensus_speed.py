"""Whole fits against crowd-kit: Dawid-Skene at equal iterations, GLAD and MACE at equal passes.

    python bench/consensus_speed.py [--answers 1000000] [--iterations 20] [--labels 2,10,100] [--json]
                                    [--slow-answers 100000] [--glad-passes 2]
                                    [--mace-starts 10] [--mace-passes 5]

Synthetic crowd: 5 answers per item, worker activity falling as 1/(rank + 10), accuracy Beta(6, 2.5). All in
one warm process, interleaved. Times are CPU seconds of the whole fit from integer codes, layout included, the
best of `--repeats` (a run above a minute is not repeated); memory is the peak that a fit of two iterations
adds to a fresh process. crowd-kit runs with tol=-inf, so that all iterations really run; it evaluates its
bound in each and floors its posteriors at 1e-10, hence that difference. GLAD and MACE have two labels; their
programs differ in what a pass of GLAD does (up to 25 steps of conjugate gradients there, 4 Newton steps here)
and in the random starts of MACE. `--labels ""` and `--slow-answers 0` leave one or the other out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import arguments, say

from aggregation.answers import UNKNOWN, Answers
from aggregation.dawid_skene import plain
from aggregation.em import Problem, fit
from aggregation.kernel import Kernel

Posterior = np.ndarray

# Seconds from which on a run is not repeated.
LONG = 60.0


def crowd(answers: int, labels: int, seed: int) -> Answers:
    rng = np.random.default_rng(seed)
    items, workers = answers // 5, max(answers // 200, 5)
    truth = rng.integers(labels, size=items)
    activity = 1.0 / (np.arange(workers) + 10.0)
    item = np.repeat(np.arange(items, dtype=np.int32), 5)
    worker = rng.choice(workers, size=len(item), p=activity / activity.sum()).astype(np.int32)
    right = rng.random(len(item)) < rng.beta(6, 2.5, size=workers)[worker]
    label = np.where(right, truth[item], rng.integers(labels, size=len(item))).astype(np.int32)
    # One answer per worker and item, in the order that Answers keeps.
    _, kept = np.unique(item.astype(np.int64) * workers + worker, return_index=True)
    names = (tuple(map(str, range(count))) for count in (items, workers, labels))
    return Answers(item[kept], worker[kept], label[kept], *names)


def own(kernel: type[Kernel]) -> Callable[[Answers, int], Posterior]:
    def run(answers: Answers, iterations: int) -> Posterior:
        known = np.full(len(answers.items), UNKNOWN, dtype=np.int32)
        problem = Problem.of(answers, known, kernel)
        step = plain(problem.pairs, 0.0, problem.divide)
        return fit(problem, step, max_iterations=iterations, tolerance=-1.0).posterior

    return run


def crowdkit(answers: Answers, iterations: int) -> Posterior:
    from crowdkit.aggregation.classification.dawid_skene import DawidSkene

    return probabilities(DawidSkene(n_iter=iterations, tol=-np.inf), answers)


def probabilities(model: Any, answers: Answers) -> Posterior:
    """Fit one of crowd-kit's models."""
    import pandas as pd

    frame = pd.DataFrame({"task": answers.item, "worker": answers.worker, "label": answers.label})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(frame)
    # Its columns stand in the order of appearance.
    return model.probas_.reindex(
        index=range(len(answers.items)), columns=range(len(answers.labels))
    ).to_numpy()


def contenders() -> dict[str, Callable[[Answers, int], Posterior]]:
    from aggregation.sparse_kernel import SparseKernel

    found = {"crowd-kit": crowdkit, "scipy": own(SparseKernel)}
    try:
        from aggregation.compiled_kernel import CompiledKernel
    except ImportError:
        return found
    return {**found, "numba": own(CompiledKernel)}


def timed(
    run: Callable[[Answers, int], Posterior], answers: Answers, iterations: int
) -> tuple[float, Posterior]:
    begin = time.process_time()
    posterior = run(answers, iterations)
    return time.process_time() - begin, posterior


def compare(answers: Answers, iterations: int, repeats: int) -> dict[str, dict[str, float]]:
    runs = contenders()
    for run in runs.values():
        run(crowd(1000, len(answers.labels), 0), 2)
    return interleaved(runs, answers, iterations, repeats)


def interleaved(
    runs: dict[str, Callable[[Answers, int], Posterior]], answers: Answers, passes: int, repeats: int
) -> dict[str, dict[str, float]]:
    """Run programs by turns; the first is what the others are compared with."""
    reference = next(iter(runs))
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    posteriors = {}
    for _ in range(repeats):
        for name, run in runs.items():
            if max(seconds[name], default=0.0) > LONG:
                continue
            say(f"{len(answers)} answers, {len(answers.labels)} labels: {name}")
            took, posteriors[name] = timed(run, answers, passes)
            seconds[name].append(took)
    return {
        name: {
            "cpu_seconds": round(min(took), 4),
            "ratio": round(min(seconds[reference]) / min(took), 1),
            "largest_difference": float(np.abs(posteriors[name] - posteriors[reference]).max()),
            "labels_that_differ": int((posteriors[name].argmax(1) != posteriors[reference].argmax(1)).sum()),
        }
        for name, took in seconds.items()
    }


def peak_of(name: str, answers: int, labels: int, iterations: int, seed: int) -> float:
    """Return the MB that a fit adds to the peak of a fresh process that has done a small one."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return float(pool.apply(_peak, (name, answers, labels, iterations, seed)))


def _peak(name: str, answers: int, labels: int, iterations: int, seed: int) -> float:
    run, data = contenders()[name], crowd(answers, labels, seed)
    run(crowd(1000, labels, seed), 2)
    with watched() as memory:
        run(data, iterations)
    return memory.peak - memory.before


@dataclass
class Memory:
    """MB of this process: before a block, and at most while it ran."""

    before: float
    peak: float


@contextmanager
def watched() -> Iterator[Memory]:
    """Watch the memory in use while the block runs, 500 times a second."""
    before, done = resident(), threading.Event()
    memory = Memory(before, before)

    def watch() -> None:
        while not done.wait(0.002):
            memory.peak = max(memory.peak, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()


def resident() -> float:
    """Return the MB of memory in use (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def glads() -> dict[str, Callable[[Answers, int], Posterior]]:
    from crowdkit.aggregation.classification.glad import GLAD

    from aggregation.glad import glad

    return {
        "crowd-kit": lambda answers, passes: probabilities(GLAD(n_iter=passes, tol=-np.inf), answers),
        "ours": lambda answers, passes: glad(answers, max_iterations=passes, tolerance=-np.inf).posterior,
    }


def maces(starts: int) -> dict[str, Callable[[Answers, int], Posterior]]:
    from crowdkit.aggregation.classification.mace import MACE

    from aggregation.mace import mace

    return {
        "crowd-kit": lambda answers, passes: probabilities(MACE(n_restarts=starts, n_iter=passes), answers),
        "ours": lambda answers, passes: (
            mace(answers, max_iterations=passes, restarts=starts, tolerance=-1.0).posterior
        ),
    }


def slow_methods(answers: Answers, options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Compare GLAD and MACE at equal passes."""
    found = {}
    for name, runs, passes in (
        (f"GLAD, {options.glad_passes} passes", glads(), options.glad_passes),
        (
            f"MACE, {options.mace_starts} starts of {options.mace_passes} passes",
            maces(options.mace_starts),
            options.mace_passes,
        ),
    ):
        say(name)
        runs["crowd-kit"](crowd(1000, 2, 0), 1)
        runs["ours"](answers, 1)  # as many answers, so that it loads what it will use
        found[name] = interleaved(runs, answers, passes, options.repeats)
    return found


def show(rows: list[dict[str, Any]]) -> None:
    head = (
        "answers",
        "labels",
        "iterations",
        "program",
        "cpu s",
        "ratio",
        "peak MB",
        "max diff",
        "labels off",
    )
    print("".join(f"{name:>12}" for name in head))
    for row in rows:
        for name, cell in row["programs"].items():
            cells = (row["answers"], row["labels"], row["iterations"], name, f"{cell['cpu_seconds']:.3f}")
            rest = (f"{cell['ratio']:.1f}x", f"{cell['peak_mb']:.0f}", f"{cell['largest_difference']:.1e}")
            print("".join(f"{value:>12}" for value in (*cells, *rest, cell["labels_that_differ"])))


def main() -> None:
    parser = arguments(__doc__ or "", answers=1_000_000, iterations=20, repeats=2)
    parser.add_argument("--labels", default="2,10,100", help="numbers of labels, with commas")
    parser.add_argument("--slow-answers", type=int, default=100_000, help="answers for GLAD and MACE")
    parser.add_argument("--glad-passes", type=int, default=2)
    parser.add_argument("--mace-starts", type=int, default=10)
    parser.add_argument("--mace-passes", type=int, default=5)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for labels in map(int, filter(None, options.labels.split(","))):
        answers = crowd(options.answers, labels, options.seed)
        programs = compare(answers, options.iterations, options.repeats)
        for name, cell in programs.items():
            cell["peak_mb"] = round(peak_of(name, options.answers, labels, 2, options.seed), 1)
        size = {"answers": len(answers), "labels": labels, "iterations": options.iterations}
        rows.append({**size, "programs": programs})
    slow = slow_methods(crowd(options.slow_answers, 2, options.seed), options) if options.slow_answers else {}
    if options.json:
        print(json.dumps({"dawid_skene": rows, "slow_methods": slow}))
        return
    show(rows)
    for method, programs in slow.items():
        for name, cell in programs.items():
            numbers = f"{cell['cpu_seconds']:>9.3f} s {cell['ratio']:>8.1f}x"
            print(f"{method:<34}{name:<10}{numbers}{cell['labels_that_differ']:>8.0f} labels off")


if __name__ == "__main__":
    main()
