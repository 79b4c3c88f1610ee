"""Where a worker stands: what they did and earned, how good it is in one word, and beside whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from crowd.errors import NotFound
from crowd.models import Assignment, Project, Skill, Slot, Worker
from crowd.services.people.days import streak, utc_day

Band = Literal["building up", "good", "very good"]
Order = Literal["answers", "streak", "quality"]

# A band is told once it rests on this many graded answers, and as a word only: more would tell gold.
FEWEST_GRADED = 20
BANDS: tuple[tuple[float, Band], ...] = ((0.85, "very good"), (0.7, "good"))
LEADERBOARD_DAYS = 30
MOST_PLACES = 100

WORK = (Assignment.work == "submitted", Assignment.kind == "work")
ANSWERED = func.count().filter(Slot.state.in_(("done", "void")))
SKIPPED = func.count().filter(Slot.state == "skipped")


@dataclass(frozen=True, slots=True)
class Amounts:
    """What somebody did, on a day, in a project or in all."""

    answers: int = 0
    skips: int = 0
    seconds: float = 0.0  # active ones
    in_review_micros: int = 0
    due_micros: int = 0
    paid_micros: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        """Return both together."""
        return Amounts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def earned_micros(self) -> int:
        """All that is sure: due or paid."""
        return self.due_micros + self.paid_micros


@dataclass(frozen=True, slots=True)
class InProject:
    """What somebody did in one project, and how good it is."""

    project: Project
    amounts: Amounts
    band: Band | None  # None: too little is known


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a worker is told of their own work."""

    total: Amounts
    today: Amounts
    streak: int
    days: tuple[tuple[date, Amounts], ...]  # newest first
    projects: tuple[InProject, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a leaderboard."""

    pseudonym: str
    is_reader: bool
    answers: int
    streak: int
    band: Band | None


def standing(session: Session, worker: Worker, *, now: datetime) -> Standing:
    """Return what a worker has done and earned, in all, by day and by project."""
    done = _done(session, worker)
    days = _together(done, lambda day, _: day)
    by_project = _together(done, lambda _, project_id: project_id)
    rows = session.scalars(select(Project).where(Project.id.in_(list(by_project))).order_by(Project.id))
    projects = tuple(
        InProject(project, by_project[project.id], _bands(session, project, [worker.id]).get(worker.id))
        for project in rows
    )
    return Standing(
        total=sum(days.values(), Amounts()),
        today=days.get(now.date(), Amounts()),
        streak=streak(days, now.date()),
        days=tuple(sorted(days.items(), reverse=True)),
        projects=projects,
    )


def today(session: Session, worker: Worker, *, project: Project | None = None, now: datetime) -> Amounts:
    """Return what a worker did since midnight (UTC), in one project or in all."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    there = [Assignment.project_id == project.id] if project else []
    done = _done(session, worker, Assignment.submitted_at >= midnight, *there)
    return sum(done.values(), Amounts())


def leaderboard(
    session: Session, project: Project, reader: Worker, *, by: Order, now: datetime
) -> list[Place]:
    """Return who did most in the project lately, under pseudonyms.

    Raises:
        NotFound: the project keeps no leaderboard.
    """
    if not project.leaderboard:
        raise NotFound("this project has no leaderboard")
    since = now - timedelta(days=LEADERBOARD_DAYS)
    counts: dict[int, dict[date, int]] = defaultdict(dict)
    for worker_id, day, answers in session.execute(_answers_by_day(project, since)):
        counts[worker_id][day] = answers
    bands = _bands(session, project, counts)
    names = select(Worker.id, Worker.pseudonym).where(Worker.id.in_(list(counts)))
    places = [
        Place(
            pseudonym=pseudonym,
            is_reader=worker_id == reader.id,
            answers=sum(counts[worker_id].values()),
            streak=streak(counts[worker_id], now.date()),
            band=bands.get(worker_id),
        )
        for worker_id, pseudonym in session.execute(names)
    ]
    return _best(places, by)


def band_of(skill: Skill | None) -> Band | None:
    """Return the word for an estimate of accuracy; None where it rests on too little."""
    if skill is None or skill.evidence < FEWEST_GRADED:
        return None
    return next((word for least, word in BANDS if skill.low >= least), "building up")


def _best(places: list[Place], by: Order) -> list[Place]:
    """Return the first places, and the reader's own line wherever it stands."""
    words: tuple[Band | None, ...] = (None, "building up", "good", "very good")
    values: dict[Order, Callable[[Place], int]] = {
        "answers": lambda place: place.answers,
        "streak": lambda place: place.streak,
        "quality": lambda place: words.index(place.band),
    }
    ranked = sorted(places, key=lambda place: (-values[by](place), -place.answers, place.pseudonym))
    return [place for n, place in enumerate(ranked) if n < MOST_PLACES or place.is_reader]


def _done(session: Session, worker: Worker, *where: ColumnElement[bool]) -> dict[tuple[date, int], Amounts]:
    """Return what a worker did by day and project."""
    key = utc_day(Assignment.submitted_at), Assignment.project_id
    mine = (Assignment.worker_id == worker.id, *WORK, *where)
    questions = select(*key, ANSWERED, SKIPPED).join(Slot, Slot.assignment_id == Assignment.id)
    done: dict[tuple[date, int], Amounts] = defaultdict(Amounts)
    for day, project_id, answers, skips in session.execute(questions.where(*mine).group_by(*key)):
        done[day, project_id] = Amounts(answers=answers, skips=skips)
    pages = select(*key, _sum(Assignment.active_seconds), *map(_money, ("none", "due", "paid")))
    for day, project_id, seconds, *amounts in session.execute(pages.where(*mine).group_by(*key)):
        done[day, project_id] += Amounts(0, 0, seconds, *map(int, amounts))
    return done


def _money(payment: str) -> ColumnElement[Any]:
    # Without payment an amount is only hoped for: until somebody has looked at the work.
    still_open = Assignment.review == "pending" if payment == "none" else True
    return _sum(Assignment.amount_micros, Assignment.payment == payment, still_open)


def _sum(column: Any, *where: Any) -> ColumnElement[Any]:  # noqa: ANN401 - SQL expressions
    total = func.sum(column)
    return func.coalesce(total.filter(*where) if where else total, 0)


def _together(done: dict[tuple[date, int], Amounts], key: Callable[[date, int], Any]) -> dict[Any, Amounts]:
    sums: dict[Any, Amounts] = defaultdict(Amounts)
    for (day, project_id), amounts in done.items():
        sums[key(day, project_id)] += amounts
    return dict(sums)


def _answers_by_day(project: Project, since: datetime) -> Select[int, date, int]:
    key = Assignment.worker_id, utc_day(Assignment.submitted_at)
    lately = Assignment.project_id == project.id, Assignment.submitted_at >= since, *WORK
    query = select(*key, ANSWERED).join(Slot, Slot.assignment_id == Assignment.id)
    return query.where(*lately).group_by(*key)


def _bands(session: Session, project: Project, worker_ids: Iterable[int]) -> dict[int, Band | None]:
    newest = (
        select(func.max(Skill.id))
        .where(Skill.project_id == project.id, Skill.name == "accuracy")
        .where(Skill.worker_id.in_(list(worker_ids)))
        .group_by(Skill.worker_id)
    )
    return {
        skill.worker_id: band_of(skill)
        for skill in session.scalars(select(Skill).where(Skill.id.in_(newest)))
    }
