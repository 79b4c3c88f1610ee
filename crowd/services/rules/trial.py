"""A dry run: whom a rule would have hit, when, and how much of the work was theirs; nothing changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, Item, Project, Worker
from crowd.services.rules.collectors import COLLECT
from crowd.services.rules.firing import met, plain
from crowd.services.rules.look import Found, Look
from qc.rules import Rule
from qc.vocabulary import COLLECTORS

MOMENTS = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A worker or an item on which the rule would have fired, for the first time."""

    subject: str  # a worker's pseudonym, an item's key
    at: datetime  # seen at this moment, and not at the one before
    facts: dict[str, Any]
    answers: int  # of the worker, or about the item, up to now
    after: int  # of them, given after that moment


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done, looked for at so many moments of the project's past."""

    about: str  # worker or item
    moments: int
    subjects: int  # of whom the collector knows anything
    answers: int  # all there are
    hits: tuple[Hit, ...]

    @property
    def share(self) -> float:
        """The share of subjects hit."""
        return len(self.hits) / self.subjects if self.subjects else 0.0

    @property
    def answers_share(self) -> float:
        """The share of all answers that are of, or about, those hit."""
        return sum(hit.answers for hit in self.hits) / self.answers if self.answers else 0.0

    def summary(self) -> dict[str, Any]:
        """Return the numbers without the hits."""
        return {
            "about": self.about,
            "moments": self.moments,
            "subjects": self.subjects,
            "hit": len(self.hits),
            "share": self.share,
            "answers": self.answers,
            "answers_share": self.answers_share,
        }


def attempt(
    session: Session, project: Project, rule: Rule, *, now: datetime, moments: int = MOMENTS
) -> Trial:
    """Look for what a rule would have hit, at moments between which equally many answers came.

    What the rule would have changed is not played on: a worker hit early is judged by what they went on
    to do. Where a collector knows only the present, that is the one moment.
    """
    stops = _moments(session, project, moments if COLLECTORS[rule.collect].recalls else 0, now)
    first: dict[int, tuple[datetime, Found]] = {}
    known: Mapping[int, Found] = {}
    for at in stops:
        known = COLLECT[rule.collect](Look(session, project, at, rule.window))
        for subject, found in met(rule, known).items():
            first.setdefault(subject, (at, found))
    given = _given(session, project, rule.about)
    later = {at: _given(session, project, rule.about, after=at) for at in {at for at, _ in first.values()}}
    names = _names(session, rule.about, sorted(first))
    hits = [
        Hit(names[subject], at, plain(found.facts), given.get(subject, 0), later[at].get(subject, 0))
        for subject, (at, found) in first.items()
    ]
    hits.sort(key=lambda hit: (hit.at, hit.subject))
    return Trial(rule.about, len(stops), len(known.keys() | first.keys()), sum(given.values()), tuple(hits))


def _moments(session: Session, project: Project, count: int, now: datetime) -> list[datetime]:
    """Return moments of the past between which equally many answers came, and now."""
    total = select(func.count()).where(Answer.project_id == project.id)
    answers = session.scalar(total) or 0
    found = {now}
    for step in range(1, count):
        query = select(Answer.created_at).where(Answer.project_id == project.id).order_by(Answer.id)
        at = session.scalar(query.offset(max(0, answers * step // count - 1)).limit(1))
        found |= {at} if at is not None else set()
    return sorted(found)


def _given(
    session: Session, project: Project, about: str, *, after: datetime | None = None
) -> dict[int, int]:
    column = Answer.worker_id if about == "worker" else Answer.item_id
    query = select(column, func.count()).where(Answer.project_id == project.id)
    if after is not None:
        query = query.where(Answer.created_at > after)
    return {subject: count for subject, count in session.execute(query.group_by(column))}


def _names(session: Session, about: str, ids: Sequence[int]) -> dict[int, str]:
    model, name = (Worker, Worker.pseudonym) if about == "worker" else (Item, Item.key)
    return {
        number: text
        for some in chunks(ids)
        for number, text in session.execute(select(model.id, name).where(model.id.in_(some)))
    }
