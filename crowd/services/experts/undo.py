"""What followed from an error in the gold is undone: grades, skills, bans, answers set aside, labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import (
    Answer,
    AnswerFlag,
    Example,
    Item,
    Project,
    Restriction,
    Rule,
    Slot,
    TrainingSet,
    TrainingSetVersion,
    Worker,
)
from crowd.models.conditions import in_force
from crowd.services import audit, conclude, grade, locks, merge, pay
from crowd.services.rules import after_correction
from crowd.services.trust import reinstate, standings, watch


@dataclass(frozen=True, slots=True)
class Change:
    """One label of a training-set version that is known otherwise now."""

    item: str
    was: str
    now: str | None  # None: not sure any more


@dataclass(frozen=True, slots=True)
class Affected:
    """A training-set version, and its labels that are known otherwise now."""

    name: str
    number: int
    changes: tuple[Change, ...]


class Undone(TypedDict):
    """What a replay changed; the names are those of `Correction`."""

    regraded: int
    workers: tuple[str, ...]
    lifted: tuple[int, ...]
    restricted: tuple[int, ...]
    reinstated: int
    relabeled: tuple[Change, ...]
    versions: tuple[Affected, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrected or retired gold changed."""

    item: str
    was: str
    label: str | None  # None: it is known no longer
    gold_id: int
    regraded: int  # answers
    workers: tuple[str, ...]  # whose skill was estimated anew, by pseudonym
    lifted: tuple[int, ...]  # restrictions that do not hold any more
    restricted: tuple[int, ...]  # and new ones
    reinstated: int  # answers that count again
    relabeled: tuple[Change, ...]  # items whose label is another now
    versions: tuple[Affected, ...]  # training-set versions that hold labels known otherwise now

    def counts(self) -> dict[str, Any]:
        """Return how much of each there was, for the audit chain."""
        return {
            "regraded": self.regraded,
            "lifted": list(self.lifted),
            "restricted": list(self.restricted),
            "reinstated": self.reinstated,
            "relabeled": len(self.relabeled),
            "versions": [f"{version.name}:{version.number}" for version in self.versions],
        }


def known(session: Session, project: Project) -> dict[int, str]:
    """Return the labels the project knows now, by item."""
    return {row.item_id: row.label for row in merge.candidates(session, project)}


def answered(session: Session, item: Item) -> list[int]:
    """Return the workers whose answers to this item were asked as gold."""
    query = select(Slot.worker_id).where(Slot.item_id == item.id, Slot.gold_id.is_not(None))
    return list(session.scalars(query.distinct().order_by(Slot.worker_id)))


def replay(
    session: Session,
    project: Project,
    workers: Collection[int],
    before: Mapping[int, str],
    *,
    cause: str,
    reviewer: str,
    now: datetime,
) -> Undone:
    """Grade, judge and conclude anew with the gold in force; undo what does not hold any more.

    Args:
        session: In a transaction that has the project's step.
        project: The project.
        workers: Whose grades the change of gold concerns.
        before: What was known before it, see `known`.
        cause: What names the change, once ever.
        reviewer: Who made it.
        now: When.
    """
    graded = grade.grade(session, project, also=sorted(workers), now=now)
    lifted = _lift(session, project, workers, cause, reviewer, now)
    back = _excluded_with(session, project, lifted)
    reinstated = reinstate.answers(session, project, [row[0] for row in back], reason=cause, now=now)
    _take_back(session, project, Counter(item for _, item in back), cause, now)
    if _has_answers(session, project):
        conclude.conclude_all(session, project, now=now)
    changed = _changed(session, project, before)
    return Undone(
        regraded=graded.grades,
        workers=_pseudonyms(session, workers),
        lifted=tuple(row.id for row in lifted),
        restricted=tuple(row.id for row in graded.restricted),
        reinstated=reinstated,
        relabeled=tuple(changed.values()),
        versions=_affected(session, project, changed),
    )


def _lift(
    session: Session,
    project: Project,
    workers: Collection[int],
    cause: str,
    reviewer: str,
    now: datetime,
) -> list[Restriction]:
    """End the suspensions and bans that the test on gold, or a rule about gold, would not give now."""
    over = _over(session, project, workers, now)
    for row in over:
        row.lifted_at = now
        row.facts = {**row.facts, watch.UNDONE: cause}
        worker = session.get_one(Worker, row.worker_id)
        audit.record(
            session,
            requester_id=project.requester_id,
            project_id=project.id,
            actor=reviewer,
            action="worker.lift",
            subject=f"worker:{worker.pseudonym}",
            details={"restriction": row.id, "because": cause},
            now=now,
        )
    session.flush()
    return over


def _over(session: Session, project: Project, workers: Collection[int], now: datetime) -> list[Restriction]:
    query = select(Restriction).where(
        Restriction.worker_id.in_(list(workers)),
        or_(Restriction.project_id == project.id, Restriction.project_id.is_(None)),
        in_force(now),
    )
    rows = list(session.scalars(query.order_by(Restriction.id)))
    ruled = after_correction.on_gold(session, project, rows)
    ours = [row for row in rows if watch.is_ours(row) and row.project_id is not None]
    concerned = sorted({row.worker_id for row in rows if row in ours or _on_spam(ruled.get(row.id))})
    verdicts = watch.verdicts(session, project, concerned)
    for worker_id, judgement in verdicts.items():  # the test does not look again at who is kept out
        standings.note(session, project.id, worker_id, spam=round(judgement.llr, 3))
    over = {row.id for row in ours if watch.is_over(row, verdicts[row.worker_id])}
    for row in rows:
        rule = ruled.get(row.id)
        if rule and not after_correction.holds(session, project, rule, row.worker_id, now=now):
            over.add(row.id)
    return [row for row in rows if row.id in over]


def _on_spam(row: Rule | None) -> bool:
    return row is not None and row.body["collect"] == "spam"


def _excluded_with(
    session: Session, project: Project, lifted: Sequence[Restriction]
) -> list[tuple[int, int | None]]:
    """Return the answers set aside with these bans, each with its item (None where it was gold)."""
    newest = reinstate.excluded(project)
    found: list[tuple[int, int | None]] = []
    for row in lifted:
        query = (
            select(Answer.id, Slot.item_id, Slot.gold_id)
            .join(Slot, Slot.id == Answer.slot_id)
            .join(AnswerFlag, AnswerFlag.answer_id == Answer.id)
            .where(Answer.worker_id == row.worker_id, Answer.project_id == project.id)
            .where(AnswerFlag.kind == "excluded", AnswerFlag.reason == row.reason, Answer.id.in_(newest))
            .distinct()
        )
        for answer_id, item_id, gold_id in session.execute(query.order_by(Answer.id)):
            found.append((answer_id, item_id if gold_id is None else None))
    return found


def _take_back(
    session: Session, project: Project, answers: Counter[int | None], cause: str, now: datetime
) -> None:
    """Close, for answers that count again, the places opened in their stead that nobody has taken."""
    items = {item_id: n for item_id, n in answers.items() if item_id is not None}
    locks.items(session, list(items))
    amount = 0
    for some in chunks(sorted(items)):
        query = select(Item.id, Item.open, Item.handed_over).where(Item.id.in_(some), Item.open > 0)
        for item_id, places, handed_over in session.execute(query).all():
            back = min(places, items[item_id])
            amount += back * project.price_of(handed_over=handed_over)
            statement = update(Item).where(Item.id == item_id)
            session.execute(
                statement.values(open=places - back, wanted=Item.wanted - back, claimable=places > back),
                execution_options={"synchronize_session": False},
            )
    pay.void(session, project.id, amount, key=f"undo:{cause}", now=now)


def _has_answers(session: Session, project: Project) -> bool:
    return session.scalar(select(Answer.id).where(Answer.project_id == project.id).limit(1)) is not None


def _changed(session: Session, project: Project, before: Mapping[int, str]) -> dict[int, Change]:
    """Return the items whose label is another than before, or not known any more."""
    after = known(session, project)
    differing = [item_id for item_id, label in before.items() if after.get(item_id) != label]
    keys: dict[int, str] = {}
    for some in chunks(differing):
        query = select(Item.id, Item.key).where(Item.id.in_(some))
        keys.update({item_id: key for item_id, key in session.execute(query)})
    return {item_id: Change(keys[item_id], before[item_id], after.get(item_id)) for item_id in differing}


def _affected(session: Session, project: Project, changed: Mapping[int, Change]) -> tuple[Affected, ...]:
    """Return the training-set versions that say otherwise of these items, with what differs."""
    differing: dict[tuple[str, int], list[Change]] = defaultdict(list)
    for some in chunks(sorted(changed)):
        query = (
            select(TrainingSet.name, TrainingSetVersion.number, Example.item_id, Example.label)
            .join(TrainingSetVersion, TrainingSetVersion.training_set_id == TrainingSet.id)
            .join(Example, Example.version_id == TrainingSetVersion.id)
            .where(TrainingSet.project_id == project.id, Example.item_id.in_(some))
            .order_by(TrainingSet.name, TrainingSetVersion.number, Example.id)
        )
        for name, number, item_id, label in session.execute(query):
            change = changed[item_id]
            if label != change.now:
                differing[name, number].append(Change(change.item, label, change.now))
    return tuple(Affected(*version, tuple(rows)) for version, rows in sorted(differing.items()))


def _pseudonyms(session: Session, workers: Collection[int]) -> tuple[str, ...]:
    query = select(Worker.pseudonym).where(Worker.id.in_(list(workers))).order_by(Worker.id)
    return tuple(session.scalars(query))
