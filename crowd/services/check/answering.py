"""Invariants of answers: none doubled, none lost, gold apart."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from crowd.models import (
    Answer,
    Assignment,
    Example,
    Gold,
    Item,
    LabelSet,
    Project,
    Skip,
    Slot,
    TrainingSetVersion,
)
from crowd.services.check import citations
from crowd.services.check.invariant import invariant, lines, within
from crowd.task_types import CATEGORICAL

ANSWERED = ("done", "void")


@invariant(3, "a slot has at most one answer, and only one that was filled has any")
def one_answer_per_slot(session: Session, project_id: int | None) -> Iterator[str]:
    """Find slots answered twice, and answers to slots that were never filled."""
    doubled = (
        select(Answer.slot_id, func.count().label("answers"))
        .where(within(Answer.project_id, project_id))
        .group_by(Answer.slot_id)
        .having(func.count() > 1)
        .order_by(Answer.slot_id)
    )
    yield from lines(session, doubled, "slot {slot_id}: has {answers} answers")
    unfilled = (
        select(Answer.id, Answer.slot_id, Slot.state)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(within(Answer.project_id, project_id), Slot.state.not_in(ANSWERED))
        .order_by(Answer.id)
    )
    yield from lines(session, unfilled, "answer {id}: its slot {slot_id} is {state}")


@invariant(12, "work that was handed in says when and what, so that a repeat is recognised")
def repeats_are_recognised(session: Session, project_id: int | None) -> Iterator[str]:
    """Find submitted assignments without time or digest, and others with one."""
    stamped = and_(Assignment.submitted_at.is_not(None), Assignment.submission_digest.is_not(None))
    bare = and_(Assignment.submitted_at.is_(None), Assignment.submission_digest.is_(None))
    query = (
        select(Assignment.id, Assignment.work)
        .where(within(Assignment.project_id, project_id))
        .where(~case((Assignment.work == "submitted", stamped), else_=bare))
        .order_by(Assignment.id)
    )
    return lines(
        session, query, "assignment {id}: {work}, which its time and digest of submission contradict"
    )


@invariant(13, "every answer names its slot's item and worker, and a value of its label set")
def answers_agree(session: Session, project_id: int | None) -> Iterator[str]:
    """Find answers and skips that contradict their slot, and values that were not on offer."""
    query = (
        select(Answer.id, Answer.slot_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(within(Answer.project_id, project_id))
        .where(or_(Answer.item_id != Slot.item_id, Answer.worker_id != Slot.worker_id))
        .order_by(Answer.id)
    )
    yield from lines(session, query, "answer {id}: another item or worker than its slot {slot_id}")
    skipped = (
        select(Skip.id, Skip.slot_id)
        .join(Slot, Slot.id == Skip.slot_id)
        .where(within(Skip.project_id, project_id))
        .where(or_(Skip.item_id != Slot.item_id, Skip.worker_id != Slot.worker_id, Slot.state != "skipped"))
        .order_by(Skip.id)
    )
    yield from lines(session, skipped, "skip {id}: contradicts its slot {slot_id}")
    foreign = (
        select(Answer.label_set_id, func.min(Answer.id).label("first"))
        .outerjoin(
            LabelSet, and_(LabelSet.id == Answer.label_set_id, LabelSet.project_id == Answer.project_id)
        )
        .where(within(Answer.project_id, project_id), LabelSet.id.is_(None))
        .group_by(Answer.label_set_id)
        .order_by(Answer.label_set_id)
    )
    yield from lines(session, foreign, "answer {first}: label set {label_set_id} is not its project's")
    yield from _strange_values(session, project_id)


@invariant(15, "no submission disappears: every slot that was filled has its answer, every skip its reason")
def nothing_lost(session: Session, project_id: int | None) -> Iterator[str]:
    """Find filled slots without an answer, and skipped ones without a reason."""
    query = (
        select(Slot.id, Slot.state)
        .outerjoin(Answer, Answer.slot_id == Slot.id)
        .where(within(Slot.project_id, project_id), Slot.state.in_(ANSWERED), Answer.id.is_(None))
        .order_by(Slot.id)
    )
    yield from lines(session, query, "slot {id}: {state}, but has no answer")
    skipped = (
        select(Slot.id)
        .outerjoin(Skip, Skip.slot_id == Slot.id)
        .where(within(Slot.project_id, project_id), Slot.state == "skipped", Skip.id.is_(None))
        .order_by(Slot.id)
    )
    yield from lines(session, skipped, "slot {id}: skipped, but nobody said why")


@invariant(17, "gold is never asked for its own sake and never becomes a label by consensus")
def gold_apart(session: Session, project_id: int | None) -> Iterator[str]:
    """Find gold with places, slots that mistake gold, and examples that rest on answers to gold."""
    yield from _quizzes(session, project_id)
    mine = within(Item.project_id, project_id)
    # Answers given before it became gold stay its own, so `wanted` may count some.
    asked = select(Item.id).where(mine, Item.state == "gold", Item.open != 0)
    yield from lines(session, asked.order_by(Item.id), "item {id}: gold, but answers to it are wanted")
    unmarked = (
        select(Gold.id, Gold.item_id)
        .join(Item, Item.id == Gold.item_id)
        .where(mine, Gold.retired_at.is_(None), Gold.use != "told", Item.state != "gold")
        .order_by(Gold.id)
    )
    yield from lines(session, unmarked, "gold {id}: its item {item_id} is asked like any other")
    confused = (
        select(Slot.id, Slot.gold_id)
        .join(Gold, Gold.id == Slot.gold_id)
        .where(within(Slot.project_id, project_id), Slot.item_id != Gold.item_id)
        .order_by(Slot.id)
    )
    yield from lines(session, confused, "slot {id}: on another item than its gold {gold_id}")
    yield from _gold_in_examples(session, project_id)


@invariant(37, "a page is handed in, given back or expired as a whole")
def whole_or_not_at_all(session: Session, project_id: int | None) -> Iterator[str]:
    """Find slots whose state is not that of their page."""
    expected = case(
        (and_(Assignment.work == "submitted", Slot.state == "skipped"), "skipped"),
        (Assignment.work == "submitted", "done"),
        (Assignment.work == "assigned", "leased"),
        else_=Assignment.work,
    )
    # A leased slot under a page that has ended is another invariant's.
    query = (
        select(Slot.id, Slot.state, Slot.assignment_id, Assignment.work)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(within(Slot.project_id, project_id), Slot.state != "leased")
        .where(case((Slot.state == "void", "done"), else_=Slot.state) != expected)
        .order_by(Slot.id)
    )
    return lines(session, query, "slot {id}: {state}, but its assignment {assignment_id} is {work}")


def _quizzes(session: Session, project_id: int | None) -> Iterator[str]:
    on_quiz = and_(within(Assignment.project_id, project_id), Assignment.kind.in_(("quiz", "training")))
    asked = (
        select(Slot.id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(on_quiz, Slot.gold_id.is_(None))
        .order_by(Slot.id)
    )
    yield from lines(session, asked, "slot {id}: on a quiz or in training, but no gold")
    paid = select(Assignment.id).where(
        on_quiz, or_(Assignment.amount_micros != 0, Assignment.gold_micros != 0)
    )
    yield from lines(session, paid.order_by(Assignment.id), "assignment {id}: a quiz or training, but paid")


def _strange_values(session: Session, project_id: int | None) -> Iterator[str]:
    offered = {row.id: set(row.labels) for row in session.execute(select(LabelSet.id, LabelSet.labels))}
    # Grouped: a million answers have a handful of distinct values.
    query = (
        select(Answer.label_set_id, Answer.value, func.min(Answer.id).label("first"), func.count().label("n"))
        .join(Project, Project.id == Answer.project_id)
        .where(within(Answer.project_id, project_id), Project.task_type.in_(CATEGORICAL))
        .group_by(Answer.label_set_id, Answer.value)
        .order_by(func.min(Answer.id))
    )
    for row in session.execute(query):
        if row.value not in offered.get(row.label_set_id, ()):
            more = f" (and {row.n - 1} more)" if row.n > 1 else ""
            yield f"answer {row.first}{more}: its value is not in label set {row.label_set_id}"


def _gold_in_examples(session: Session, project_id: int | None) -> Iterator[str]:
    mine = and_(citations.of_project(project_id), Example.source == "consensus")
    was_gold = exists().where(  # when it was frozen
        Gold.item_id == Example.item_id,
        Gold.created_at < TrainingSetVersion.created_at,
        or_(Gold.retired_at.is_(None), Gold.retired_at > TrainingSetVersion.created_at),
    )
    on_gold = (
        select(Example.id, Example.item_id)
        .join(TrainingSetVersion, TrainingSetVersion.id == Example.version_id)
        .where(mine, was_gold)
        .order_by(Example.id)
    )
    yield from lines(session, on_gold, "example {id}: concluded, though item {item_id} is gold")
    cited, answer_id = citations.answers(session)
    resting = (
        select(Example.id, Answer.id.label("answer"))
        .select_from(Example)
        .join(cited, citations.ALL)
        .join(Answer, Answer.id == answer_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(mine, Slot.gold_id.is_not(None))
        .order_by(Example.id)
    )
    yield from lines(session, resting, "example {id}: rests on answer {answer}, which was given to gold")
