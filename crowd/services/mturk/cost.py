"""What publishing would cost, to the cent, before anything is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL, CLOSED, Posting, host_of
from crowd.errors import BudgetExceeded
from crowd.models import Budget, Hit, Project
from crowd.services import pay
from crowd.services.mturk import posting
from workers.fees import CENT

LIMITLESS = 2**62


@dataclass(frozen=True, slots=True)
class Line:
    """HITs that cost the same: how many, for how many workers each, and what each assignment costs."""

    hits: int
    assignments: int
    reward_micros: int
    fee_micros: int

    @property
    def whole(self) -> int:
        """Return what they cost together."""
        return self.hits * self.assignments * (self.reward_micros + self.fee_micros)


@dataclass(frozen=True, slots=True)
class Quote:
    """What would be published now; `lacking` is what the cap does not cover."""

    lines: tuple[Line, ...]
    lacking_micros: int
    notes: tuple[str, ...]

    @property
    def hits(self) -> int:
        """Count the HITs."""
        return sum(line.hits for line in self.lines)

    @property
    def assignments(self) -> int:
        """Count the workers they are for."""
        return sum(line.hits * line.assignments for line in self.lines)

    @property
    def reward_micros(self) -> int:
        """Return what workers get."""
        return sum(line.hits * line.assignments * line.reward_micros for line in self.lines)

    @property
    def fee_micros(self) -> int:
        """Return what the endpoint gets."""
        return sum(line.hits * line.assignments * line.fee_micros for line in self.lines)

    @property
    def whole_micros(self) -> int:
        """Return both together."""
        return self.reward_micros + self.fee_micros


def quote(session: Session, project: Project, *, now: datetime) -> Quote:
    """Publish everything that wants answers, add up what it costs, and take it all back.

    So the price is that of the very HITs that would be made. Without an endpoint there are none.
    """
    if project.endpoint is None:
        return Quote((), 0, (f"the project is answered by the {project.channel}: it has no endpoint",))
    try:
        lines, _ = _rehearsed(session, project, now)
        lacking = 0
    except BudgetExceeded:
        lines, used = _rehearsed(session, project, now, cap=LIMITLESS)
        lacking = used - pay.budget(session, project).cap
    return Quote(lines, lacking, tuple(_notes(project, lines)))


def _rehearsed(
    session: Session, project: Project, now: datetime, *, cap: int | None = None
) -> tuple[tuple[Line, ...], int]:
    """Return the HITs that would be made, and what would then be held and spent."""
    trial = session.begin_nested()
    try:
        if cap is not None:
            session.execute(update(Budget).where(Budget.project_id == project.id).values(cap=cap))
        last = session.scalar(select(func.max(Hit.id)).where(Hit.project_id == project.id)) or 0
        while posting.publish(session, project, now=now):
            pass
        kinds = Hit.assignments, Hit.reward_micros, Hit.fee_micros
        made = select(func.count(), *kinds).where(Hit.project_id == project.id, Hit.id > last)
        rows = session.execute(made.group_by(*kinds).order_by(*(kind.desc() for kind in kinds)))
        lines = tuple(Line(*row) for row in rows)
        budget = pay.budget(session, project)
        return lines, budget.held + budget.spent
    finally:
        trial.rollback()


def _notes(project: Project, lines: Sequence[Line]) -> Iterator[str]:
    """Say what is not plain from the numbers."""
    terms = Posting.read(project.posting)
    if project.endpoint is not None and host_of(project.endpoint).endswith(".amazonaws.com"):
        yield f"{CLOSED}: {project.endpoint} does not answer, as far as anybody knows"
    if not terms.schedule.percent:
        return
    if any(line.fee_micros == CENT for line in lines):
        yield "the fee of an assignment is at least $0.01"
    if any(line.assignments >= terms.schedule.large_from for line in lines):
        yield "a HIT for 10 or more workers costs a fee of 40 % instead of 20 %: most_assignments 9 avoids it"
    if terms.masters:
        yield "Masters cost 5 % more"
    price = project.price_at(CHANNEL)
    if any(line.reward_micros % price for line in lines if price):
        yield "rewards are whole cents: a page's is rounded up"
