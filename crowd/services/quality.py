"""What the workers of a project are worth, and how far they agree: from what is stored, without a new fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from aggregation.answers import Answers
from crowd import frames
from crowd.db import chunks
from crowd.errors import Conflict
from crowd.frames import AnswerFrame
from crowd.models import Consensus, ConsensusRun, LabelSet, Project, Worker
from crowd.services import conclude
from crowd.services.setup import projects
from crowd.tables.costs import Costs, cost_table
from crowd.task_types import TASK_TYPES
from qc.agreement import Agreement, Tally, fleiss_kappa, krippendorff_alpha, pairwise_agreement, with_interval
from workers.quality import Measure, quality_of

ORDERED = frozenset({"rating"})
ABSENT = (None, "null")  # of JSON in a column


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WorkerQuality:
    """What the answers of one worker tell; see `workers.quality`."""

    worker: str
    answers: int
    informedness: Estimate
    information: Estimate
    cost: Estimate | None
    matrix: dict[str, dict[str, float]]  # true label -> answer -> probability


@dataclass(frozen=True, slots=True)
class Report:
    """How far workers agree, and what each is worth, the best first."""

    pairwise: float | None
    alpha: Estimate | None
    fleiss: Estimate | None
    level: str  # of alpha: nominal, or ordinal where labels are steps of a scale
    workers: tuple[WorkerQuality, ...]


def report(session: Session, project: Project, *, costs: Costs | None = None) -> Report:
    """Measure the workers of a project against what people say together, gold where it is known.

    Raises:
        Conflict: The answers of this task type are no labels.
        Unprocessable: The costs name a label that is not in the set.
    """
    if not TASK_TYPES[project.task_type].is_categorical:
        raise Conflict(
            f"answers of a {project.task_type} project are no labels; measures of workers need them"
        )
    label_set = projects.labels(session, project)
    frame = frames.read_answers(session, project, label_set.labels)
    rng = np.random.default_rng(project.seed)
    level = "ordinal" if project.task_type in ORDERED else "nominal"
    return Report(
        *_agreement(frame.answers, level, rng),
        level,
        _workers(session, project, label_set, frame, costs, rng),
    )


def measured(session: Session, project: Project) -> dict[int, WorkerQuality]:
    """Measure the workers of a project as `report` does, by their ids; nobody where answers are no labels."""
    if not TASK_TYPES[project.task_type].is_categorical:
        return {}
    label_set = projects.labels(session, project)
    frame = frames.read_answers(session, project, label_set.labels)
    rng = np.random.default_rng(project.seed)
    ids = dict(zip(_names(session, frame), frame.worker_ids.tolist(), strict=True))
    return {ids[row.worker]: row for row in _workers(session, project, label_set, frame, None, rng)}


def _agreement(
    answers: Answers, level: str, rng: np.random.Generator
) -> tuple[float | None, Estimate | None, Estimate | None]:
    if not len(answers):
        return None, None, None

    def alpha(some: Tally) -> float:
        return krippendorff_alpha(some, level="ordinal" if level == "ordinal" else "nominal")

    pairs = pairwise_agreement(answers)
    alphas, kappas = (with_interval(measure, answers, rng=rng) for measure in (alpha, fleiss_kappa))
    return (None if np.isnan(pairs) else pairs), _known(alphas), _known(kappas)


def _known(found: Agreement) -> Estimate | None:
    return None if np.isnan(found.value) else Estimate(found.value, found.low, found.high)


def _workers(
    session: Session,
    project: Project,
    label_set: LabelSet,
    frame: AnswerFrame,
    costs: Costs | None,
    rng: np.random.Generator,
) -> tuple[WorkerQuality, ...]:
    labels, answers = label_set.labels, frame.answers
    if len(labels) < 2 or not len(answers):
        return ()
    posterior = believed(session, project, frame, labels)
    table = None if costs is None else cost_table(costs, labels)
    found = quality_of(answers, posterior, rng=rng, costs=table)
    given = np.bincount(answers.worker, minlength=len(answers.workers)).tolist()
    measured = [
        WorkerQuality(
            name,
            given[place],
            _estimate(found.informedness, place),
            _estimate(found.information, place),
            None if found.cost is None else _estimate(found.cost, place),
            {
                truth: dict(zip(labels, row, strict=True))
                for truth, row in zip(labels, found.matrices[place].round(6).tolist(), strict=True)
            },
        )
        for place, name in enumerate(_names(session, frame))
    ]
    return tuple(sorted(measured, key=lambda worker: (-worker.information.value, worker.worker)))


def believed(
    session: Session, project: Project, frame: AnswerFrame, labels: list[str]
) -> NDArray[np.float64]:
    """Return (items, labels) what people say of each item; nan rows where the newest run says nothing."""
    place = {item_id: row for row, item_id in enumerate(frame.item_ids.tolist())}
    found = np.full((len(place), len(labels)), np.nan)
    run = conclude.latest_run(session, project)
    for ids, posteriors in _posteriors(session, run) if run else ():
        known = [
            (place[item_id], said)
            for item_id, said in zip(ids, posteriors, strict=True)
            if item_id in place and len(said) == len(labels)
        ]
        if known:
            at, rows = zip(*known, strict=True)
            found[list(at)] = rows
    for item_id, gold in frames.read_gold(session, project).items():
        if item_id in place:
            found[place[item_id]] = np.array([label == gold.label for label in labels], dtype=np.float64)
    return found


def _posteriors(session: Session, run: ConsensusRun) -> Iterator[tuple[list[int], list[list[float]]]]:
    """Yield items of a run, and what people alone say of each: read as one text, not row by row."""
    said, alone = cast(Consensus.posterior, Text), cast(Consensus.human_posterior, Text)
    query = select(Consensus.item_id, said, alone).where(Consensus.run_id == run.id)
    for rows in session.execute(query.execution_options(yield_per=frames.ROWS)).partitions():
        texts = ",".join(whole if people in ABSENT else people for _, whole, people in rows)
        yield [row[0] for row in rows], json.loads(f"[{texts}]")


def _names(session: Session, frame: AnswerFrame) -> list[str]:
    ids = frame.worker_ids.tolist()
    query = select(Worker.id, Worker.pseudonym)
    names = {
        worker_id: name
        for some in chunks(ids)
        for worker_id, name in session.execute(query.where(Worker.id.in_(some)))
    }
    return [names[worker_id] for worker_id in ids]


def _estimate(measure: Measure, place: int) -> Estimate:
    return Estimate(float(measure.value[place]), float(measure.low[place]), float(measure.high[place]))
