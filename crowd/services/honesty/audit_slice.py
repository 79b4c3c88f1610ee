"""The audit slice: settled items drawn by lot get a second look, from workers who have not seen them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.db import chunks
from crowd.models import (
    Answer,
    AuditPick,
    Case,
    Consensus,
    ConsensusRun,
    Decision,
    Gold,
    Item,
    Project,
    Slot,
    Worker,
)
from crowd.services import cases, locks, publish
from crowd.services.honesty import second_look
from crowd.task_types import TASK_TYPES

# Answers bought beyond those the claim rests on.
EXTRA = 3
# Places on which somebody already answered, or refused to.
SEEN = ("leased", "done", "skipped", "void")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a drawing did."""

    picked: int = 0
    asked: int = 0  # answers asked for
    for_experts: int = 0  # no worker is left who could look at them
    unfunded: int = 0  # drawn again as soon as the budget covers them


@dataclass(frozen=True, slots=True)
class _Claim:
    item_id: int
    key: str
    label: str
    confidence: float
    votes: int


def draw(session: Session, project: Project, run: ConsensusRun, *, now: datetime) -> Drawn:
    """Pick `audit_share` of the items settled so far by lot, and ask once more about each.

    An item's lot depends on the seed and its key alone, so confidence has no part in it, and raising the
    share later catches up with what is settled already. What is learned counts for the label like any answer.
    """
    if not project.audit_share:
        return Drawn()
    locks.step(session, project)
    chosen = [
        claim for claim in _unpicked(session, project, run) if lot(project, claim.key) < project.audit_share
    ]
    if not chosen:
        return Drawn()
    chosen.sort(key=lambda claim: lot(project, claim.key))
    places = _places(session, project, chosen)
    reached = set(publish.fundable(session, project, [each.item_id for each in chosen], places=places))
    funded = [claim for claim in chosen if claim.item_id in reached]
    _store(session, project, run, funded, places, now)
    return Drawn(
        picked=len(funded),
        asked=sum(places[claim.item_id] for claim in funded),
        for_experts=sum(not places[claim.item_id] for claim in funded),
        unfunded=len(chosen) - len(funded),
    )


def lot(project: Project, key: str) -> float:
    """Return the number between 0 and 1 that an item has drawn."""
    digest = hashlib.sha256(f"audit:{project.seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def under_way(session: Session, project: Project) -> frozenset[int]:
    """Return the items whose second look still has answers to come: nothing is decided about them yet."""
    here = select(func.count()).where(Slot.item_id == Item.id, Slot.state == "done", Slot.gold_id.is_(None))
    query = (
        select(AuditPick.item_id)
        .join(Item, Item.id == AuditPick.item_id)
        .where(AuditPick.project_id == project.id, AuditPick.checked_at.is_(None), Item.state == "asking")
        .where(Item.wanted > here.scalar_subquery())
    )
    return frozenset(session.scalars(query))


def evaluate(session: Session, project: Project, run: ConsensusRun, *, now: datetime) -> int:
    """Hold picks against what came in since; return how many are checked for the first time.

    An expert's word closes a pick for good. Answers are weighed anew in every turn, with what is known of
    their workers by then; they are compared with the label as it was claimed, not as it may be by now.
    """
    picks = session.scalars(
        select(AuditPick).where(AuditPick.project_id == project.id).order_by(AuditPick.id)
    ).all()
    if not picks:
        return 0
    locks.step(session, project)
    before = sum(pick.checked_at is not None for pick in picks)
    told = _told(session, project)
    for pick in picks:
        if pick.item_id in told:
            pick.found, pick.right = told[pick.item_id], float(told[pick.item_id] == pick.label)
            pick.checked_by, pick.checked_at = "expert", pick.checked_at or now
    waiting = under_way(session, project)
    looking = [pick for pick in picks if pick.checked_by != "expert" and pick.item_id not in waiting]
    seen = second_look.look(session, project, run, looking) if looking else {}
    for pick in looking:
        if pick.id in seen:
            pick.found, pick.right = seen[pick.id]
            pick.checked_by, pick.checked_at = "answers", pick.checked_at or now
    session.flush()
    _hand_to_experts(session, project, [pick for pick in looking if pick.id not in seen], now)
    return sum(pick.checked_at is not None for pick in picks) - before


def _unpicked(session: Session, project: Project, run: ConsensusRun) -> list[_Claim]:
    known = exists().where(Gold.item_id == Item.id, Gold.retired_at.is_(None))
    query = (
        select(Item.id, Item.key, Consensus.label, Consensus.confidence, Consensus.votes)
        .join(Consensus, Consensus.item_id == Item.id)
        .outerjoin(AuditPick, AuditPick.item_id == Item.id)
        .where(Consensus.run_id == run.id, Item.project_id == project.id, Item.state == "settled")
        .where(AuditPick.id.is_(None), ~known)
        .order_by(Item.id)
    )
    return [_Claim(*row) for row in session.execute(query)]


def _places(session: Session, project: Project, claims: Sequence[_Claim]) -> dict[int, int]:
    """Return how many more answers each item gets: fewer where few workers are left, none without labels."""
    if not TASK_TYPES[project.task_type].is_categorical:
        return {claim.item_id: 0 for claim in claims}
    asked = _asked(project)
    # Who works at an endpoint is not known beforehand, and there are many.
    if CHANNEL in asked:
        return {claim.item_id: EXTRA for claim in claims}
    people = _people(session, project, asked)
    room: dict[int, int] = {}
    for some in chunks([claim.item_id for claim in claims]):
        query = select(Slot.item_id, func.count(Slot.worker_id.distinct()))
        query = query.join(Worker, Worker.id == Slot.worker_id)
        query = query.where(Slot.item_id.in_(some), Slot.state.in_(SEEN), Worker.channel.in_(asked))
        for item_id, seen in session.execute(query.group_by(Slot.item_id)):
            room[item_id] = people - seen
    return {claim.item_id: max(0, min(EXTRA, room.get(claim.item_id, people))) for claim in claims}


def _asked(project: Project) -> tuple[str, ...]:
    """Return the channels whose people a second look may reach."""
    if project.second_when == "overflow":
        return project.channels
    return project.channels[-1:] if project.second_when == "tie_break" else project.channels[:1]


def _people(session: Session, project: Project, channels: Sequence[str]) -> int:
    """Count those on these channels who have answered anything so far."""
    query = select(func.count(Answer.worker_id.distinct())).where(Answer.project_id == project.id)
    return session.scalar(query.where(Answer.channel.in_(channels))) or 0


def _store(
    session: Session,
    project: Project,
    run: ConsensusRun,
    claims: Sequence[_Claim],
    places: Mapping[int, int],
    now: datetime,
) -> None:
    if not claims:
        return
    rests = _answers(session, [claim.item_id for claim in claims], second_look.counted(session, run))
    row = {"project_id": project.id, "run_id": run.id, "created_at": now}
    rows = [
        {
            **row,
            "item_id": claim.item_id,
            "label": claim.label,
            "confidence": claim.confidence,
            "votes": claim.votes,
            "extra": places[claim.item_id],
            "answers": rests[claim.item_id],
        }
        for claim in claims
    ]
    session.execute(insert(AuditPick), rows)
    _ask(session, project, run, claims, places, now)


def _ask(
    session: Session,
    project: Project,
    run: ConsensusRun,
    claims: Sequence[_Claim],
    places: Mapping[int, int],
    now: datetime,
) -> None:
    by_places: dict[int, list[int]] = defaultdict(list)
    for claim in claims:
        by_places[places[claim.item_id]].append(claim.item_id)
    by_places.pop(0, None)
    for wanted, item_ids in sorted(by_places.items()):
        cause = f"audit:{run.id}:{item_ids[0]}"
        publish.ask_again(session, project, item_ids, cause=cause, places=wanted, now=now)
        reason = f"drawn by lot for the audit slice: {wanted} more answers"
        decision = {"project_id": project.id, "run_id": run.id, "action": "audit", "reason": reason}
        rows = [{**decision, "item_id": item_id, "created_at": now} for item_id in item_ids]
        session.execute(insert(Decision), rows)


def _answers(session: Session, item_ids: Sequence[int], counting: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {item_id: [] for item_id in item_ids}
    for some in chunks(item_ids):
        query = select(Answer.item_id, Answer.id).where(Answer.item_id.in_(some)).order_by(Answer.id)
        for item_id, answer_id in session.execute(query):
            if answer_id in counting:
                found[item_id].append(answer_id)
    return found


def _told(session: Session, project: Project) -> dict[int, str]:
    """Return what people who know said of items: gold that is not the consensus itself."""
    query = select(Gold.item_id, Gold.label).join(AuditPick, AuditPick.item_id == Gold.item_id)
    query = query.where(Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.source != "consensus")
    return {item_id: label for item_id, label in session.execute(query)}


def _hand_to_experts(session: Session, project: Project, picks: Sequence[AuditPick], now: datetime) -> None:
    """Put picks that no worker is left for before a reviewer, once."""
    mine = select(Case.item_id).where(Case.project_id == project.id, Case.kind == "audit")
    asked = set(session.scalars(mine))
    for pick in picks:
        if pick.item_id not in asked:
            facts = {"label": pick.label, "confidence": pick.confidence, "votes": pick.votes}
            cases.open_case(session, project, "audit", item_id=pick.item_id, facts=facts, now=now)
