"""The only place that turns ids from outside into rows; a foreign id looks like an absent one."""

from __future__ import annotations

from typing import TypeVar, TypeVarTuple

from sqlalchemy import Row as Found
from sqlalchemy import Select, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from crowd.errors import NotFound
from crowd.models import Batch, ConsensusRun, Item, Project, TrainingSet, TrainingSetVersion, Worker
from crowd.services.access.keys import Principal

Row = TypeVar("Row")
Columns = TypeVarTuple("Columns")


def projects(principal: Principal) -> Select[Project]:
    """Return the query for every project the principal may see."""
    query = select(Project).where(Project.requester_id == principal.requester_id)
    return query if principal.project_id is None else query.where(Project.id == principal.project_id)


def project(session: Session, principal: Principal, slug: str) -> Project:
    """Return one project of the principal's."""
    return _only(session, projects(principal).where(Project.slug == slug), f"project {slug!r}")


def item(session: Session, project: Project, key: str) -> Item:
    """Return one item of the project by the requester's own key."""
    query = select(Item).where(Item.project_id == project.id, Item.key == key)
    return _only(session, query, f"item {key!r}")


def batch(session: Session, project: Project, batch_id: int) -> Batch:
    """Return one batch of the project."""
    query = select(Batch).where(Batch.project_id == project.id, Batch.id == batch_id)
    return _only(session, query, f"batch {batch_id}")


def run(session: Session, project: Project, run_id: int) -> ConsensusRun:
    """Return one consensus run of the project."""
    query = select(ConsensusRun).where(ConsensusRun.project_id == project.id, ConsensusRun.id == run_id)
    return _only(session, query, f"consensus run {run_id}")


def worker(session: Session, principal: Principal, pseudonym: str) -> Worker:
    """Return one of the requester's workers by pseudonym."""
    query = select(Worker).where(Worker.requester_id == principal.requester_id, Worker.pseudonym == pseudonym)
    return _only(session, query, f"worker {pseudonym!r}")


def version(session: Session, project: Project, name: str, number: int | None) -> TrainingSetVersion:
    """Return one version of a training set, the newest where no number is given."""
    query = (
        select(TrainingSetVersion)
        .join(TrainingSet)
        .where(TrainingSet.project_id == project.id, TrainingSet.name == name)
        .order_by(TrainingSetVersion.number.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(TrainingSetVersion.number == number)
    what = f"training set {name!r}"
    return _only(session, query, f"{what} version {number}" if number else f"{what}; freeze one first")


def first(session: Session, query: Select[*Columns]) -> Found[*Columns] | None:
    """Return the first row; what no column can hold (a NUL, half a character, 2**70) is the id of none."""
    try:
        return session.execute(query).first()
    except (DataError, OverflowError, UnicodeEncodeError):
        return None


def _only(session: Session, query: Select[Row], what: str) -> Row:
    row = first(session, query)
    if row is None:
        raise NotFound(f"no {what}")
    return row[0]
