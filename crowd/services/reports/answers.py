"""All answers of a project, row by row, as they were given and with what was later said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crowd.models import (
    Answer,
    AnswerFlag,
    Assignment,
    Hit,
    Instructions,
    Item,
    LabelSet,
    Project,
    Slot,
    Worker,
)

# What `crowd aggregate` reads, and beyond it.
READABLE = ("item", "worker", "label", "timestamp", "seconds")
COLUMNS = (*READABLE, "note", "gold", "instructions", "label_set", "review", "excluded")
PAGE = 2000


def exact(project: Project) -> Collection[str]:
    """Return the columns that hold nothing a worker could have made up: a reader needs them as they are."""
    return [name for name in READABLE if name != "label" or project.task_type != "text"]


def rows(session: Session, project: Project, *, counted: bool = False) -> Iterator[dict[str, Any]]:
    """Yield every answer in the order it came; with `counted`, only those that labels are made of."""
    query = _query(project)
    if counted:
        query = query.where(Slot.gold_id.is_(None))
    # Closed whatever happens: a reader may leave before the end, and the server's cursor must not stay open.
    with session.execute(query.execution_options(yield_per=PAGE)) as found:
        for key, worker, value, at, seconds, note, gold_id, told, labels, review, flag in found:
            is_out = flag == "excluded"
            if counted and is_out:
                continue
            yield {
                "item": key,
                "worker": worker,
                "label": value,
                "timestamp": at.isoformat(),
                "seconds": seconds,
                "note": note,
                "gold": gold_id is not None,
                "instructions": told,
                "label_set": labels,
                "review": review,
                "excluded": is_out,
            }


def _query(project: Project) -> Select[*tuple[Any, ...]]:
    flag = (
        select(AnswerFlag.kind)
        .where(AnswerFlag.answer_id == Answer.id)
        .order_by(AnswerFlag.id.desc())
        .limit(1)
        .correlate(Answer)
        .scalar_subquery()
    )
    said = (Item.key, Worker.pseudonym, Answer.value, Answer.created_at, Answer.seconds, Answer.note)
    about = (Slot.gold_id, Instructions.version, LabelSet.version, Assignment.review, flag)
    return (
        select(*said, *about)
        .join(Item, Item.id == Answer.item_id)
        .join(Worker, Worker.id == Answer.worker_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .join(Hit, Hit.id == Assignment.hit_id)
        .join(Instructions, Instructions.id == Hit.instructions_id)
        .join(LabelSet, LabelSet.id == Answer.label_set_id)
        .where(Answer.project_id == project.id)
        .order_by(Answer.id)
    )
