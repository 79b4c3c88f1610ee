"""Invariants of what comes out: runs can be repeated, versions are frozen, people stay unnamed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import groupby

import numpy as np
from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from crowd import columns, frames
from crowd.columns import Ids
from crowd.models import (
    Answer,
    AnswerBlock,
    AnswerSet,
    Consensus,
    ConsensusRun,
    Example,
    Gold,
    Item,
    LabelSet,
    PredictionSet,
    Project,
    TrainingSet,
    TrainingSetVersion,
    Worker,
)
from crowd.services import conclude, merge
from crowd.services.check import citations
from crowd.services.check.invariant import Rows, invariant, lines, within
from crowd.services.setup import label_sets
from crowd.task_types import CATEGORICAL

PAGE = 5000


@invariant(28, "every consensus run read exactly the answers its digest names, and concluded labels on offer")
def runs_repeatable(session: Session, project_id: int | None) -> Iterator[str]:
    """Find answer sets that are not what they say, and concluded labels outside the label set."""
    query = select(AnswerSet).where(within(AnswerSet.project_id, project_id))
    sets = session.scalars(query.order_by(AnswerSet.project_id, AnswerSet.id).execution_options(yield_per=1))
    for owner, of_project in groupby(sets, key=lambda found: found.project_id):
        known = _answer_ids(session, owner)
        for answer_set in of_project:
            if fault := _fault(answer_set, known):
                yield f"answer set {answer_set.id}: {fault}"
    yield from _wrong_blocks(session, project_id)
    yield from _misnamed_runs(session, project_id)
    yield from _strange_items(session, project_id)
    yield from _strange_labels(session, project_id)


@invariant(30, "a training-set version holds the content its hash names, and every row its source")
def versions_frozen(session: Session, project_id: int | None) -> Iterator[str]:
    """Find versions whose rows have changed, and rows that their source contradicts."""
    query = select(TrainingSetVersion).join(TrainingSet).where(within(TrainingSet.project_id, project_id))
    for version in session.scalars(query.order_by(TrainingSetVersion.id)):
        rows = _rows(session, version)
        if len(rows) != version.size:
            yield f"training-set version {version.id}: {len(rows)} examples instead of {version.size}"
        elif merge.content_hash(rows) != version.content_hash:
            yield f"training-set version {version.id}: its content does not have its hash"
    yield from lines(session, _unfounded(project_id), "example {id}: its {source} says something else")
    yield from lines(
        session, _miscited(session, project_id), "example {id}: cites answer {cited} to another item"
    )


@invariant(33, "examples name their workers by pseudonym only, one for each answer")
def pseudonyms_only(session: Session, project_id: int | None) -> Iterator[str]:
    """Find examples that name somebody who is not a pseudonym, and pseudonyms that give the name away."""
    telling = select(Worker.id).where(Worker.pseudonym == Worker.name).order_by(Worker.id)
    yield from lines(session, telling, "worker {id}: the pseudonym is the name")
    mine = citations.of_project(project_id)
    named, name = citations.workers(session)
    unknown = (
        select(Example.id)
        .select_from(Example)
        .join(named, citations.ALL)
        .outerjoin(Worker, Worker.pseudonym == name)
        .where(mine, Worker.id.is_(None))
        .order_by(Example.id)
    )
    yield from lines(session, unknown, "example {id}: names a worker who is no pseudonym")
    counts = func.json_array_length(Example.workers), func.json_array_length(Example.answers)
    uneven = select(Example.id).where(mine, counts[0] != counts[1]).order_by(Example.id)
    yield from lines(session, uneven, "example {id}: not one worker for each answer")


def _answer_ids(session: Session, project_id: int) -> Ids:
    ids = session.scalars(select(Answer.id).where(Answer.project_id == project_id).order_by(Answer.id))
    return np.fromiter(ids, dtype=np.int64)


def _fault(answer_set: AnswerSet, known: Ids) -> str | None:
    try:
        ids = frames.unpack_ids(answer_set.ids)
    except (zlib.error, ValueError):
        return "its ids cannot be read"
    if frames.digest_ids(ids) != answer_set.digest:
        return "its ids do not have its digest"
    if ids.size != answer_set.size or np.any(np.diff(ids) <= 0):
        return f"its ids are not {answer_set.size} different ones in order"
    if not np.isin(ids, known, assume_unique=True).all():
        return "it names answers that are not in its project"
    return None


def _wrong_blocks(session: Session, project_id: int | None) -> Iterator[str]:
    """Find projects whose runs would read something else from blocks than from the answers themselves."""
    blocked = select(AnswerBlock.project_id).where(within(AnswerBlock.project_id, project_id)).distinct()
    for project in session.scalars(select(Project).where(Project.id.in_(blocked)).order_by(Project.id)):
        labels = label_sets.current(session, project).labels
        kept, stored = columns.kept(session, project, labels)
        if not np.array_equal(kept, stored):
            yield f"project {project.id}: its answer blocks hold something else than its answers"


def _misnamed_runs(session: Session, project_id: int | None) -> Iterator[str]:
    """Find runs whose key is not that of the answers, gold, labels, method and so on that they name."""
    predictions = select(PredictionSet.project_id, PredictionSet.model_version, PredictionSet.digest)
    digests = {(project, version): digest for project, version, digest in session.execute(predictions)}
    gold = {row.id: row for row in session.scalars(select(Gold).where(within(Gold.project_id, project_id)))}
    query = (
        select(ConsensusRun, AnswerSet.digest, LabelSet)
        .join(AnswerSet, AnswerSet.id == ConsensusRun.answer_set_id)
        .join(LabelSet, LabelSet.id == ConsensusRun.label_set_id)
        .where(within(ConsensusRun.project_id, project_id))
        .order_by(ConsensusRun.id)
    )
    for run, digest, label_set in session.execute(query):
        known = {
            gold[number].item_id: gold[number].label for number in frames.unpack_ids(run.gold_ids).tolist()
        }
        heard = {
            lineage: digests.get((run.project_id, source["version"]), "")
            for lineage, source in (run.evidence or {"sources": {}})["sources"].items()
        }
        if conclude.run_key(digest, known, label_set, run.method, run.parameters, heard) != run.key:
            yield f"consensus run {run.id}: it does not have its key"


def _strange_items(session: Session, project_id: int | None) -> Iterator[str]:
    astray = or_(ConsensusRun.id.is_(None), ConsensusRun.project_id.is_distinct_from(Item.project_id))
    query = (
        select(Consensus.run_id, func.count().label("n"))
        .outerjoin(ConsensusRun, ConsensusRun.id == Consensus.run_id)
        .outerjoin(Item, Item.id == Consensus.item_id)
        .where(within(ConsensusRun.project_id, project_id), astray)
        .group_by(Consensus.run_id)
        .order_by(Consensus.run_id)
    )
    yield from lines(session, query, "consensus run {run_id}: {n} labels are of no item of its project")


def _strange_labels(session: Session, project_id: int | None) -> Iterator[str]:
    offered = {row.id: set(row.labels) for row in session.execute(select(LabelSet.id, LabelSet.labels))}
    query = (
        select(Consensus.run_id, Consensus.label, ConsensusRun.label_set_id, func.count().label("n"))
        .join(ConsensusRun, ConsensusRun.id == Consensus.run_id)
        .join(Project, Project.id == ConsensusRun.project_id)
        .where(within(ConsensusRun.project_id, project_id), Project.task_type.in_(CATEGORICAL))
        .group_by(Consensus.run_id, Consensus.label, ConsensusRun.label_set_id)
        .order_by(Consensus.run_id)
    )
    for row in session.execute(query):
        if row.label not in offered.get(row.label_set_id, ()):
            yield f"consensus run {row.run_id}: {row.n} labels are not in label set {row.label_set_id}"


def _rows(session: Session, version: TrainingSetVersion) -> list[merge.Candidate]:
    columns = (Item.id, Item.key, Item.payload_digest, Example.label, Example.confidence, Example.source)
    query = select(*columns).join(Example, Example.item_id == Item.id).where(Example.version_id == version.id)
    return [merge.Candidate(*row) for row in session.execute(query.execution_options(yield_per=PAGE))]


def _unfounded(project_id: int | None) -> Rows:
    concluded = and_(Consensus.label == Example.label, Consensus.confidence == Example.confidence)
    of_run = and_(Consensus.run_id == Example.run_id, Consensus.item_id == Example.item_id)
    known = and_(Gold.item_id == Example.item_id, Gold.label == Example.label)
    founded = or_(and_(Example.source == "consensus", concluded), and_(Example.source == "gold", known))
    return (
        select(Example.id, Example.source)
        .outerjoin(Consensus, of_run)
        .outerjoin(Gold, Gold.id == Example.gold_id)
        .where(citations.of_project(project_id), func.coalesce(founded, false()).is_(false()))
        .order_by(Example.id)
    )


def _miscited(session: Session, project_id: int | None) -> Rows:
    table, answer_id = citations.answers(session)
    return (
        select(Example.id, answer_id.label("cited"))
        .select_from(Example)
        .join(table, citations.ALL)
        .outerjoin(Answer, Answer.id == answer_id)
        .where(citations.of_project(project_id))
        .where(or_(Answer.id.is_(None), Answer.item_id != Example.item_id))
        .order_by(Example.id)
    )
