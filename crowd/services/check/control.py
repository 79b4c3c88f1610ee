"""Invariants of control: scheduled once, states on the map, projects apart, the audit chain whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Column, FromClause, Table, func, or_, select
from sqlalchemy.orm import Session

from crowd.models import (
    ApiKey,
    AuditEntry,
    Base,
    Example,
    Item,
    Project,
    Reservation,
    Tick,
    TrainingSet,
    TrainingSetVersion,
    Worker,
)
from crowd.models.states import TRANSITIONS
from crowd.services import audit
from crowd.services.check.invariant import Rows, invariant, lines, within

PAGE = 1000


@invariant(35, "one scheduler acts in each period of a job, and none after its term", is_global=True)
def ticks_fenced(session: Session, project_id: int | None) -> Iterator[str]:  # noqa: ARG001
    """Find periods acted on twice, and acts of a scheduler that another had followed."""
    doubled = select(Tick.job, Tick.period, func.count().label("ticks")).group_by(Tick.job, Tick.period)
    doubled = doubled.having(func.count() > 1).order_by(Tick.job, Tick.period)
    yield from lines(session, doubled, "job {job}: {ticks} ticks in period {period}")
    before = func.lag(Tick.term).over(partition_by=Tick.job, order_by=Tick.id)
    ticks = select(Tick.id, Tick.job, Tick.term, before.label("before")).subquery()
    late = select(ticks).where(ticks.c.term < ticks.c.before).order_by(ticks.c.id)
    yield from lines(session, late, "tick {id} of job {job}: in term {term}, after one in term {before}")


@invariant(36, "every state is one that the table of transitions knows")
def states_known(session: Session, project_id: int | None) -> Iterator[str]:
    """Find rows in states that nothing leads to."""
    for (model, field), moves in TRANSITIONS.items():
        table = model.__table__
        owner = table.c.id if model is Project else table.c.project_id
        known = {state for move in moves for state in move}
        query = select(table.c.id, table.c[field].label("state")).where(within(owner, project_id))
        query = query.where(table.c[field].not_in(known)).order_by(table.c.id)
        yield from lines(session, query, f"{table} {{id}}: {field} is {{state!r}}")


@invariant(40, "rows that belong together belong to one project, and keys to its requester")
def inside_one_project(session: Session, project_id: int | None) -> Iterator[str]:
    """Find references from one project into another, over every foreign key there is."""
    for name, query, owner in _crossings():
        within_it = query.where(within(owner, project_id))
        yield from lines(session, within_it, f"{name} {{of}}: refers to another project")
    yield from lines(session, _crossing_examples(project_id), "example {id}: its item is of another project")
    keys = (
        select(ApiKey.id)
        .join(Project, Project.id == ApiKey.project_id)
        .where(within(Project.id, project_id), Project.requester_id != ApiKey.requester_id)
        .order_by(ApiKey.id)
    )
    yield from lines(session, keys, "API key {id}: for a project of another requester")
    yield from lines(session, _strangers(project_id), "item {id}: kept for a worker of another requester")


@invariant(47, "the audit chain is unbroken: no entry was changed, removed or put in between", is_global=True)
def audit_unbroken(session: Session, project_id: int | None) -> Iterator[str]:  # noqa: ARG001
    """Find entries that do not carry their digest, or do not follow the entry before them."""
    previous = audit.GENESIS
    entries = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=PAGE)
    for entry in session.scalars(entries):
        if entry.previous != previous:
            yield f"audit entry {entry.id}: does not follow the entry before it"
        if entry.digest != audit.digest(entry):
            yield f"audit entry {entry.id}: does not have its digest"
        previous = entry.digest


@cache  # dear to write, and the same in every check: it hangs on the models alone
def _crossings() -> tuple[tuple[str, Rows, Column[int]], ...]:
    """Return the name of each table, its query for rows that refer elsewhere, and its project column."""
    written = ((table.name, _crossing(table)) for table in Base.metadata.sorted_tables)
    return tuple((name, *found) for name, found in written if found is not None)


def _crossing(table: Table) -> tuple[Rows, Column[int]] | None:
    """Return the query for rows whose project is not that of a row they refer to; None where none can be."""
    source: FromClause = table
    projects = [table.c.project_id] if "project_id" in table.c else []
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        if "project_id" in key.column.table.c:
            target = key.column.table.alias()
            source = source.outerjoin(target, target.c[key.column.name] == key.parent)
            projects.append(target.c.project_id)
    if len(projects) < 2:
        return None
    first, *others = projects
    identity = next(iter(table.primary_key))
    query = select(identity.label("of")).select_from(source)
    return query.where(or_(*(first != other for other in others))).order_by(identity), first


def _strangers(project_id: int | None) -> Rows:
    return (
        select(Reservation.item_id.label("id"))
        .join(Item, Item.id == Reservation.item_id)
        .join(Project, Project.id == Item.project_id)
        .join(Worker, Worker.id == Reservation.worker_id)
        .where(within(Item.project_id, project_id), Worker.requester_id != Project.requester_id)
        .order_by(Reservation.item_id)
    )


def _crossing_examples(project_id: int | None) -> Rows:
    return (
        select(Example.id)
        .join(TrainingSetVersion, TrainingSetVersion.id == Example.version_id)
        .join(TrainingSet, TrainingSet.id == TrainingSetVersion.training_set_id)
        .join(Item, Item.id == Example.item_id)
        .where(within(TrainingSet.project_id, project_id), TrainingSet.project_id != Item.project_id)
        .order_by(Example.id)
    )
