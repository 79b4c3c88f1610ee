"""Gold that looks wrong, and items that could be gold: found in what workers said, and put to a reviewer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, Case, Consensus, Gold, Grade, Item, Project, Skill, Slot
from crowd.services import cases, conclude, grade
from crowd.services.experts import gold_supply, golds
from crowd.services.setup import projects
from crowd.services.trust import reinstate, standings
from crowd.task_types import TASK_TYPES
from qc.gold_health import GoldAnswer, doubts

BY = "system:gold"
# What makes an item gold: how sure it is (with little gold nothing is ever much surer), and how many workers
# who are this good agree, all of them.
SURE, GOOD, FEWEST_GOOD = 0.95, 0.8, 3
MOST_CANDIDATES = 20  # open at a time


@dataclass(frozen=True, slots=True)
class Tended:
    """What became of a project's gold in one turn."""

    disputed: int = 0
    withheld: int = 0  # shown to as many as may see them
    candidates: int = 0
    promoted: int = 0
    warning: str | None = None


def tend(session: Session, project: Project, *, now: datetime) -> Tended:
    """Doubt gold, retire what too many have seen, and look for more where it is short."""
    disputed = demote(session, project, now=now)
    withheld = gold_supply.retire_exposed(session, project, now=now)
    supply = gold_supply.supply(session, project)
    policy, found = standings.policy_of(project), 0
    if supply.is_short and policy is not None and policy.promote != "never":
        found = promote(session, project, automatic=policy.promote == "automatic", now=now)
    is_automatic = policy is not None and policy.promote == "automatic"
    return Tended(
        disputed=len(disputed),
        withheld=withheld,
        candidates=0 if is_automatic else found,
        promoted=found if is_automatic else 0,
        warning=supply.warning,
    )


def demote(session: Session, project: Project, *, now: datetime) -> list[Case]:
    """Put gold that good workers contradict before a reviewer; until then nobody else is asked it."""
    labels = projects.labels(session, project).labels
    chance = 1 / len(labels) if TASK_TYPES[project.task_type].is_categorical else 0.0
    kept = set(session.scalars(_ruled(project, "gold_dispute", Case.gold_id)))
    opened: list[Case] = []
    for doubt in doubts(_graded(session, project), chance=chance):
        gold = session.get_one(Gold, doubt.gold)
        if gold.id in kept or gold.retired_because == golds.DISPUTED:
            continue
        facts = {"label": gold.label, **asdict(doubt)}
        case = cases.open_case(
            session,
            project,
            "gold_dispute",
            gold_id=gold.id,
            item_id=gold.item_id,
            facts=facts,
            value=doubt.against * doubt.answers,
            now=now,
        )
        if gold.use == "hidden":
            golds.withhold(session, project, gold, because=golds.DISPUTED, reviewer=BY, now=now)
        if case is not None:
            opened.append(case)
    return opened


def promote(
    session: Session, project: Project, *, automatic: bool = False, most: int = MOST_CANDIDATES, now: datetime
) -> int:
    """Propose items as gold that many good workers agree on, or make them gold at once; return how many.

    Labels with the least gold come first.
    """
    waiting = func.count().filter(Case.state == "open", Case.kind == "gold_candidate")
    room = most - (session.scalar(select(waiting).where(Case.project_id == project.id)) or 0)
    found = 0
    for item, said, good in _candidates(session, project):
        if found >= room:
            break
        facts = {
            "label": said.label,
            "confidence": round(said.confidence, 4),
            "answers": said.votes,
            "good_workers": good,
        }
        if automatic:
            golds.accept(session, project, item, said.label, reviewer=BY, now=now)
        elif (
            cases.open_case(
                session,
                project,
                "gold_candidate",
                item_id=item.id,
                value=said.confidence,
                facts=facts,
                now=now,
            )
            is None
        ):
            continue
        found += 1
    return found


def _graded(session: Session, project: Project) -> list[GoldAnswer]:
    query = (
        select(Grade.gold_id, Grade.worker_id, Answer.value, Grade.correct)
        .join(Answer, Answer.id == Grade.answer_id)
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .order_by(Grade.id)
    )
    return [GoldAnswer(*row) for row in session.execute(query)]


def _ruled(project: Project, kind: str, subject: Any) -> Any:  # noqa: ANN401 - a column
    """Return the query for what reviewers have looked at already."""
    return select(subject).where(
        Case.project_id == project.id, Case.kind == kind, Case.state == "closed", subject.is_not(None)
    )


def _candidates(session: Session, project: Project) -> list[tuple[Item, Consensus, int]]:
    run = conclude.latest_run(session, project)
    if run is None:
        return []
    ruled = _ruled(project, "gold_candidate", Case.item_id)
    told = select(Gold.item_id).where(Gold.project_id == project.id, Gold.retired_at.is_(None))
    query = (
        select(Item, Consensus)
        .join(Consensus, Consensus.item_id == Item.id)
        .where(Consensus.run_id == run.id, Item.state == "settled", Consensus.confidence >= SURE)
        .where(Consensus.votes >= FEWEST_GOOD, Item.id.not_in(ruled), Item.id.not_in(told))
    )
    rows = [(item, said) for item, said in session.execute(query)]
    agreeing = _agreeing(session, project, {item.id: said.label for item, said in rows})
    counts = _gold_by_label(session, project)
    found = [(item, said, agreeing[item.id]) for item, said in rows if agreeing[item.id] >= FEWEST_GOOD]
    return sorted(found, key=lambda row: (counts.get(row[1].label, 0), -row[1].confidence, row[0].id))


def _agreeing(session: Session, project: Project, labels: dict[int, str]) -> dict[int, int]:
    """Count the good workers who say this of each item; 0 where one of them says otherwise."""
    newest = select(func.max(Skill.id)).where(Skill.project_id == project.id, Skill.name == "accuracy")
    good = select(Skill.worker_id).where(
        Skill.id.in_(newest.group_by(Skill.worker_id)), Skill.value >= GOOD, Skill.source == "gold"
    )
    counts, against = dict.fromkeys(labels, 0), set()
    for some in chunks(sorted(labels)):
        query = select(Answer.item_id, Answer.value).join(Slot, Slot.id == Answer.slot_id)
        query = query.where(Answer.item_id.in_(some), Answer.worker_id.in_(good))
        for item_id, value in session.execute(query.where(Answer.id.not_in(reinstate.excluded(project)))):
            if grade.held_against(project, value, labels[item_id]).correct:
                counts[item_id] += 1
            else:
                against.add(item_id)
    return {item_id: 0 if item_id in against else count for item_id, count in counts.items()}


def _gold_by_label(session: Session, project: Project) -> dict[str, int]:
    query = select(Gold.label, func.count()).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "hidden"
    )
    return {label: count for label, count in session.execute(query.group_by(Gold.label))}
