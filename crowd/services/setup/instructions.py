"""What workers are told: every change is a new version, and every page names the one it was built with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Problem, bad_inputs
from crowd.models import Instructions, Project
from crowd.rendering import check_template
from crowd.services import audit, locks
from crowd.services.access.keys import Principal
from crowd.services.setup import label_sets
from crowd.task_types import TASK_TYPES, Ask

LONGEST = 50_000
LONGEST_TEMPLATE = 65_536
MOST_EXAMPLES = 100
EXAMPLE = {"payload", "label", "note", "good"}


@dataclass(frozen=True, slots=True)
class Wording:
    """All that a worker reads beside the question itself."""

    text: str = ""
    examples: Sequence[dict[str, Any]] = ()
    template: str | None = None


def current(session: Session, project: Project) -> Instructions:
    """Return the version in force."""
    query = select(Instructions).where(Instructions.project_id == project.id)
    return session.scalars(query.order_by(Instructions.version.desc()).limit(1)).one()


def versions(session: Session, project: Project) -> Sequence[Instructions]:
    """Return all versions, newest first."""
    query = select(Instructions).where(Instructions.project_id == project.id)
    return session.scalars(query.order_by(Instructions.version.desc())).all()


def begin(
    session: Session, project: Project, wording: Wording, labels: Sequence[str], *, now: datetime
) -> Instructions:
    """Store the first version."""
    _check(project, wording, labels)
    return _add(session, project, wording, version=1, now=now)


def revise(
    session: Session, principal: Principal, project: Project, wording: Wording, *, now: datetime
) -> Instructions:
    """Put another version in force; the same words again change nothing."""
    locks.change(session, project)
    held = current(session, project)
    wording = replace(wording, examples=tuple(wording.examples))
    if wording == words_of(held):
        return held
    _check(project, wording, label_sets.current(session, project).labels)
    project.revision += 1
    subject, about = f"project:{project.id}", {"version": held.version + 1}
    audit.act(session, principal, "project.instructions", subject, project=project, details=about, now=now)
    return _add(session, project, wording, version=held.version + 1, now=now)


def reword(
    session: Session, principal: Principal, project: Project, text: str, *, now: datetime
) -> Instructions:
    """Put another text in force, with the examples and the template as they are."""
    wording = replace(words_of(current(session, project)), text=text)
    return revise(session, principal, project, wording, now=now)


def _check(project: Project, wording: Wording, labels: Sequence[str]) -> None:
    problems = list(_faults(project, wording, labels))
    if problems:
        raise bad_inputs(problems, what="instructions")


def _faults(project: Project, wording: Wording, labels: Sequence[str]) -> Iterator[Problem]:
    if len(wording.text) > LONGEST:
        yield Problem("text", f"is longer than {LONGEST} characters")
    if len(wording.examples) > MOST_EXAMPLES:
        yield Problem("examples", f"are more than {MOST_EXAMPLES}")
    for number, example in enumerate(wording.examples):
        for fault in _example_faults(project, example, labels):
            yield Problem(f"examples[{number}]", fault)
    if wording.template is not None and len(wording.template) > LONGEST_TEMPLATE:
        yield Problem("template", f"is longer than {LONGEST_TEMPLATE} characters")
    elif wording.template is not None:
        yield from map(_in_template, check_template(wording.template))


def _in_template(problem: Problem) -> Problem:
    where = problem.where if problem.where.startswith("template") else f"template {problem.where}"
    return Problem(where, problem.message)


def _example_faults(project: Project, example: dict[str, Any], labels: Sequence[str]) -> Iterator[str]:
    if unknown := set(example) - EXAMPLE:
        yield f"has no field {', '.join(sorted(unknown))}; there are {', '.join(sorted(EXAMPLE))}"
    payload = example.get("payload")
    if not isinstance(payload, dict) or not payload:
        yield "needs a payload: an object with what is shown"
        return
    ask = Ask(labels=labels, options=project.task_options, payload=payload)
    try:
        TASK_TYPES[project.task_type].read(example.get("label"), ask)
    except ValueError as error:
        yield str(error)


def words_of(held: Instructions) -> Wording:
    """Return what a version says."""
    return Wording(held.text, tuple(held.examples), held.template)


def _add(
    session: Session, project: Project, wording: Wording, *, version: int, now: datetime
) -> Instructions:
    row = Instructions(
        project_id=project.id,
        version=version,
        text=wording.text,
        examples=list(wording.examples),
        template=wording.template,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
