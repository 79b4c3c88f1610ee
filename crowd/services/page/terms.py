"""What pages are built with, and seldom changes: kept by each process until the project's revision grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import NotFound
from crowd.models import Gold, Instructions, LabelSet, Project, Worker
from crowd.models.base import Model
from crowd.services import plain
from crowd.services.plain import At, Sql
from crowd.services.setup import instructions, projects

_REVISION = """
    SELECT revision FROM project WHERE id = :project AND requester_id = :requester
        AND :channel IN (channel, second_channel)
"""
REVISION = Sql(_REVISION, _REVISION)
Deck = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """The versions in force: of the label set, the instructions, and the gold by label."""

    label_set: LabelSet
    told: Instructions
    deck: Deck  # gold id, item id; of the gold that is hidden
    training: Sequence[tuple[int, int]] = ()  # the same of training questions, the oldest first


class Unread(Exception):
    """This process has not read a project as it is at a revision: `learn` does that."""

    def __init__(self, project_id: int, revision: int) -> None:
        super().__init__(project_id, revision)
        self.project_id, self.revision = project_id, revision


_learning = Lock()
_projects: WeakKeyDictionary[Pool, dict[int, Project]] = WeakKeyDictionary()
_kept: WeakKeyDictionary[Pool, dict[int, tuple[int, Terms]]] = WeakKeyDictionary()


def of(session: Session, project: Project) -> Terms:
    """Return the terms of a project as it was read in this transaction."""
    kept = _kept.setdefault(plain.pool(session), {})
    revision, terms = kept.get(project.id, (None, None))
    if terms is None or revision != project.revision:
        terms = _load(session, project)
        if _revision(session, project) == project.revision:  # else they may be newer than the project
            kept[project.id] = project.revision, terms
    return terms


def project(session: Session, project_id: int, revision: int) -> Project:
    """Return a project as it is at a revision just read: a copy that no session knows, to be read only."""
    kept = _projects.setdefault(plain.pool(session), {})
    found = kept.get(project_id)
    if found is None or found.revision != revision:
        found = _copy(session.get_one(Project, project_id))
        if found.revision == revision:
            kept[project_id] = found
    return found


def kept(at: At, project_id: int, revision: int) -> tuple[Project, Terms]:
    """Return a project and its terms at a revision just read.

    Raises:
        Unread: this process does not have them.
    """
    found = _projects.get(plain.pool(at), {}).get(project_id)
    of_revision, terms = _kept.get(plain.pool(at), {}).get(project_id, (None, None))
    if found is None or terms is None or not (found.revision == of_revision == revision):
        raise Unread(project_id, revision)
    return found, terms


def learn(database: Database, wanted: Unread) -> None:
    """Read a project and its terms once for all who come just then, each of whom would else do it."""
    with _learning, database.read() as session:
        try:
            kept(session, wanted.project_id, wanted.revision)
        except Unread:
            of(session, project(session, wanted.project_id, wanted.revision))


def of_worker(session: Session, worker: Worker, project_id: int) -> Project:
    """Return a project of the requester a worker works for, on their channel, as `project` does.

    Raises:
        NotFound: there is none of this number for this worker.
    """
    mine = {"project": project_id, "requester": worker.requester_id, "channel": worker.channel}
    try:
        found = REVISION(session, **mine).first()
    except (DataError, OverflowError):  # what no column can hold is the number of none
        found = None
    if found is None:
        raise NotFound(f"no project {project_id}")
    return project(session, project_id, found[0])


def _load(session: Session, project: Project) -> Terms:
    label_set, told = projects.labels(session, project), instructions.current(session, project)
    return Terms(_copy(label_set), _copy(told), _deck(session, project), _training(session, project))


def _copy(row: Model) -> Model:
    """Return the same row for any session, and none, to keep."""
    return type(row)(**{column.key: getattr(row, column.key) for column in row.__table__.columns})


def _deck(session: Session, project: Project) -> Deck:
    query = select(Gold.label, Gold.id, Gold.item_id).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "hidden"
    )
    deck: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for label, gold_id, item_id in session.execute(query.order_by(Gold.id)):
        deck[label].append((gold_id, item_id))
    return dict(deck)


def _training(session: Session, project: Project) -> list[tuple[int, int]]:
    query = select(Gold.id, Gold.item_id).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "training"
    )
    return [(gold_id, item_id) for gold_id, item_id in session.execute(query.order_by(Gold.id))]


def _revision(session: Session, project: Project) -> int | None:
    return session.scalar(select(Project.revision).where(Project.id == project.id))
