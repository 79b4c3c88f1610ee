"""The queue of what people have to look at: opened by the steps of the loop and by workers who appeal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import NotFound
from crowd.models import Answer, Case, Consensus, Gold, Item, Project, Skill
from crowd.services import conclude, locks
from crowd.services.access import scope
from crowd.services.setup import projects
from crowd.services.trust import reinstate
from qc.disputes import dispute

# What comes first: somebody waits; many grades hang on it; a label does; it would only be nice to have.
URGENCY = {"appeal": 0, "gold_dispute": 1, "gold_candidate": 3}
urgency = case(URGENCY, value=Case.kind, else_=2)
# Cases about items that nobody filed: they are opened, and closed again, by `refresh`.
DOUBTS = ("disputed", "unsure")
DOUBTFUL = 0.75  # a settled label less sure than this is worth a look
MOST_OPEN = 50  # doubts of a kind that wait at a time: a queue nobody can finish is not read


class About(TypedDict, total=False):
    """What a case is about. One about gold names its item too, one of an appeal its worker."""

    item_id: int | None
    gold_id: int | None
    assignment_id: int | None
    restriction_id: int | None
    worker_id: int | None


# What a case is known by, of all that it names: the most particular.
SUBJECTS: Mapping[str, Literal["restriction_id", "assignment_id", "gold_id", "item_id", "worker_id"]] = {
    "restriction": "restriction_id",
    "page": "assignment_id",
    "gold": "gold_id",
    "item": "item_id",
    "worker": "worker_id",
}


def open_case(
    session: Session,
    project: Project,
    kind: str,
    *,
    text: str = "",
    value: float = 0.0,
    facts: dict[str, Any],
    now: datetime,
    **about: Unpack[About],
) -> Case | None:
    """Put something before a reviewer; None where such a case about the same subject is open already.

    `value` ranks the cases of a kind, `text` are the words of a worker who appeals.
    """
    case = Case(
        project_id=project.id,
        kind=kind,
        subject=subject(**about),
        text=text,
        value=value,
        facts=facts,
        created_at=now,
        **about,
    )
    return _added(session, case)


def subject(**about: Unpack[About]) -> str:
    """Return what a case about this is known by."""
    return next(f"{what}:{about[name]}" for what, name in SUBJECTS.items() if about.get(name) is not None)


def _added(session: Session, case: Case) -> Case | None:
    standing = select(Case.id).where(
        Case.project_id == case.project_id,
        Case.kind == case.kind,
        Case.subject == case.subject,
        Case.state == "open",
    )
    if session.scalar(standing) is not None:
        return None
    try:
        with session.begin_nested():
            session.add(case)
    except IntegrityError:  # another process opened it in this moment
        return None
    return case


def refresh(session: Session, project: Project, *, now: datetime) -> int:
    """Close doubts that the loop has overtaken, and open the most valuable new ones; return how many.

    What a reviewer has closed stays closed until the item has another answer.
    """
    locks.step(session, project)
    doubts = _doubts(session, project)
    waiting = _waiting(session, project)
    for (kind, item_id), held in waiting.items():
        if item_id not in doubts or doubts[item_id].kind != kind:
            held.state, held.outcome, held.reviewer, held.closed_at = "closed", "overtaken", "system", now
    session.flush()
    opened = 0
    for kind in DOUBTS:
        standing = {item_id for named, item_id in waiting if named == kind}
        mine = {item_id: doubt for item_id, doubt in doubts.items() if doubt.kind == kind}
        fresh = [doubt for item_id, doubt in mine.items() if item_id not in standing]
        room = MOST_OPEN - len(standing & set(mine))
        for doubt in sorted(fresh, key=lambda doubt: (-doubt.value, doubt.item_id))[: max(room, 0)]:
            session.add(_case(project, doubt, now))
            opened += 1
    session.flush()
    return opened


def queue(
    session: Session,
    project: Project,
    *,
    kind: str | None = None,
    state: str = "open",
    after: int | None = None,
    limit: int,
) -> Sequence[Case]:
    """Return cases, the most urgent kind first and in it the most valuable; `after` is the last one seen."""
    query = select(Case).where(Case.project_id == project.id, Case.state == state)
    if kind is not None:
        query = query.where(Case.kind == kind)
    if after is not None:
        query = query.where(_behind(find(session, project, after)))
    return session.scalars(query.order_by(urgency, Case.value.desc(), Case.id).limit(limit)).all()


def waiting(session: Session, project: Project) -> dict[str, int]:
    """Return how many cases are open, by kind."""
    query = select(Case.kind, func.count()).where(Case.project_id == project.id, Case.state == "open")
    return {kind: count for kind, count in session.execute(query.group_by(Case.kind).order_by(Case.kind))}


def find(session: Session, project: Project, case_id: int) -> Case:
    """Return one case of the project."""
    query = select(Case).where(Case.project_id == project.id, Case.id == case_id)
    row = scope.first(session, query)
    if row is None:
        raise NotFound(f"no case {case_id}")
    return row[0]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An item that a reviewer should look at, and what it is worth: how likely its label is wrong."""

    item_id: int
    kind: str
    value: float
    facts: dict[str, Any]


def _doubts(session: Session, project: Project) -> dict[int, _Doubt]:
    """Return the items at rest whose label is unsure, and on whose answers no reviewer has ruled."""
    rows = session.execute(_unsure(session, project)).all()
    said = _said(session, project, [item.id for item, _ in rows])
    labels = projects.labels(session, project).labels
    ruled = _ruled(session, project)
    return {
        item.id: _doubt(item, row, labels, said[item.id])
        for item, row in rows
        if ruled.get(item.id) != (row.votes if row else 0)
    }


def _doubt(
    item: Item, row: Consensus | None, labels: Sequence[str], said: Sequence[tuple[str, float | None]]
) -> _Doubt:
    if row is None:
        return _Doubt(item.id, "unsure", 1.0, {"state": item.state, "votes": 0})
    facts = {"state": item.state, "votes": row.votes, "label": row.label, "confidence": row.confidence}
    found = dispute(labels, row.posterior, said)
    if found is None:
        return _Doubt(item.id, "unsure", 1 - row.confidence, facts)
    between = {"between": [found.first, found.second], "good_workers": found.good}
    return _Doubt(item.id, "disputed", 1 - row.confidence, facts | between)


def _unsure(session: Session, project: Project) -> Select[Item, Consensus]:
    """Return the query for items at rest that are doubtful, the most doubtful first."""
    run = conclude.latest_run(session, project)
    of_run = and_(Consensus.item_id == Item.id, Consensus.run_id == (run.id if run else 0))
    told = select(Gold.id).where(Gold.item_id == Item.id, Gold.retired_at.is_(None)).exists()
    at_rest = or_(Item.state == "given_up", and_(Item.state == "settled", Consensus.confidence < DOUBTFUL))
    query = select(Item, Consensus).outerjoin(Consensus, of_run)
    query = query.where(Item.project_id == project.id, at_rest, ~told)
    # A few times what may wait, for those that are ruled on already.
    return query.order_by(func.coalesce(Consensus.confidence, 0.0), Item.id).limit(4 * MOST_OPEN)


def _said(
    session: Session, project: Project, item_ids: Collection[int]
) -> dict[int, list[tuple[str, float | None]]]:
    """Return the answers to these items that count, each with what is known of its worker's accuracy."""
    newest = select(func.max(Skill.id)).where(Skill.project_id == project.id, Skill.name == "accuracy")
    skill = (
        select(Skill.worker_id, Skill.value).where(Skill.id.in_(newest.group_by(Skill.worker_id))).subquery()
    )
    said: dict[int, list[tuple[str, float | None]]] = defaultdict(list)
    for some in chunks(list(item_ids)):
        query = select(Answer.item_id, Answer.value, skill.c.value)
        query = query.outerjoin(skill, skill.c.worker_id == Answer.worker_id)
        query = query.where(Answer.item_id.in_(some), Answer.id.not_in(reinstate.excluded(project)))
        for item_id, value, accuracy in session.execute(query.order_by(Answer.id)):
            said[item_id].append((value, accuracy))
    return said


def _ruled(session: Session, project: Project) -> dict[int, int]:
    """Return the items a reviewer has looked at, with the votes there were then."""
    query = select(Case.item_id, Case.facts).where(
        Case.project_id == project.id,
        Case.kind.in_(DOUBTS),
        Case.state == "closed",
        Case.outcome != "overtaken",
    )
    rows = session.execute(query.order_by(Case.id))
    return {item_id: facts["votes"] for item_id, facts in rows if item_id is not None}


def _waiting(session: Session, project: Project) -> dict[tuple[str, int], Case]:
    query = select(Case).where(Case.project_id == project.id, Case.kind.in_(DOUBTS), Case.state == "open")
    return {(case.kind, case.item_id): case for case in session.scalars(query) if case.item_id is not None}


def _case(project: Project, doubt: _Doubt, now: datetime) -> Case:
    return Case(
        project_id=project.id,
        kind=doubt.kind,
        subject=subject(item_id=doubt.item_id),
        item_id=doubt.item_id,
        value=round(doubt.value, 6),
        facts=doubt.facts,
        created_at=now,
    )


def _behind(seen: Case) -> ColumnElement[bool]:
    """Return the condition that a case comes after this one in the queue."""
    rank = URGENCY.get(seen.kind, 2)
    lower = or_(Case.value < seen.value, and_(Case.value == seen.value, Case.id > seen.id))
    return or_(urgency > rank, and_(urgency == rank, lower))
