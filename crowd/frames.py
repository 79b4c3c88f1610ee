"""The bridge between rows and arrays: what the thinking packages read comes from here."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from aggregation.answers import Answers
from aggregation.readings import Readings
from crowd import columns
from crowd.columns import Ids
from crowd.db import decimals
from crowd.models import Answer, AnswerFlag, Gold, Project

Floats = NDArray[np.float64]
# Rows that become text together.
ROWS = 10_000


@dataclass(frozen=True, slots=True)
class AnswerFrame:
    """The answers of a project that count, as arrays, with the ids they came from.

    `answer_ids` is in ascending order. `item_ids` and `worker_ids` are the ids behind the codes of
    `answers`, also ascending, so that the same answers always give the same arrays.
    """

    answer_ids: Ids
    item_ids: Ids
    worker_ids: Ids
    answers: Answers

    @property
    def digest(self) -> str:
        """Return the digest of exactly these answers."""
        return digest_ids(self.answer_ids)


def read_answers(
    session: Session,
    project: Project,
    labels: Sequence[str],
    *,
    items: Ids | None = None,
    keep: bool = False,
) -> AnswerFrame:
    """Read every answer that is not excluded, of the whole project or of some of its items.

    With `keep`, the next to read them all finds most of them in blocks.

    Raises:
        ValueError: an answer is none of the labels.
    """
    if items is None:
        rows = columns.read(session, project, labels, keep=keep)
    else:
        rows = columns.of_items(session, project, labels, items)
    excluded = _excluded(session, project)
    if excluded:
        rows = rows[~np.isin(rows[:, 0], list(excluded))]
    if rows.size and rows[:, 3].min() < 0:
        raise ValueError(f"answer {rows[rows[:, 3].argmin(), 0]} is none of the labels {list(labels)}")
    if np.any(rows[1:, 0] < rows[:-1, 0]):
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
    item_ids, item = _coded(rows[:, 1])
    worker_ids, worker = _coded(rows[:, 2])
    # The thinkers' canonical order: by item, then worker, so that every sum runs the same way.
    order = stable_order(item.astype(np.int64) * max(len(worker_ids), 1) + worker)
    return AnswerFrame(
        answer_ids=np.ascontiguousarray(rows[:, 0]),
        item_ids=item_ids,
        worker_ids=worker_ids,
        answers=Answers(
            item=item[order],
            worker=worker[order],
            label=rows[order, 3].astype(np.int32),
            items=tuple(map(str, item_ids.tolist())),
            workers=tuple(map(str, worker_ids.tolist())),
            labels=tuple(labels),
        ),
    )


@dataclass(frozen=True, slots=True)
class ReadingFrame:
    """The answers of a project that count, as they are stored, with the ids they came from."""

    answer_ids: Ids
    item_ids: Ids
    readings: Readings[str]

    @property
    def digest(self) -> str:
        """Return the digest of exactly these answers."""
        return digest_ids(self.answer_ids)


def read_readings(session: Session, project: Project) -> ReadingFrame:
    """Read every answer that is not excluded, whatever it says."""
    rows = _counting(session, project)
    item_ids, item = _coded(np.array([row.item_id for row in rows], dtype=np.int64))
    worker_ids, worker = _coded(np.array([row.worker_id for row in rows], dtype=np.int64))
    order = np.lexsort((worker, item)).tolist()
    return ReadingFrame(
        answer_ids=np.array([row.id for row in rows], dtype=np.int64),
        item_ids=item_ids,
        readings=Readings(
            item=item[order],
            worker=worker[order],
            values=tuple(rows[row].value for row in order),
            items=tuple(map(str, item_ids.tolist())),
            workers=tuple(map(str, worker_ids.tolist())),
        ),
    )


def read_gold(session: Session, project: Project) -> dict[int, Gold]:
    """Return the gold in force by item id."""
    query = select(Gold).where(Gold.project_id == project.id, Gold.retired_at.is_(None))
    return {gold.item_id: gold for gold in session.scalars(query.order_by(Gold.item_id))}


def digest_ids(ids: Ids) -> str:
    """Return the SHA-256 of ids as little-endian 64-bit integers in ascending order."""
    return hashlib.sha256(np.sort(ids).astype("<i8").tobytes()).hexdigest()


def pack_ids(ids: Ids) -> bytes:
    """Return ids in the form an answer set is stored in."""
    return zlib.compress(np.diff(np.sort(ids), prepend=0).astype("<i8").tobytes(), level=1)


def unpack_ids(packed: bytes) -> Ids:
    """Return the ids of a stored answer set."""
    return np.cumsum(np.frombuffer(zlib.decompress(packed), dtype="<i8"), dtype=np.int64)


def json_rows(shares: Floats, digits: int) -> list[str]:
    """Return each row of numbers between 0 and 1 as JSON, rounded: a digit of all of them at a time."""
    rows: list[str] = []
    for begin in range(0, len(shares), ROWS):
        text = decimals.cells(shares[begin : begin + ROWS], digits).tobytes().decode("ascii")
        for rounded in ("0.", "1."):
            text = text.replace(rounded + "0" * digits, rounded + "0")
        rows += [f"[{row}]" for row in text.splitlines()]
    return rows


def by_name(gold: Mapping[int, Gold]) -> dict[str, str]:
    """Return the labels of gold under the names that `read_answers` gives its items."""
    return {str(item_id): row.label for item_id, row in gold.items()}


def _counting(session: Session, project: Project) -> list[Row[int, int, int, str]]:
    query = select(Answer.id, Answer.item_id, Answer.worker_id, Answer.value).where(
        Answer.project_id == project.id
    )
    excluded = _excluded(session, project)
    return [row for row in session.execute(query.order_by(Answer.id)) if row.id not in excluded]


def _excluded(session: Session, project: Project) -> set[int]:
    query = select(AnswerFlag.answer_id, AnswerFlag.kind).where(AnswerFlag.project_id == project.id)
    last = {answer_id: kind for answer_id, kind in session.execute(query.order_by(AnswerFlag.id))}
    return {answer_id for answer_id, kind in last.items() if kind == "excluded"}


def stable_order(keys: Ids) -> Ids:
    """Return the places of whole numbers in their order, of equal ones in the order they stand in."""
    bits = len(keys).bit_length()
    if not keys.size or int(keys.max()) >> (63 - bits):
        return np.argsort(keys, kind="stable")
    # Sorted together with their places, plain numbers take an eighth of the time that places alone take.
    together = keys << bits | np.arange(len(keys))
    together.sort()
    return together & ((1 << bits) - 1)


def _coded(ids: Ids) -> tuple[Ids, NDArray[np.int32]]:
    """Return the distinct ids and the place of each among them; linear where they lie close together."""
    low, high = (int(ids.min()), int(ids.max())) if ids.size else (0, -1)
    if high - low > 16 * ids.size + 1_000_000:
        distinct, codes = np.unique(ids, return_inverse=True)
        return distinct, codes.astype(np.int32)
    is_there = np.zeros(high - low + 1, dtype=bool)
    is_there[ids - low] = True
    place = np.cumsum(is_there, dtype=np.int32) - 1
    return np.flatnonzero(is_there) + low, place[ids - low]
