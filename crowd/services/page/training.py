"""Training: the first questions in a project, one at a time, unpaid, with the right answer after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import Gold, Project, Standing, Worker
from crowd.services import grade, plain
from crowd.services.pack import Pick
from crowd.services.page import gold, hold
from crowd.services.page.accept import Claimed
from crowd.services.page.terms import Terms
from crowd.services.trust import standings


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a worker is told of one training question once they have answered it."""

    question: str
    correct: bool
    label: str
    explanation: str


def has_begun(standing: Standing | None) -> bool:
    """Tell whether a worker is past training: it is behind them, or they worked before there was any."""
    return standing is not None and (standing.trained_at is not None or standing.answers > 0)


def question(session: Session, known: Terms, worker: Worker) -> list[Pick]:
    """Return the next training question that a worker has not seen; none where all are behind them."""
    left = _left(session, known, worker.id)
    if not left:
        return []
    gold_id, item_id = left[0]
    key, payload = hold.shown(session, [item_id])[item_id]
    return [Pick(item_id, key, plain.read_json(payload), gold_id)]


def finish(session: Session, known: Terms, worker: Worker, project_id: int, *, now: datetime) -> None:
    """Write down that training is over, once no question is left."""
    if not _left(session, known, worker.id):
        standings.note(session, project_id, worker.id, trained_at=now)


def lessons(session: Session, project: Project, page: Claimed, values: Mapping[str, str]) -> list[Lesson]:
    """Return what there is to learn from a page of training, question by question."""
    items = [place.item_id for place in page.places.values()]
    query = select(Gold).where(Gold.item_id.in_(items), Gold.retired_at.is_(None))
    truths = {row.item_id: row for row in session.scalars(query)}
    found = []
    for name, place in page.places.items():
        truth = truths.get(place.item_id)
        if truth is None:  # retired while the page was held
            continue
        is_right = (
            name in values and grade.held_against(project, values[name], truth.label, truth.accepted).correct
        )
        found.append(Lesson(name, is_right, truth.label, truth.explanation))
    return found


def _left(session: Session, known: Terms, worker_id: int) -> list[tuple[int, int]]:
    seen = gold.seen(session, [item_id for _, item_id in known.training], worker_id)
    return [pair for pair in known.training if pair[1] not in seen]
