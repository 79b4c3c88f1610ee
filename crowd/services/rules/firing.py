"""Rules at work: facts are collected, conditions held against them, and what is met is acted on once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Answer, Firing, Item, Project, Worker
from crowd.models import Rule as Row
from crowd.services import locks
from crowd.services.rules.actions import ACTS, Act
from crowd.services.rules.collectors import COLLECT
from crowd.services.rules.look import Found, Look
from crowd.services.setup import rule_book
from qc.rules import Rule, Window, read
from qc.vocabulary import COLLECTORS

Facts = dict[str, Any]
# Collectors that read all answers look again once there are so many, and this share, more of them.
FEWEST_MORE, MORE = 20, 0.05


def run(session: Session, project: Project, *, now: datetime) -> int:
    """Let every rule in force look at all workers and items, and act; return how many firings there were.

    Rules go by name and subjects by id, so that the same rows always give the same firings. A rule fires
    again for a subject only on more evidence; a new version goes by what the one before it fired on.
    """
    rows = rule_book.active(session, project)
    if not rows:
        return 0
    locks.step(session, project)
    seen: dict[tuple[str, Window], Mapping[int, Found]] = {}
    fired = 0
    answers = _answers(session, project)
    for row in rows:
        rule = read(row.body)
        if COLLECTORS[rule.collect].sweeps:
            if answers - row.looked_at < max(FEWEST_MORE, MORE * row.looked_at):
                continue
            row.looked_at = answers
        key = rule.collect, rule.window
        if key not in seen or fired:  # what a rule did may be what the next one looks at
            seen[key] = COLLECT[rule.collect](Look(session, project, now, rule.window))
        fired += _apply(session, project, row, rule, seen[key], now)
    return fired


def met(rule: Rule, found: Mapping[int, Found]) -> dict[int, Found]:
    """Return whom the conditions of a rule fit, by id in order."""
    return {subject: found[subject] for subject in sorted(found) if rule.holds(found[subject].facts)}


def plain(facts: Mapping[str, Any]) -> Facts:
    """Return facts as JSON can hold them: what is no number is unknown."""
    return {name: None if _is_nan(value) else value for name, value in facts.items()}


def raised(session: Session, project: Project) -> dict[int, int]:
    """Return how many answers rules want of single items, by item."""
    query = select(Firing.item_id, Firing.action).where(
        Firing.project_id == project.id, Firing.item_id.is_not(None)
    )
    wanted: dict[int, int] = {}
    for item, action in session.execute(query):
        if item is not None and "overlap" in action:
            wanted[item] = max(wanted.get(item, 0), action["overlap"])
    return wanted


def _apply(
    session: Session, project: Project, row: Row, rule: Rule, found: Mapping[int, Found], now: datetime
) -> int:
    fitting = met(rule, found)
    if not fitting:
        return 0
    before = _before(session, project, row)
    fresh = {
        subject: each for subject, each in fitting.items() if rule.is_news(each.evidence, before.get(subject))
    }
    for subject, each in fresh.items():
        _fire(session, project, row, rule, subject, each, now)
    session.flush()
    return len(fresh)


def _fire(
    session: Session, project: Project, row: Row, rule: Rule, subject: int, found: Found, now: datetime
) -> None:
    is_worker = rule.about == "worker"
    whom = session.get_one(Worker if is_worker else Item, subject)
    act = Act(session, project, row, rule, plain(found.facts), found.evidence, now)
    outcome = ACTS[rule.action](act, whom)
    firing = Firing(
        project_id=project.id,
        rule_id=row.id,
        key=f"{rule.about}:{subject}@{found.evidence}",
        worker_id=subject if is_worker else None,
        item_id=None if is_worker else subject,
        facts=dict(act.facts),
        action={"action": rule.action, **rule.parameters, **outcome},
        created_at=now,
    )
    session.add(firing)


def _answers(session: Session, project: Project) -> int:
    query = select(func.count()).where(Answer.project_id == project.id)
    return session.scalar(query) or 0


def _before(session: Session, project: Project, row: Row) -> dict[int, int]:
    """Return, by subject, the evidence on which any version of a rule fired last."""
    query = (
        select(Firing.key)
        .join(Row, Row.id == Firing.rule_id)
        .where(Firing.project_id == project.id, Row.name == row.name)
    )
    found: dict[int, int] = defaultdict(int)
    for key in session.scalars(query):
        subject, _, evidence = key.partition(":")[2].partition("@")
        found[int(subject)] = max(found[int(subject)], int(evidence))
    return dict(found)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
