"""The queue of what people have to look at: opened by the steps of the loop and by workers who appeal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd.models import Case, Project


def open_case(
    session: Session,
    project: Project,
    kind: str,
    *,
    item_id: int | None = None,
    gold_id: int | None = None,
    assignment_id: int | None = None,
    restriction_id: int | None = None,
    worker_id: int | None = None,
    text: str = "",
    value: float = 0.0,
    facts: dict[str, Any],
    now: datetime,
) -> Case | None:
    """Put something before a reviewer; None where such a case about the same subject is open already.

    A case about gold names its item too. `value` ranks the cases of a kind; `text` are a worker's words.
    """
    about = {
        "restriction": restriction_id,
        "page": assignment_id,
        "gold": gold_id,
        "item": item_id,
        "worker": worker_id,
    }
    subject = next(f"{what}:{number}" for what, number in about.items() if number is not None)
    case = Case(
        project_id=project.id,
        kind=kind,
        subject=subject,
        item_id=item_id,
        gold_id=gold_id,
        assignment_id=assignment_id,
        restriction_id=restriction_id,
        worker_id=worker_id,
        text=text,
        value=value,
        facts=facts,
        created_at=now,
    )
    return _added(session, case)


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
