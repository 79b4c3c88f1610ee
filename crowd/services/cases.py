"""The queue of what people have to look at: opened by the steps of the loop and by workers who appeal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd.models import Case, Project


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
