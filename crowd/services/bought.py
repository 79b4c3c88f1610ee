"""What each channel of a project has brought, and what was paid for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Answer, Assignment, Hit, Item, Project
from crowd.models.conditions import claimable


@dataclass(frozen=True, slots=True)
class Bought:
    """One channel: its price, its answers so far, and what its pages cost, fees included."""

    channel: str
    price_micros: int  # of one answer, as it is now
    answers: int
    open_answers: int
    paid_micros: int


def by_channel(session: Session, project: Project) -> tuple[Bought, ...]:
    """Return the channels of a project, and those it had that brought answers."""
    counts = select(Answer.channel, func.count()).where(Answer.project_id == project.id)
    answers = {channel: count for channel, count in session.execute(counts.group_by(Answer.channel))}
    sums = select(Hit.channel, func.sum(Assignment.amount_micros + Hit.fee_micros))
    sums = sums.join(Assignment, Assignment.hit_id == Hit.id).where(Assignment.project_id == project.id)
    paid = {
        channel: int(amount)
        for channel, amount in session.execute(sums.where(Assignment.payment == "paid").group_by(Hit.channel))
    }
    names = dict.fromkeys((*project.channels, *sorted({*answers, *paid})))
    return tuple(
        Bought(
            name,
            project.price_at(name) if name in project.channels else 0,
            answers.get(name, 0),
            _open(session, project, name),
            paid.get(name, 0),
        )
        for name in names
    )


def _open(session: Session, project: Project, channel: str) -> int:
    if channel not in project.channels:
        return 0
    theirs = claimable(handed_over=channel == project.second_channel)
    query = select(func.sum(Item.open)).where(Item.project_id == project.id, theirs)
    return int(session.scalar(query) or 0)
