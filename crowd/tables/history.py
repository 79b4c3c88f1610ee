"""Confusion matrices of workers as a file: what they answered, by what was true."""

from __future__ import annotations

from math import isfinite
from typing import BinaryIO

import numpy as np

from aggregation.history import History
from crowd.tables.columns import read_columns
from crowd.tables.results import DIGITS
from crowd.tables.source import Source
from crowd.tables.writing import write_csv

COLUMNS = ("worker", "truth", "answer", "count")


def read_history(source: Source) -> History:
    """Read a CSV file of worker, truth, answer and count; a count need not be whole."""
    table = read_columns(source, COLUMNS, extra="ignore")
    faults = [
        (row, "count", f"{text!r} is not a number of 0 or more")
        for row, text in enumerate(table.columns["count"])
        if not _is_count(text)
    ]
    if faults:
        raise table.error(faults)
    worker, truth, answer = (tuple(table.columns[name]) for name in COLUMNS[:3])
    return History(worker, truth, answer, np.array([float(text) for text in table.columns["count"]]))


def write_history(stream: BinaryIO, history: History) -> None:
    """Write a history, so that it can be read again."""
    counts = np.round(history.count, DIGITS).tolist()
    write_csv(stream, COLUMNS, zip(history.worker, history.truth, history.answer, counts, strict=True))


def _is_count(text: str) -> bool:
    try:
        return isfinite(value := float(text)) and value >= 0
    except ValueError:
        return False
