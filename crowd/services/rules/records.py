"""Collectors that count rows: gold, spam, skips, this day's work, rejections, and what items were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC
from typing import Any

from sqlalchemy import Select, case, func, literal, select, union_all

from crowd.models import (
    Answer,
    AnswerFlag,
    Assignment,
    Consensus,
    ConsensusRun,
    Gold,
    Grade,
    Item,
    Project,
    Skip,
    Standing,
)
from crowd.services.rules.look import Found, Look, newest, share
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES
from workers.skill import skill


def gold(look: Look) -> dict[int, Found]:
    """Return how often each worker is right about gold; gold that was retired does not count."""
    events = (
        select(
            Grade.worker_id.label("who"),
            Grade.answer_id.label("number"),
            Grade.created_at.label("at"),
            Grade.correct.label("correct"),
        )
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == look.project.id, Gold.retired_at.is_(None))
    )
    rows, recent = newest(look, events)
    query = select(
        rows.c.who, func.count(), func.count().filter(recent), func.count().filter(recent, rows.c.correct)
    )
    chance = _chance(look)
    return {
        worker: Found(evidence, _accuracy(right, graded, chance))
        for worker, evidence, graded, right in look.session.execute(query.group_by(rows.c.who))
    }


def spam(look: Look) -> dict[int, Found]:
    """Return the state of the sequential test, as grading left it."""
    query = select(Standing).where(Standing.project_id == look.project.id)
    return {
        row.worker_id: Found(
            row.answers, {"evidence_of_spam": row.spam, "graded": row.graded, "answers": row.answers}
        )
        for row in look.session.scalars(query)
    }


def skips(look: Look) -> dict[int, Found]:
    """Return how many questions each worker handed back."""
    told = case((Skip.reason == "cannot_tell", 1), else_=0)
    rows, recent = newest(
        look, select(union_all(_events(Answer, 0, literal(0), look), _events(Skip, 1, told, look)).subquery())
    )
    query = select(
        rows.c.who,
        func.count(),
        func.count().filter(recent),
        func.sum(rows.c.skipped).filter(recent),
        func.sum(rows.c.cannot_tell).filter(recent),
    )
    return {
        worker: Found(
            evidence,
            {
                "asked": asked,
                "skipped": skipped or 0,
                "skip_rate": share(skipped or 0, asked),
                "cannot_tell": cannot_tell or 0,
                "cannot_tell_rate": share(cannot_tell or 0, asked),
            },
        )
        for worker, evidence, asked, skipped, cannot_tell in look.session.execute(query.group_by(rows.c.who))
    }


def today(look: Look) -> dict[int, Found]:
    """Return what each worker did since midnight (UTC)."""
    midnight = look.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    pages = (
        select(Assignment.worker_id, func.count(), func.sum(Assignment.active_seconds))
        .where(Assignment.project_id == look.project.id, Assignment.kind == "work")
        .where(Assignment.submitted_at >= midnight, Assignment.submitted_at <= look.at)
    )
    worked = {
        worker: (count, seconds or 0.0)
        for worker, count, seconds in look.session.execute(pages.group_by(Assignment.worker_id))
    }
    fresh = func.count().filter(Answer.created_at >= midnight)
    answers = select(Answer.worker_id, func.count(), fresh).where(
        Answer.project_id == look.project.id, Answer.created_at <= look.at
    )
    found = {}
    for worker, evidence, given in look.session.execute(answers.group_by(Answer.worker_id)):
        count, seconds = worked.get(worker, (0, 0.0))
        found[worker] = Found(evidence, {"pages": count, "answers": given, "active_hours": seconds / 3600})
    return found


def rejections(look: Look) -> dict[int, Found]:
    """Return how many of each worker's pages were not used; an overturned rejection is none."""
    events = select(
        Assignment.worker_id.label("who"),
        Assignment.id.label("number"),
        Assignment.submitted_at.label("at"),
        Assignment.review.label("review"),
    ).where(
        Assignment.project_id == look.project.id,
        Assignment.kind == "work",
        Assignment.work == "submitted",
        Assignment.review != "pending",
    )
    rows, recent = newest(look, events)
    rejected = rows.c.review.in_(("rejected", "soft_rejected"))
    query = select(
        rows.c.who, func.count(), func.count().filter(recent), func.count().filter(recent, rejected)
    )
    return {
        worker: Found(
            evidence, {"reviewed": reviewed, "rejected": bad, "rejected_share": share(bad, reviewed)}
        )
        for worker, evidence, reviewed, bad in look.session.execute(query.group_by(rows.c.who))
    }


def items(look: Look) -> dict[int, Found]:
    """Return what was said of every item that is not gold."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for item, value, count in look.session.execute(_said(look)):
        counts[item][value] = count
    unsure = _cannot_tell(look)
    sure = _confidence(look)
    found = {}
    for item in sorted(counts.keys() | unsure.keys()):
        given, told = counts[item].total(), unsure.get(item, 0)
        common = max(counts[item].values(), default=0)
        facts = {
            "answers": given,
            "disagreement": share(given - common, given),
            "cannot_tell": told,
            "cannot_tell_share": share(told, given + told),
            "confidence": sure.get(item),
        }
        found[item] = Found(given + told, facts)
    return found


def _accuracy(right: int, graded: int, chance: float) -> dict[str, float]:
    estimate = skill(right, graded, chance=chance)
    return {
        "graded": graded,
        "right": right,
        "accuracy": estimate.value,
        "accuracy_low": estimate.low,
        "accuracy_high": estimate.high,
    }


def _chance(look: Look) -> float:
    """Return how often a guesser is right."""
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return 0.0
    return 1 / len(projects.labels(look.session, look.project).labels)


def _events(model: type[Answer | Skip], skipped: int, told: Any, look: Look) -> Select[Any]:  # noqa: ANN401 - SQL
    return select(
        model.worker_id.label("who"),
        model.slot_id.label("number"),
        model.created_at.label("at"),
        literal(skipped).label("skipped"),
        told.label("cannot_tell"),
    ).where(model.project_id == look.project.id)


def _said(look: Look) -> Select[int, str, int]:
    """Return the query for how often each value was given to each item, by answers that count."""
    last = (
        select(AnswerFlag.kind)
        .where(AnswerFlag.answer_id == Answer.id, AnswerFlag.created_at <= look.at)
        .order_by(AnswerFlag.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Answer.item_id, Answer.value, func.count())
        .join(Item, Item.id == Answer.item_id)
        .where(Answer.project_id == look.project.id, Answer.created_at <= look.at, Item.state != "gold")
        .where(func.coalesce(last, "") != "excluded")
    )
    return query.group_by(Answer.item_id, Answer.value)


def _cannot_tell(look: Look) -> dict[int, int]:
    query = (
        select(Skip.item_id, func.count())
        .join(Item, Item.id == Skip.item_id)
        .where(Skip.project_id == look.project.id, Skip.created_at <= look.at, Item.state != "gold")
        .where(Skip.reason == "cannot_tell")
    )
    return {item: count for item, count in look.session.execute(query.group_by(Skip.item_id))}


def _confidence(look: Look) -> dict[int, float]:
    """Return how sure the newest consensus of the moment was."""
    run = look.session.scalar(_newest_run(look.project, look))
    query = select(Consensus.item_id, Consensus.confidence).where(Consensus.run_id == run)
    return {item: confidence for item, confidence in look.session.execute(query)} if run else {}


def _newest_run(project: Project, look: Look) -> Select[int]:
    query = select(ConsensusRun.id).where(ConsensusRun.project_id == project.id)
    query = query.where(ConsensusRun.method == project.method, ConsensusRun.created_at <= look.at)
    return query.order_by(ConsensusRun.id.desc()).limit(1)
