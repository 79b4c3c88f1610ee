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
from crowd.models import Answer, AnswerFlag, Gold, Project

Ids = NDArray[np.int64]


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


def read_answers(session: Session, project: Project, labels: Sequence[str]) -> AnswerFrame:
    """Read every answer that is not excluded."""
    rows = _counting(session, project)
    code = {label: position for position, label in enumerate(labels)}
    item_ids, item = _coded([row.item_id for row in rows])
    worker_ids, worker = _coded([row.worker_id for row in rows])
    label = np.fromiter((code[row.value] for row in rows), dtype=np.int32, count=len(rows))
    # The thinkers' canonical order: by item, then worker, so that every sum runs the same way.
    order = np.lexsort((worker, item))
    return AnswerFrame(
        answer_ids=np.array([row.id for row in rows], dtype=np.int64),
        item_ids=item_ids,
        worker_ids=worker_ids,
        answers=Answers(
            item=item[order],
            worker=worker[order],
            label=label[order],
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
    item_ids, item = _coded([row.item_id for row in rows])
    worker_ids, worker = _coded([row.worker_id for row in rows])
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
    return zlib.compress(np.sort(ids).astype("<i8").tobytes())


def unpack_ids(packed: bytes) -> Ids:
    """Return the ids of a stored answer set."""
    return np.frombuffer(zlib.decompress(packed), dtype="<i8").astype(np.int64)


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


def _coded(ids: list[int]) -> tuple[Ids, NDArray[np.int32]]:
    distinct, codes = np.unique(np.array(ids, dtype=np.int64), return_inverse=True)
    return distinct, codes.astype(np.int32)
