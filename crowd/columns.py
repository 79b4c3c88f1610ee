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
ROW = (Answer.id, Answer.item_id, Answer.worker_id, Answer.value)
# A project with at least this part of all answers has them read from end to end, so many ids at a time.
MOST_OF = 8
PART = 500_000
# So many new answers make a block; so many of the last numbers may belong to answers not committed yet.
FRESH = 20_000
STRAGGLERS = 10_000


def read(session: Session, project: Project, labels: Sequence[str]) -> Ids:
    """Return the ids of answers, of their items and workers, and the places of their labels or -1."""
    blocks = _blocks(session, project)
    kept = [_unpacked(block, labels) for block in blocks]
    return np.concatenate([*kept, _rows(session, project, labels, after=blocks[-1].last if blocks else 0)])


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


def keep(session: Session, project: Project, labels: Sequence[str]) -> None:
    """Put answers that are in no block yet into one, where they are many."""
    blocks = _blocks(session, project)
    after = blocks[-1].last if blocks else 0
    newest = (session.scalar(select(func.max(Answer.id))) or 0) - STRAGGLERS
    if newest - after < FRESH:
        return
    rows = _rows(session, project, labels, after=after)
    rows = rows[rows[:, 0] <= newest]
    if len(rows) < FRESH or rows[:, 3].min() < 0:
        return
    if not blocks:  # there may be some that answers committed late have made worthless
        session.execute(delete(AnswerBlock).where(AnswerBlock.project_id == project.id))
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    content = io.BytesIO()
    np.save(content, rows.astype(np.min_scalar_type(rows.max())))
    session.add(
        AnswerBlock(
            project_id=project.id,
            last=int(rows[-1, 0]),
            size=len(rows),
            labels=list(labels),
            content=content.getvalue(),
        )
    )
    session.flush()


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


def _unpacked(block: AnswerBlock, labels: Sequence[str]) -> Ids:
    rows = np.load(io.BytesIO(block.content), allow_pickle=False).astype(np.int64)
    if block.labels != list(labels):
        place = {label: code for code, label in enumerate(labels)}
        rows[:, 3] = np.array([place.get(label, -1) for label in block.labels])[rows[:, 3]]
    return np.asarray(rows)


def _rows(session: Session, project: Project, labels: Sequence[str], *, after: int) -> Ids:
    parts = (select(*ROW).where(*which) for which in _ranges(session, project, after))
    return np.concatenate([_none(), *(bulk.integers(session, part, {"value": labels}) for part in parts)])


def _ranges(session: Session, project: Project, after: int) -> list[tuple[ColumnElement[bool], ...]]:
    """Return the conditions under which to read the answers of a project, part by part.

    SQLite by itself looks up every answer by its item, also where most of the table is to be read: then
    reading it from end to end takes a third of the time.
    """
    mine = Answer.project_id == project.id
    last = session.scalar(select(func.max(Answer.id))) or 0
    if not after and (session.scalar(select(func.count()).where(mine)) or 0) * MOST_OF < last:
        return [(mine,)]
    if _is_sqlite(session):
        mine = _end_to_end(project)
    return [(mine, Answer.id.between(first, first + PART - 1)) for first in range(after + 1, last + 1, PART)]


def _end_to_end(project: Project) -> ColumnElement[bool]:
    """Return the condition with a sign that says to SQLite not to look answers up by their project."""
    return literal_column("+answer.project_id", Integer) == project.id


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _none() -> Ids:
    return np.empty((0, len(ROW)), dtype=np.int64)
