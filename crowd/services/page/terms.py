"""What pages are built with, and seldom changes: kept by each process until the project's revision grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from crowd.models import Gold, Instructions, LabelSet, Project
from crowd.models.base import Model
from crowd.services.setup import instructions, projects

Deck = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """The versions in force: of the label set, the instructions, and the gold by label."""

    label_set: LabelSet
    told: Instructions
    deck: Deck  # gold id, item id


_projects: WeakKeyDictionary[Engine, dict[int, Project]] = WeakKeyDictionary()
_kept: WeakKeyDictionary[Engine, dict[int, tuple[int, Terms]]] = WeakKeyDictionary()


def of(session: Session, project: Project) -> Terms:
    """Return the terms of a project as it was read in this transaction."""
    kept = _kept.setdefault(session.connection().engine, {})
    revision, terms = kept.get(project.id, (None, None))
    if terms is None or revision != project.revision:
        terms = _load(session, project)
        if _revision(session, project) == project.revision:  # else they may be newer than the project
            kept[project.id] = project.revision, terms
    return terms


def project(session: Session, project_id: int, revision: int) -> Project:
    """Return a project's settings at a revision just read: a copy that no session knows, to be read only.

    Its state is not part of a revision.
    """
    kept = _projects.setdefault(session.connection().engine, {})
    found = kept.get(project_id)
    if found is None or found.revision != revision:
        found = _copy(session.get_one(Project, project_id))
        if found.revision == revision:
            kept[project_id] = found
    return found


def _load(session: Session, project: Project) -> Terms:
    label_set, told = projects.labels(session, project), instructions.current(session, project)
    return Terms(_copy(label_set), _copy(told), _deck(session, project))


def _copy(row: Model) -> Model:
    """Return the same row for any session, and none, to keep."""
    return type(row)(**{column.key: getattr(row, column.key) for column in row.__table__.columns})


def _deck(session: Session, project: Project) -> Deck:
    query = select(Gold.label, Gold.id, Gold.item_id).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None)
    )
    deck: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for label, gold_id, item_id in session.execute(query.order_by(Gold.id)):
        deck[label].append((gold_id, item_id))
    return dict(deck)


def _revision(session: Session, project: Project) -> int | None:
    return session.scalar(select(Project.revision).where(Project.id == project.id))
