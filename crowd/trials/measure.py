"""What a rehearsal is worth, held against the truth that its project never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd import frames
from crowd.models import Answer, AnswerSet, Consensus, Item, Project, Restriction, Slot
from crowd.services import conclude
from crowd.services.people import pool
from crowd.services.setup import projects
from workers.simulated import BAD, Person

METHOD_NAMES = {"majority": "majority vote", "dawid-skene": "Dawid-Skene", "panel": "crowd's default"}
EDGES = (0.0, 0.5, 0.8, 0.95, 0.99, 1.0)

Truth = Mapping[str, str]  # label by item key


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one run beside the truth; the arrays are parallel."""

    method: str
    right: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    votes: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Return the share of right labels; nan where there are none."""
        return float(self.right.mean()) if len(self.right) else float("nan")

    @property
    def claimed(self) -> float:
        """Return the accuracy that the confidences promise; nan where there are none."""
        return float(self.confidence.mean()) if len(self.right) else float("nan")


@dataclass(frozen=True, slots=True)
class Bin:
    """Labels of about the same confidence: how sure they claim to be, and how often they are right."""

    items: int
    claimed: float
    right: float


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One person: who they are in truth, and what the project found out."""

    name: str
    kind: str
    accuracy: float  # the truth, averaged over the labels
    answers: int
    graded: int
    correct: int
    skill: tuple[float, float, float] | None  # estimate and the ends of its 90 % interval
    verdict: str | None  # banned, suspended

    @property
    def blind(self) -> bool:
        """Tell whether this person answers without looking."""
        return self.kind in BAD


@dataclass(frozen=True, slots=True)
class Dispute:
    """An item the project is not sure of: what people said, what it made of that, what is right."""

    key: str
    payload: Mapping[str, Any]
    truth: str
    label: str
    posterior: tuple[tuple[str, float], ...]  # the most probable labels, best first
    said: tuple[str, ...]


def labels_of(session: Session, project: Project, truth: Truth, method: str) -> Labels:
    """Return the newest labels of a method; none before its first run."""
    run = conclude.latest_run(session, project, method)
    query = select(Item.key, Consensus.label, Consensus.confidence, Consensus.votes)
    query = query.join(Item, Item.id == Consensus.item_id).where(Consensus.votes > 0)
    rows = [] if run is None else session.execute(query.where(Consensus.run_id == run.id)).all()
    return Labels(
        method,
        np.array([truth[key] == label for key, label, _, _ in rows], dtype=bool),
        np.array([confidence for _, _, confidence, _ in rows], dtype=np.float64),
        np.array([votes for *_, votes in rows], dtype=np.int64),
    )


def calibration(labels: Labels) -> tuple[Bin, ...]:
    """Sort labels into bins of confidence; empty bins are left out."""
    place = np.clip(np.digitize(labels.confidence, EDGES) - 1, 0, len(EDGES) - 2)
    inside = [place == number for number in range(len(EDGES) - 1)]
    return tuple(
        Bin(int(chosen.sum()), float(labels.confidence[chosen].mean()), float(labels.right[chosen].mean()))
        for chosen in inside
        if chosen.any()
    )


def workers(session: Session, project: Project, crew: Sequence[Person]) -> tuple[WorkerRow, ...]:
    """Return everyone who answered, in the order of their names."""
    known = {person.name: person for person in crew}
    return tuple(
        _worker_row(known[seen.worker.name], seen)
        for seen in sorted(pool.summaries(session, project), key=lambda seen: seen.worker.name)
    )


def caught(rows: Sequence[WorkerRow], *kinds: str) -> tuple[int, int]:
    """Return how many of these kinds were kept out, and how many of them there are."""
    among = [row for row in rows if row.kind in kinds]
    return sum(row.verdict is not None for row in among), len(among)


def gold_answers(session: Session, project: Project) -> int:
    """Count the answers that were bought to check workers."""
    query = select(func.count()).select_from(Answer).join(Slot, Slot.id == Answer.slot_id)
    return session.scalar(query.where(Answer.project_id == project.id, Slot.gold_id.is_not(None))) or 0


def kept_out(session: Session, project: Project) -> int:
    """Count the workers who are suspended or banned."""
    query = select(func.count(Restriction.worker_id.distinct())).where(Restriction.project_id == project.id)
    return session.scalar(query.where(Restriction.lifted_at.is_(None))) or 0


def disputes(session: Session, project: Project, truth: Truth, *, most: int) -> tuple[Dispute, ...]:
    """Return the items whose label is least sure, the worst first."""
    run = conclude.latest_run(session, project)
    if run is None:
        return ()
    names = projects.labels(session, project).labels
    read = set(frames.unpack_ids(session.get_one(AnswerSet, run.answer_set_id).ids).tolist())
    query = select(Item, Consensus).join(Consensus, Consensus.item_id == Item.id)
    query = query.where(Consensus.run_id == run.id).order_by(Consensus.confidence, Item.id).limit(most)
    return tuple(
        Dispute(
            key=item.key,
            payload=item.payload,
            truth=truth[item.key],
            label=found.label,
            posterior=_best(names, found.posterior),
            said=_said(session, item, read),
        )
        for item, found in session.execute(query)
    )


def _best(names: Sequence[str], posterior: Sequence[float], most: int = 3) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(zip(names, posterior, strict=True), key=lambda pair: -pair[1])[:most])


def _said(session: Session, item: Item, read: Container[int]) -> tuple[str, ...]:
    """Return what people said of an item, the most frequent first, without answers that were set aside."""
    query = select(Answer.id, Answer.value).where(Answer.item_id == item.id).order_by(Answer.id)
    said = Counter(value for answer_id, value in session.execute(query) if answer_id in read)
    return tuple(label for label, count in said.most_common() for _ in range(count))


def _worker_row(person: Person, seen: pool.WorkerSummary) -> WorkerRow:
    estimate = seen.skill
    return WorkerRow(
        name=person.name,
        kind=person.kind,
        accuracy=float(person.matrix.diagonal().mean()),
        answers=seen.answers,
        graded=seen.graded,
        correct=seen.correct,
        skill=None if estimate is None else (estimate.value, estimate.low, estimate.high),
        verdict=seen.restriction.kind if seen.restriction else None,
    )
