"""The answers of a project as columns of numbers: each row is read once, and then kept in a block."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Integer, delete, func, literal_column, select
from sqlalchemy.orm import Session

from crowd.db import bulk, chunks
from crowd.models import Answer, AnswerBlock, Project

Ids = NDArray[np.int64]
Condition = tuple[ColumnElement[bool], ...]
ROW = (Answer.id, Answer.item_id, Answer.worker_id, Answer.value)
# A project with at least this part of all answers has them read from end to end, so many ids at a time.
MOST_OF = 8
PART = 500_000
# Bits that one number has for three ids.
WIDEST = 62
# So many new answers make a block; so many of the last numbers may belong to answers not committed yet.
FRESH = 20_000
STRAGGLERS = 10_000


def read(session: Session, project: Project, labels: Sequence[str], *, keep: bool = False) -> Ids:
    """Return the ids of answers, of their items and workers, and the places of their labels or -1.

    With `keep`, answers that are in no block yet are put into one, where they are many.
    """
    blocks = _blocks(session, project)
    rows = _rows(session, project, labels, after=blocks[-1].last if blocks else 0)
    if keep and len(rows) >= FRESH:
        _keep(session, project, labels, rows, is_first=not blocks)
    return np.concatenate([*(_unpacked(block, labels) for block in blocks), rows])


def of_items(session: Session, project: Project, labels: Sequence[str], items: Ids) -> Ids:
    """Return the same of some items only."""
    query = select(*ROW).where(Answer.project_id == project.id)
    parts = [query.where(Answer.item_id.in_(some)) for some in chunks(items.tolist())]
    return np.concatenate([_none(), *(bulk.integers(session, part, {"value": labels}) for part in parts)])


def since(session: Session, project: Project, after: int) -> Ids:
    """Return the ids of a project's answers above a given one, and of their items: (answers, 2)."""
    mine = Answer.project_id == project.id
    if _is_sqlite(session):
        mine = _end_to_end(project)
    return bulk.integers(session, select(Answer.id, Answer.item_id).where(mine, Answer.id > after))


def kept(session: Session, project: Project, labels: Sequence[str]) -> tuple[Ids, Ids]:
    """Return what a project's blocks hold, and what the answers in their stead are, in order."""
    blocks = _blocks(session, project)
    held = np.concatenate([_none(), *(_unpacked(block, labels) for block in blocks)])
    rows = _rows(session, project, labels, after=0)
    rows = rows[rows[:, 0] <= (blocks[-1].last if blocks else 0)]
    return held, rows[np.argsort(rows[:, 0], kind="stable")]


def _blocks(session: Session, project: Project) -> Sequence[AnswerBlock]:
    """Return a project's blocks, or none where answers are missing from them.

    Answers are never changed or removed: as many in the table as in the blocks are the same.
    """
    query = select(AnswerBlock).where(AnswerBlock.project_id == project.id).order_by(AnswerBlock.last)
    found = session.scalars(query).all()
    if found:
        within = Answer.project_id == project.id, Answer.id <= found[-1].last
        if session.scalar(select(func.count()).where(*within)) != sum(block.size for block in found):
            return []
    return found


def _keep(session: Session, project: Project, labels: Sequence[str], rows: Ids, *, is_first: bool) -> None:
    rows = rows[rows[:, 0] <= (session.scalar(select(func.max(Answer.id))) or 0) - STRAGGLERS]
    if len(rows) < FRESH or rows[:, 3].min() < 0:
        return
    if is_first:  # there may be some that answers committed late have made worthless
        session.execute(delete(AnswerBlock).where(AnswerBlock.project_id == project.id))
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    session.add(
        AnswerBlock(
            project_id=project.id,
            last=int(rows[-1, 0]),
            size=len(rows),
            labels=list(labels),
            content=_packed(rows),
        )
    )
    session.flush()


def _packed(rows: Ids) -> bytes:
    """Return columns one after the other, ids as steps from each to the next, in the smallest numbers."""
    stream = io.BytesIO()
    for cells in (np.diff(rows[:, 0], prepend=rows[0, 0]), *rows.T[1:]):
        np.save(stream, cells.astype(np.min_scalar_type(cells.max())))
    return stream.getvalue()


def _unpacked(block: AnswerBlock, labels: Sequence[str]) -> Ids:
    stream = io.BytesIO(block.content)
    steps, *others = (np.load(stream, allow_pickle=False) for _ in ROW)
    ids = np.cumsum(steps, dtype=np.int64)
    columns = [ids + (block.last - ids[-1]), *others]
    rows: Ids = np.stack(columns, dtype=np.int64, casting="unsafe").T
    if block.labels != list(labels):
        place = {label: code for code, label in enumerate(labels)}
        rows[:, 3] = np.array([place.get(label, -1) for label in block.labels])[rows[:, 3]]
    return rows


def _rows(session: Session, project: Project, labels: Sequence[str], *, after: int) -> Ids:
    """Read the answers above a given one, part by part.

    SQLite by itself looks up every answer by its item, also where most of the table is to be read: then
    reading it from end to end takes a third of the time.
    """
    mine = Answer.project_id == project.id
    last = session.scalar(select(func.max(Answer.id))) or 0
    enough = -(-last // MOST_OF)
    some = select(Answer.id).where(mine).limit(enough).subquery()
    if not after and (session.scalar(select(func.count()).select_from(some)) or 0) < enough:
        return bulk.integers(session, select(*ROW).where(mine), {"value": labels})
    bits = _bits(session, project, last)
    if _is_sqlite(session):
        mine = _end_to_end(project)
    ranges = (
        (mine, Answer.id.between(at, min(at + PART - 1, last))) for at in range(after + 1, last + 1, PART)
    )
    return np.concatenate([_none(), *(_part(session, labels, which, bits) for which in ranges)])


def _bits(session: Session, project: Project, last: int) -> tuple[int, int, int]:
    """Return how many bits the ids of answers, items and workers have."""
    item = session.scalar(select(func.max(Answer.item_id)).where(Answer.project_id == project.id)) or 0
    worker = session.scalar(select(func.max(Answer.worker_id))) or 0
    return last.bit_length(), item.bit_length(), worker.bit_length()


def _part(session: Session, labels: Sequence[str], which: Condition, bits: tuple[int, int, int]) -> Ids:
    """Read the three ids of an answer as one number, where they fit: one takes half the time of three."""
    if sum(bits) > WIDEST:
        return bulk.integers(session, select(*ROW).where(*which), {"value": labels})
    _, item, worker = bits
    together = Answer.id * 2 ** (item + worker) + Answer.item_id * 2**worker + Answer.worker_id
    # Whoever has come since with a wider id is read the next time.
    fits = Answer.item_id < 2**item, Answer.worker_id < 2**worker
    query = select(together.label("ids"), Answer.value).where(*which, *fits)
    ids, label = bulk.integers(session, query, {"value": labels}).T
    ids_of = ids >> (item + worker), ids >> worker & (2**item - 1), ids & (2**worker - 1)
    return np.stack([*ids_of, label]).T


def _end_to_end(project: Project) -> ColumnElement[bool]:
    """Return the condition with a sign that says to SQLite not to look answers up by their project."""
    return literal_column("+answer.project_id", Integer) == project.id


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _none() -> Ids:
    return np.empty((0, len(ROW)), dtype=np.int64, order="F")
