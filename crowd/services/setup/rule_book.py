"""The rules of a project, in versions: drafted, put in force, retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, NotFound, Problem, bad_input, bad_inputs
from crowd.models import Firing, Project
from crowd.models import Rule as Row
from crowd.services import audit, locks
from crowd.services.access.keys import Principal
from crowd.services.people import skills
from crowd.services.setup.default_rules import DEFAULTS, Default
from crowd.task_types import TASK_TYPES
from qc.rule_faults import NAME, faults
from qc.rule_text import parse
from qc.rules import Rule, read

# What is found by comparing labels, or their order, or by testing against chance.
ON_LABELS = ("spam", "rings", "quality", "sequences", "repetition")
MOST_RULES = 100


def of_line(line: str) -> dict[str, Any]:
    """Return the data of a rule written as one line."""
    try:
        return parse(line)
    except ValueError as error:
        raise bad_input("rule", str(error)) from None


def checked(project: Project, body: Mapping[str, Any]) -> Rule:
    """Return the rule that data is, or raise with every fault and its field."""
    problems = [Problem(fault.where or "rule", fault.message) for fault in faults(body)]
    if not problems and body["collect"] in ON_LABELS and not TASK_TYPES[project.task_type].is_categorical:
        problems.append(
            Problem("collect", f"{body['collect']} needs labels; answers here are {project.task_type}")
        )
    if not problems and body["do"].get("name") in skills.OURS:
        problems.append(Problem("do.name", f"{body['do']['name']!r} is what crowd measures itself"))
    if problems:
        raise bad_inputs(problems, what="rule")
    return read(body)


def add(
    session: Session,
    principal: Principal,
    project: Project,
    name: str,
    body: Mapping[str, Any],
    *,
    now: datetime,
) -> Row:
    """Draft a rule, or the next version of one; what is in force stays so until the draft is activated."""
    if not NAME.fullmatch(name):
        raise bad_input("name", "use letters, digits, dots, dashes and underscores, at most 63")
    checked(project, body)
    locks.name(session, f"rules:{project.id}")
    found = versions(session, project, name)
    if not found and len(rules(session, project)) >= MOST_RULES:
        raise Conflict(f"a project has at most {MOST_RULES} rules")
    row = _row(project, name, (found[-1].version if found else 0) + 1, body, now)
    session.add(row)
    session.flush()
    _note(session, principal, project, row, "rule.draft", now)
    return row


def activate(
    session: Session,
    principal: Principal,
    project: Project,
    name: str,
    version: int | None = None,
    *,
    now: datetime,
) -> Row:
    """Put a version in force, the newest where none is named; the one in force before is retired."""
    locks.name(session, f"rules:{project.id}")
    row = one(session, project, name, version)
    if row.state == "active":
        return row
    if row.state == "retired":
        raise Conflict(f"rule {name} v{row.version} is retired: add it again as a new version")
    if checked(project, row.body).parameters.get("scope") == "all":
        principal.require_all_projects()
    for other in versions(session, project, name):
        if other.state == "active":
            other.state = "retired"
    row.state = "active"
    session.flush()
    _note(session, principal, project, row, "rule.activate", now)
    return row


def retire(session: Session, principal: Principal, project: Project, name: str, *, now: datetime) -> int:
    """End a rule: the version in force and every draft of it; what it did stays. Return how many ended."""
    locks.name(session, f"rules:{project.id}")
    one(session, project, name)
    ending = [row for row in versions(session, project, name) if row.state != "retired"]
    for row in ending:
        row.state = "retired"
        _note(session, principal, project, row, "rule.retire", now)
    session.flush()
    return len(ending)


def begin(session: Session, project: Project, *, now: datetime) -> None:
    """Give a new project the rules that every project begins with."""
    for default in DEFAULTS:
        if default.begins and fits(project, default):
            row = _row(project, default.name, 1, parse(default.line), now)
            row.state = "active"
            session.add(row)


def install(
    session: Session, principal: Principal, project: Project, names: Sequence[str], *, now: datetime
) -> list[Row]:
    """Draft rules that come with crowd, all that fit unless named; leave those that are there already."""
    known = {default.name: default for default in DEFAULTS}
    for name in names:
        if name not in known:
            raise NotFound(f"no default rule {name!r}; choose from {', '.join(known)}")
    there = {row.name for row in rules(session, project)}
    wanted = [known[name] for name in names] or [each for each in DEFAULTS if fits(project, each)]
    return [
        add(session, principal, project, each.name, parse(each.line), now=now)
        for each in wanted
        if each.name not in there
    ]


def fits(project: Project, default: Default) -> bool:
    """Tell whether a default rule means anything in a project of this task type."""
    return parse(default.line)["collect"] not in ON_LABELS or TASK_TYPES[project.task_type].is_categorical


def rules(session: Session, project: Project) -> list[Row]:
    """Return of each rule the version in force, or else the newest, by name."""
    query = select(Row).where(Row.project_id == project.id).order_by(Row.name, Row.version)
    chosen: dict[str, Row] = {}
    for row in session.scalars(query):
        if row.name not in chosen or chosen[row.name].state != "active":
            chosen[row.name] = row
    return list(chosen.values())


def active(session: Session, project: Project) -> Sequence[Row]:
    """Return the versions in force, by name."""
    query = select(Row).where(Row.project_id == project.id, Row.state == "active")
    return session.scalars(query.order_by(Row.name)).all()


def versions(session: Session, project: Project, name: str) -> Sequence[Row]:
    """Return every version of a rule, the oldest first."""
    query = select(Row).where(Row.project_id == project.id, Row.name == name)
    return session.scalars(query.order_by(Row.version)).all()


def one(session: Session, project: Project, name: str, version: int | None = None) -> Row:
    """Return one version of a rule, the newest where none is named."""
    found = [row for row in versions(session, project, name) if version in (None, row.version)]
    if not found:
        raise NotFound(f"no rule {name!r}" + (f" v{version}" if version else ""))
    return found[-1]


def firings(
    session: Session,
    project: Project,
    *,
    name: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[tuple[Firing, Row]]:
    """Return what rules did, the newest first, each with the version that did it."""
    query = select(Firing, Row).join(Row, Row.id == Firing.rule_id).where(Firing.project_id == project.id)
    if name is not None:
        query = query.where(Row.name == name)
    if before is not None:
        query = query.where(Firing.id < before)
    rows = session.execute(query.order_by(Firing.id.desc()).limit(limit))
    return [(firing, row) for firing, row in rows]


def _row(project: Project, name: str, version: int, body: Mapping[str, Any], now: datetime) -> Row:
    return Row(
        project_id=project.id, name=name, version=version, state="draft", body=dict(body), created_at=now
    )


def _note(
    session: Session, principal: Principal, project: Project, row: Row, action: str, now: datetime
) -> None:
    details = {"name": row.name, "version": row.version, "body": row.body}
    subject = f"project:{project.id}"
    audit.act(session, principal, action, subject, project=project, details=details, now=now)
