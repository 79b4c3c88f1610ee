"""Answers that were set aside count again: whoever gave them was right after all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, AnswerFlag, Project, Slot
from crowd.models.states import advance
from crowd.services import locks, publish


def excluded(project: Project) -> Select[int]:
    """Return the query for the answers that are set aside now: the newest flag of each says so."""
    newest = select(func.max(AnswerFlag.id)).where(AnswerFlag.project_id == project.id)
    return select(AnswerFlag.answer_id).where(
        AnswerFlag.id.in_(newest.group_by(AnswerFlag.answer_id)), AnswerFlag.kind == "excluded"
    )


def answers(
    session: Session, project: Project, answer_ids: Sequence[int], *, reason: str, now: datetime
) -> int:
    """Let those of these answers count again that are set aside; return how many.

    They are there and paid for, so nothing is asked or reserved: an item may end up with more answers
    than it would have been given.
    """
    locks.step(session, project)
    back: list[int] = []
    for some in chunks(sorted(set(answer_ids))):
        query = select(Answer.id, Answer.slot_id, Answer.item_id, Slot.gold_id)
        query = query.join(Slot, Slot.id == Answer.slot_id).where(Answer.project_id == project.id)
        query = query.where(Answer.id.in_(some), Answer.id.in_(excluded(project))).order_by(Answer.id)
        rows = session.execute(query).all()
        if not rows:
            continue
        flag = {"project_id": project.id, "kind": "reinstated", "reason": reason, "created_at": now}
        session.execute(insert(AnswerFlag), [{**flag, "answer_id": row.id} for row in rows])
        advance(session, Slot, "state", ("void", "done"), Slot.id.in_([row.slot_id for row in rows]))
        publish.want_more(session, Counter(row.item_id for row in rows if row.gold_id is None))
        back += [row.id for row in rows]
    return len(back)
