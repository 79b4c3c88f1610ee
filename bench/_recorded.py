"""Recorded answers of real crowds, read for the benches that take `--data DIR`."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

CATEGORICAL = (
    "bluebirds",
    "rte",
    "temp",
    "dog",
    "web",
    "trec2010",
    "d_possent",
    "face",
    "fact_eval",
    "cf_amt",
    "music_genre",
    "sp",
    "sp_amt",
    "zencrowd_in",
    "barzan",
    "trec2011_uc3m",
    "medical_treat",
    "quiz",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded set; truth holds a label code per item, -1 where unknown, -2 where it is no label in use."""

    name: str
    answers: Answers
    truth: NDArray[np.int64]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Which items have a truth and an answer."""
        return (self.truth != -1) & (np.bincount(self.answers.item, minlength=len(self.truth)) > 0)


def read(folder: Path, name: str) -> Recorded:
    with (folder / name / "answers.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["task"], row["worker"], row["label"]) for row in csv.DictReader(file)]
    with (folder / name / "truth.csv").open(encoding="utf-8", newline="") as file:
        known = {row[0]: row[1] for row in list(csv.reader(file))[1:]}
    answers = Answers.from_columns(*zip(*rows, strict=True))
    code = {label: place for place, label in enumerate(answers.labels)}
    truth = [code.get(known[item], -2) if item in known else -1 for item in answers.items]
    return Recorded(name, answers, np.array(truth))


def thinned(recorded: Recorded, overlap: int | None, seed: int) -> Recorded:
    """Keep `overlap` random answers of each item, all of them where it is None."""
    if overlap is None:
        return recorded
    answers = recorded.answers
    order = np.random.default_rng(seed).permutation(len(answers))
    order = order[np.argsort(answers.item[order], kind="stable")]
    item = answers.item[order]
    rank = np.arange(len(item)) - np.searchsorted(item, item, side="left")
    keep = np.sort(order[rank < overlap])
    kept = replace(answers, item=answers.item[keep], worker=answers.worker[keep], label=answers.label[keep])
    return Recorded(recorded.name, kept, recorded.truth)


def thin(recorded: Recorded, most: int, seed: int = 0) -> Recorded:
    """Keep the items with a known truth and others at random, so many in all, of a very large set."""
    known = recorded.judged
    others = np.flatnonzero(~known)
    room = max(most - int(known.sum()), 0)
    if len(others) <= room:
        return recorded
    keep = known.copy()
    keep[np.random.default_rng(seed).choice(others, room, replace=False)] = True
    place = np.cumsum(keep) - 1
    a = recorded.answers
    rows = keep[a.item]
    workers, worker = np.unique(a.worker[rows], return_inverse=True)
    kept = Answers(
        place[a.item[rows]].astype(np.int32),
        worker.astype(np.int32),
        a.label[rows],
        tuple(a.items[i] for i in np.flatnonzero(keep)),
        tuple(a.workers[w] for w in workers),
        a.labels,
    )
    return Recorded(recorded.name, kept, recorded.truth[keep])


def arguments(description: str, **defaults: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--seed", type=int, default=0, help="first seed of the random draws")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value, help=f"default {value}")
    return parser


def with_data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("CROWD_DATA"), help="folder of recorded answers"
    )
    parser.add_argument("--sets", default=",".join(CATEGORICAL), help="sets to read, with commas")
    return parser


def say(text: str) -> None:
    """Report progress where a person is watching."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)
