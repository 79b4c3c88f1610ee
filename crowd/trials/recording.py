"""Recorded real answers with the truth beside them, read from a folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crowd.channels import Recorded
from crowd.errors import bad_input
from crowd.services.setup.validation import MAX_LABELS
from crowd.tables.answers import AnswerTable, read_answers
from crowd.tables.items import ItemRow, read_items
from crowd.tables.source import open_input
from crowd.tables.truth import read_truth

Order = Literal["random", "recorded"]
ORDERS: tuple[Order, ...] = ("random", "recorded")
ANSWERS = ("answers.csv", "answers.csv.gz")
TRUTH = ("truth.csv", "truth.csv.gz")
ITEMS = ("items.csv", "items.jsonl", "items.csv.gz", "items.jsonl.gz")


@dataclass(frozen=True, slots=True)
class Recording:
    """What people once answered. Only items with an answer are here, and truth only for those."""

    name: str
    labels: tuple[str, ...]
    items: tuple[ItemRow, ...]
    answers: tuple[Recorded, ...]  # the first of each worker to each item, in the order they are handed out
    truth: Mapping[str, str]
    repeated: int  # rows left out because the worker had answered the item before
    has_contents: bool  # False: the folder does not say what the items are


def read_recording(path: str | Path, *, order: Order = "random", seed: int = 0) -> Recording:
    """Read a folder with answers.csv, truth.csv and perhaps items.csv or items.jsonl, or its answers.csv.

    Args:
        path: The folder, or the file of answers in it; any of the files may be gzipped.
        order: `recorded` is by `timestamp` where the answers have one, else as the rows stand; `random` is a
            permutation of that.
        seed: What the permutation is drawn with.
    """
    answers = _answers_file(Path(path))
    truth_file = _beside(answers.parent, TRUTH)
    if truth_file is None:
        raise bad_input(str(answers.parent), "holds no truth.csv; without the truth nothing can be measured")
    times = ("timestamp",) if order == "recorded" else ()
    table = read_answers(open_input(answers), times=times, extra="ignore")
    known = read_truth(open_input(truth_file))
    keys = set(table.items.names)
    truth = {item: label for item, label in known.items() if item in keys}
    if not truth:
        raise bad_input(str(truth_file), "names none of the items that were answered")
    rows = _handed_out(table, order, seed)
    items, workers, labels = (list(column) for column in (table.items, table.workers, table.labels))
    contents = _beside(answers.parent, ITEMS)
    return Recording(
        name=answers.absolute().parent.name,
        labels=_labels(answers, {*table.labels.names, *truth.values()}),
        items=_items(contents, keys),
        answers=tuple(Recorded(items[row], workers[row], labels[row]) for row in rows.tolist()),
        truth=truth,
        repeated=len(table) - len(rows),
        has_contents=contents is not None,
    )


def _answers_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = _beside(path, ANSWERS)
    if found is None:
        raise bad_input(str(path), "holds no answers.csv; name a folder with answers.csv and truth.csv")
    return found


def _beside(folder: Path, names: Collection[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _labels(path: Path, labels: Collection[str]) -> tuple[str, ...]:
    if len(labels) > MAX_LABELS:
        raise bad_input(
            str(path),
            f"holds {len(labels):,} different labels; only answers that choose from a set can be replayed, "
            f"with at most {MAX_LABELS:,} labels (not numbers, free text or regions)",
        )
    return tuple(sorted(labels))


def _handed_out(table: AnswerTable, order: Order, seed: int) -> NDArray[np.int64]:
    """Return the rows to hand out, in order; of a worker's rows on one item the first recorded stays."""
    recorded = np.arange(len(table))
    if table.timestamp is not None:
        recorded = np.argsort(table.timestamp, kind="stable")  # rows without a time come last
    claims = table.items.codes.astype(np.int64) * len(table.workers.names) + table.workers.codes
    _, first = np.unique(claims[recorded], return_index=True)
    rows = recorded[np.sort(first)]
    return rows if order == "recorded" else np.random.default_rng(seed).permutation(rows)


def _items(path: Path | None, answered: Collection[str]) -> tuple[ItemRow, ...]:
    """Return the answered items by key; the contents are empty where nothing is known of them."""
    known = {} if path is None else {row.key: row for row in read_items(open_input(path))}
    return tuple(known.get(key) or ItemRow(key, {}, "the recorded answers") for key in sorted(answered))
