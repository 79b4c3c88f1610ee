"""What a worker scores in the qualifications that a requirement may name, ours and the system's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Assignment, Worker
from crowd.models.market import MarketAccount, MarketAssignment, Qualification, QualificationType
from crowd.services.market import blocks, requirements
from crowd.services.market.requirements import Action, Requirement, Value
from crowd.services.people import groups

# Below so many decided assignments the approval rate says nothing, and reads as full.
FEWEST_DECIDED = 100
APPROVED = ("accepted", "soft_rejected", "overturned")  # our own projects pay for all of these
LOCALE_GROUP = "locale."
APPROVED_GROUP = "approved."
ADULT_GROUP = "adult"
MASTERS_GROUP = "masters"

NAMES = {
    requirements.NUMBER_APPROVED: "Worker_NumberHITsApproved",
    requirements.PERCENT_APPROVED: "Worker_PercentAssignmentsApproved",
    requirements.LOCALE: "Worker_Locale",
    requirements.ADULT: "Worker_Adult",
    requirements.MASTERS: "Masters",
    requirements.MASTERS_SANDBOX: "Masters",
}

DESCRIPTIONS = {
    requirements.NUMBER_APPROVED: (
        f"How many of the worker's assignments were approved; in the group {APPROVED_GROUP}500 so many more"
    ),
    requirements.PERCENT_APPROVED: f"The share approved; 100 for fewer than {FEWEST_DECIDED} assignments",
    requirements.LOCALE: f"Where the worker is: the group {LOCALE_GROUP}US or {LOCALE_GROUP}US-WA",
    requirements.ADULT: f"Whether the worker may see adult content: the group {ADULT_GROUP}",
    requirements.MASTERS: f"Whether the worker has proven themselves: the group {MASTERS_GROUP}",
    requirements.MASTERS_SANDBOX: f"Whether the worker has proven themselves: the group {MASTERS_GROUP}",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A worker's scores by qualification type, and what keeps them out altogether."""

    scores: Mapping[str, Value]
    names: Mapping[str, str]
    barred: str | None = None

    def unmet(self, wanted: Sequence[Requirement], *, action: Action) -> list[str]:
        """Return all that keeps the worker from this action; nothing where they may."""
        if self.barred:
            return [self.barred]
        return [
            requirements.in_words(each, self.names.get(each["QualificationTypeId"], "a qualification"))
            for each in wanted
            if requirements.guards(each, action)
            and not requirements.meets(each, self.scores.get(each["QualificationTypeId"]))
        ]


def found(words: str) -> list[str]:
    """Return the ids of the system's types that hold every one of these words."""
    return [
        type_id
        for type_id, name in NAMES.items()
        if all(word in f"{name} {DESCRIPTIONS[type_id]}".lower() for word in words.lower().split())
    ]


def standing(
    session: Session, account: MarketAccount, worker: Worker, type_ids: Collection[str], *, now: datetime
) -> Standing:
    """Return where a worker stands in these qualification types; nothing else is looked up."""
    own = [type_id for type_id in type_ids if type_id not in NAMES]
    scores: dict[str, Value] = {}
    names = dict(NAMES)
    if own:
        names |= _names(session, own)
        scores |= _granted(session, worker, own)
    if asked := NAMES.keys() & set(type_ids):
        scores |= {key: value for key, value in _system(session, worker, asked).items() if key in asked}
    return Standing(scores, names, blocks.barred(session, account, worker, now=now))


def _names(session: Session, type_ids: Sequence[str]) -> dict[str, str]:
    columns = select(QualificationType.external_id, QualificationType.name)
    rows = session.execute(columns.where(QualificationType.external_id.in_(type_ids)))
    return {external_id: name for external_id, name in rows}


def _granted(session: Session, worker: Worker, type_ids: Sequence[str]) -> dict[str, int]:
    # Of a type that was deleted too: HITs that are out may still require it.
    query = (
        select(QualificationType.external_id, Qualification.value)
        .join(Qualification, Qualification.type_id == QualificationType.id)
        .where(Qualification.worker_id == worker.id, Qualification.revoked_at.is_(None))
        .where(QualificationType.external_id.in_(type_ids))
    )
    return {external_id: value for external_id, value in session.execute(query)}


def _system(session: Session, worker: Worker, asked: AbstractSet[str]) -> dict[str, Value]:
    scores: dict[str, Value] = {}
    names = groups.of(session, worker) if asked - {requirements.PERCENT_APPROVED} else []
    if asked & {requirements.NUMBER_APPROVED, requirements.PERCENT_APPROVED}:
        approved, rejected = _decided(session, worker)
        scores[requirements.NUMBER_APPROVED] = approved + approved_elsewhere(names)
        scores[requirements.PERCENT_APPROVED] = percent_approved(approved, rejected)
    return scores | _from_groups(names)


def approved_elsewhere(names: Collection[str]) -> int:
    """Return how much approved work a worker brings along, by the groups they are in: the most of them."""
    ends = [name.removeprefix(APPROVED_GROUP) for name in names if name.startswith(APPROVED_GROUP)]
    return max((int(end) for end in ends if end.isascii() and end.isdigit() and len(end) <= 9), default=0)


def percent_approved(approved: int, rejected: int) -> int:
    """Return the approval rate as requirements see it."""
    decided = approved + rejected
    return 100 if decided < FEWEST_DECIDED else 100 * approved // decided


def _from_groups(names: Collection[str]) -> dict[str, Value]:
    """Read what only the requester can know of a person from the groups they are in."""
    scores: dict[str, Value] = {}
    here = [name.removeprefix(LOCALE_GROUP) for name in names if name.startswith(LOCALE_GROUP)]
    if here:
        scores[requirements.LOCALE] = frozenset(here) | {place.partition("-")[0] for place in here}
    if ADULT_GROUP in names:
        scores[requirements.ADULT] = 1
    if MASTERS_GROUP in names:
        scores[requirements.MASTERS] = scores[requirements.MASTERS_SANDBOX] = 1
    return scores


def _decided(session: Session, worker: Worker) -> tuple[int, int]:
    """Count the worker's approved and rejected assignments, of programs and of our own projects."""
    market = select(MarketAssignment.state, func.count()).where(
        MarketAssignment.worker_id == worker.id, MarketAssignment.state.in_(("approved", "rejected"))
    )
    own = select(Assignment.review, func.count()).where(
        Assignment.worker_id == worker.id, Assignment.work == "submitted", Assignment.kind == "work"
    )
    counts: dict[str, int] = {}
    for query in (market.group_by(MarketAssignment.state), own.group_by(Assignment.review)):
        for state, count in session.execute(query):
            counts[state] = counts.get(state, 0) + count
    return sum(counts.get(state, 0) for state in ("approved", *APPROVED)), counts.get("rejected", 0)
