"""What a requester could say better: hard items, unanswerable ones, labels that are mixed up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd import frames
from crowd.db import chunks
from crowd.errors import Conflict
from crowd.frames import AnswerFrame
from crowd.models import Answer, Item, KeptAdvice, Project, Skip
from crowd.services import conclude, quality
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES
from qc.guidance import Pair, confusable, difficulty
from workers.quality import informedness_of

# Hard items that are named.
MOST = 10
# From so many answers on a page does not wait for all of them to be read. What it shows instead was kept by
# a turn of the loop, at the earliest so long after the one before.
MANY = 20_000
KEPT_FOR = timedelta(minutes=15)
# Of all questions handed out, from which on unanswerable ones are worth a sentence in the instructions.
OFTEN = 0.02
SAID = {"cannot_tell": "could not tell", "broken": "found it broken", "other": "gave another reason"}


@dataclass(frozen=True, slots=True)
class Mixed:
    """Two labels that good workers mix up; counts are answers, as far as the truth is known."""

    one: str
    other: str
    one_taken_for_other: float
    other_taken_for_one: float
    by_chance: float
    items: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hard:
    """An item that stays doubtful, or that divides good workers; both between 0 and 1."""

    item: str
    doubt: float
    division: float | None
    answers: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Questions handed back, by the reason given."""

    reason: str
    skips: int
    rate: float  # of all questions answered or handed back
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What the answers say about the question."""

    items: int  # that have answers
    doubtful: int
    pairs: tuple[Mixed, ...]
    hard: tuple[Hard, ...]
    unanswered: tuple[Unanswered, ...]
    questions: tuple[str, ...]  # that the instructions should answer, the most useful first


@dataclass(frozen=True, slots=True)
class Told:
    """What the instructions should answer, as a page shows it."""

    questions: Sequence[str]
    at: datetime | None  # when a turn of the loop found it; None: now


def renewed(session: Session, project: Project, *, now: datetime) -> KeptAdvice | None:
    """Return what is to be kept of what the answers ask for; None where few answer, or it is new enough."""
    run, kept = conclude.latest_run(session, project), session.get(KeptAdvice, project.id)
    if run is None or not _is_categorical(project) or not _has_many(session, project):
        return None
    if kept is not None and (kept.run_id == run.id or now - kept.kept_at < KEPT_FOR):
        return None
    questions = list(advise(session, project).questions)
    return KeptAdvice(project_id=project.id, run_id=run.id, questions=questions, kept_at=now)


def told(session: Session, project: Project) -> Told | None:
    """Return what the answers ask for: what they say now or, of many, what was kept, if it was."""
    if not _is_categorical(project):
        return Told((), None)
    if not _has_many(session, project):
        return Told(advise(session, project).questions, None)
    kept = session.get(KeptAdvice, project.id)
    return Told(kept.questions, kept.kept_at) if kept else None


def advise(session: Session, project: Project) -> Advice:
    """Say what is hard about a project's items, and what its instructions should say.

    Raises:
        Conflict: The answers of this task type are no labels.
    """
    if not _is_categorical(project):
        raise Conflict(f"answers of a {project.task_type} project are no labels; advice needs them")
    labels = projects.labels(session, project).labels
    frame = frames.read_answers(session, project, labels)
    believed = quality.believed(session, project, frame, labels)
    informed = _informed(frame, believed)
    found = difficulty(frame.answers, believed, informed)
    pairs = confusable(frame.answers, believed, informed)
    answered = np.bincount(frame.answers.item, minlength=len(frame.item_ids))
    worst = np.argsort(-(np.nan_to_num(found.doubt) + np.nan_to_num(found.division)), kind="stable")
    hard = worst[found.doubtful[worst]][:MOST]
    keys = _keys(session, frame, [*hard.tolist(), *(place for pair in pairs for place in pair.examples)])
    mixed = tuple(_mixed(pair, keys) for pair in pairs)
    unanswered = _unanswered(session, project)
    doubtful = int(found.doubtful.sum())
    return Advice(
        items=int((answered > 0).sum()),
        doubtful=doubtful,
        pairs=mixed,
        hard=tuple(
            Hard(keys[n], _number(found.doubt[n]) or 0.0, _number(found.division[n]), int(answered[n]))
            for n in hard.tolist()
        ),
        unanswered=unanswered,
        questions=tuple(_questions(mixed, unanswered, doubtful)),
    )


def _is_categorical(project: Project) -> bool:
    return TASK_TYPES[project.task_type].is_categorical


def _has_many(session: Session, project: Project) -> bool:
    some = select(Answer.id).where(Answer.project_id == project.id).limit(MANY).subquery()
    return session.scalar(select(func.count()).select_from(some)) == MANY


def _informed(frame: AnswerFrame, believed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much the answers of each worker tell, in the frame's order."""
    if len(frame.answers.labels) < 2:
        return np.zeros(len(frame.worker_ids))
    return informedness_of(frame.answers, believed)


def _keys(session: Session, frame: AnswerFrame, places: list[int]) -> dict[int, str]:
    place = {int(frame.item_ids[n]): n for n in places}
    found: dict[int, str] = {}
    for some in chunks(list(place)):
        query = select(Item.id, Item.key).where(Item.id.in_(some))
        found.update({place[item_id]: key for item_id, key in session.execute(query)})
    return found


def _mixed(pair: Pair, keys: dict[int, str]) -> Mixed:
    return Mixed(
        pair.one,
        pair.other,
        round(pair.taken, 1),
        round(pair.back, 1),
        round(pair.expected, 1),
        pair.items,
        tuple(keys[place] for place in pair.examples),
    )


def _unanswered(session: Session, project: Project) -> tuple[Unanswered, ...]:
    query = select(Skip.reason, Item.key).join(Item, Item.id == Skip.item_id)
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    for reason, key in session.execute(query.where(Skip.project_id == project.id).order_by(Skip.id)):
        by_reason[reason][key] += 1
    answers = session.scalar(select(func.count()).where(Answer.project_id == project.id)) or 0
    skips = sum(counts.total() for counts in by_reason.values())
    return tuple(
        Unanswered(
            reason,
            counts.total(),
            counts.total() / (answers + skips),
            tuple(key for key, _ in counts.most_common(3)),
        )
        for reason, counts in sorted(by_reason.items(), key=lambda pair: -pair[1].total())
    )


def _questions(mixed: tuple[Mixed, ...], unanswered: tuple[Unanswered, ...], doubtful: int) -> list[str]:
    found = []
    for pair in mixed:
        where = f"in {pair.items} items ({doubtful} are doubtful)" if doubtful else f"in {pair.items} items"
        shown = f"; for example {', '.join(pair.examples)}" if pair.examples else ""
        found.append(
            f"How does one tell {pair.one!r} from {pair.other!r}? They are mixed up {where}: "
            f"{pair.one_taken_for_other:.0f} times the first is taken for the second, "
            f"{pair.other_taken_for_one:.0f} times the second for the first{shown}."
        )
    found += [
        f"What should be answered where one cannot say? In {each.rate:.0%} of questions workers "
        f"{SAID[each.reason]}; for example {', '.join(each.examples)}."
        for each in unanswered
        if each.rate >= OFTEN
    ]
    return found


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
