"""Recorded answers that are no labels, and what is known of their truth."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _recorded import read as recorded_labels

from aggregation import nearness
from aggregation.boxes import Box

SINGLE = ("dog", "web", "face", "cf_amt", "music_genre", "quiz")
RELATIONS = {"treat": "TREATS", "cause": "CAUSES"}


@dataclass(frozen=True, slots=True)
class Case:
    """Answers of one kind with the truth about some items, and the number that tells how near they come."""

    name: str
    kind: str
    rows: Sequence[tuple[str, str, Any]]  # item, worker, value
    truth: dict[str, Any]
    measures: Mapping[str, Callable[[Any], float]]


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
            {"correlation": lambda pairs: nearness.numbers(pairs)["correlation"]},
        )
        for dimension in sorted({row["dimension"] for row in truth})
    ]


def sets(data: Path) -> list[Case]:
    folder = data / "medical_multilabel"
    rows = [(r["task"], r["worker"], frozenset(r["label"].split("|"))) for r in read(folder, "answers.csv")]
    truth: dict[str, dict[str, bool]] = {}
    for row in read(folder, "truth.csv"):
        truth.setdefault(row["task"], {})[RELATIONS[row["relation"]]] = row["label"] == "1"
    measures = {
        f"{label} right": lambda pairs, label=label: float(
            np.mean([(label in found) == true[label] for found, true in pairs if label in true])
        )
        for label in RELATIONS.values()
    }
    return [Case("medical", "sets", rows, truth, measures)]


def single(data: Path) -> list[Case]:
    """Return crowds whose answers are one label as sets of one: there the whole set is known."""

    def case(name: str) -> Case:
        recorded = recorded_labels(data, name)
        answers, names = recorded.answers, recorded.answers.labels
        rows = zip(answers.item.tolist(), answers.worker.tolist(), answers.label.tolist(), strict=True)
        truth = {
            answers.items[n]: {label: code == recorded.truth[n] for code, label in enumerate(names)}
            for n in np.flatnonzero(recorded.truth >= 0)
        }
        said = [(answers.items[i], answers.workers[w], frozenset([names[k]])) for i, w, k in rows]
        right = {
            "right": lambda pairs: float(
                np.mean([found == {k for k, so in true.items() if so} for found, true in pairs])
            )
        }
        return Case(f"single: {name}", "sets", said, truth, right)

    return [case(name) for name in SINGLE]


def boxes(data: Path) -> list[Case]:
    def drawn(cell: str) -> tuple[Box, ...]:
        return tuple(Box(*box) for box in json.loads(cell) if box[0] < box[2] and box[1] < box[3])

    folder = data / "pedestrian_boxes"
    rows = [(r["task"], r["worker"], drawn(r["label"])) for r in read(folder, "answers.csv")]
    truth = {r["task"]: drawn(r["label"]) for r in read(folder, "truth.csv")}
    return [Case("pedestrians", "boxes", rows, truth, {"F1": lambda pairs: nearness.boxes(pairs)["f1"]})]


def texts(data: Path) -> list[Case]:
    folder = data / "crowdspeech_dev_clean"
    rows = [(r["task"], r["worker"], r["label"]) for r in read(folder, "answers.csv")]
    truth = {r["task"]: r["label"] for r in read(folder, "truth.csv")}
    measures = {"word error rate": lambda pairs: nearness.texts(pairs)["word_error_rate"]}
    return [Case("crowdspeech", "texts", rows, truth, measures)]
