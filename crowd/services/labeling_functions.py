"""Labeling functions over a project's items: what they say, how good they are, and as evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from aggregation.answers import Codes
from aggregation.functions import Block, weigh
from aggregation.registry import aggregate
from crowd import frames
from crowd.errors import Conflict
from crowd.learning import functions as rules
from crowd.learning.functions import LabelingFunction
from crowd.models import Item, PredictionSet, Project
from crowd.services import predict
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES
from workers.skill import skill

LINEAGE = "functions"


@dataclass(frozen=True, slots=True)
class Row:
    """How one function does; shares are of all items, accuracy is against people, with a 90 % interval."""

    name: str
    coverage: float
    overlap: float
    conflict: float
    judged: int  # items with answers that it speaks about
    accuracy: float | None  # None: people have answered none of them
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What the functions do, one by one and together; `stored` where it was kept as predictions."""

    rows: tuple[Row, ...]
    items: int
    spoken: int  # items that at least one of them speaks about
    share: float  # of what they say together; less than 1 where they repeat each other
    stored: PredictionSet | None


def apply(
    session: Session, project: Project, chosen: Sequence[LabelingFunction], *, keep: bool, now: datetime
) -> Applied:
    """Run the functions over all items and weigh them by what people say; store it where `keep` says so.

    Stored, they are the newest version of one lineage, heard beside people as far as they prove right.
    """
    if not TASK_TYPES[project.task_type].is_categorical:
        raise Conflict(f"labeling functions name labels; answers of a {project.task_type} project are none")
    labels = projects.labels(session, project).labels
    query = select(Item.id, Item.key, Item.payload).where(Item.project_id == project.id).order_by(Item.id)
    rows = session.execute(query).all()
    votes = rules.run(chosen, [row.payload for row in rows], labels)
    block = _weighed(session, project, labels, [row.id for row in rows], votes)
    heard = np.flatnonzero(~np.isnan(block.probabilities).any(axis=1)).tolist()
    stored = None
    if keep and heard:
        stored = predict.upload(
            session,
            project,
            model_version=_version(block),
            labels=labels,
            keys=[rows[place].key for place in heard],
            probabilities=block.probabilities[heard],
            lineage=LINEAGE,
            now=now,
        )
    measured = tuple(_row(block, place, each.name, len(labels)) for place, each in enumerate(chosen))
    return Applied(measured, len(rows), len(heard), block.share, stored)


def _weighed(
    session: Session, project: Project, labels: Sequence[str], item_ids: Sequence[int], votes: Codes
) -> Block:
    """Hold the votes against what people say, without any machine."""
    frame = frames.read_answers(session, project, labels)
    gold = frames.by_name(frames.read_gold(session, project))
    people = aggregate(frame.answers, project.method, gold=gold, **project.method_parameters)
    place = {item_id: number for number, item_id in enumerate(item_ids)}
    posterior = np.full((len(item_ids), len(labels)), 1.0 / len(labels))
    answered = np.zeros(len(item_ids), dtype=bool)
    rows = [place[item_id] for item_id in frame.item_ids.tolist()]
    posterior[rows], answered[rows] = people.posterior, True
    return weigh(votes, posterior, answered)


def _row(block: Block, place: int, name: str, labels: int) -> Row:
    judged = int(block.judged[place])
    found = skill(float(block.right[place]), judged, chance=1 / max(labels, 2)) if judged else None
    return Row(
        name,
        float(block.coverage[place]),
        float(block.overlap[place]),
        float(block.conflict[place]),
        judged,
        float(block.right[place]) / judged if judged else None,
        found.low if found else None,
        found.high if found else None,
    )


def _version(block: Block) -> str:
    content = np.nan_to_num(block.probabilities.round(predict.DIGITS), nan=-1.0)
    return f"{LINEAGE}@{hashlib.sha256(content.tobytes()).hexdigest()[:12]}"
