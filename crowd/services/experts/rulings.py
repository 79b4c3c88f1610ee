"""A reviewer rules on a case, and all that follows from it is done in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, bad_input
from crowd.models import (
    Answer,
    AnswerFlag,
    Assignment,
    Case,
    Gold,
    Grade,
    Item,
    Project,
    Restriction,
    Slot,
    Worker,
)
from crowd.services import audit, grade, locks
from crowd.services.access.keys import Principal
from crowd.services.experts import expert, golds, review
from crowd.services.people import messages
from crowd.services.trust import reinstate
from crowd.task_types import TASK_TYPES

# What a case can end with, by its kind; the first is what most do.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "disputed": ("labeled", "dismissed"),
    "unsure": ("labeled", "dismissed"),
    "audit": ("labeled", "dismissed"),
    "gold_dispute": ("kept", "corrected", "retired"),
    "gold_candidate": ("promoted", "declined"),
    "appeal": ("upheld", "declined"),
    "rule": ("noted", "labeled"),
}
LABELED = ("labeled", "corrected")  # these need to know what is right
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a reviewer says: the outcome, the right label where it needs one, and why.

    `wrong_gold`, with an appeal that is upheld: the gold that misled us by item key, and what is right
    instead; None where nobody knows, and the gold is retired.
    """

    outcome: str
    label: object = None
    note: str = ""
    wrong_gold: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _At:
    """A ruling where it takes effect."""

    session: Session
    principal: Principal
    project: Project
    case: Case
    ruling: Ruling
    now: datetime

    @property
    def reason(self) -> str:
        return self.ruling.note.strip() or f"case {self.case.id}: {self.ruling.outcome} by a reviewer"


def close(
    session: Session, principal: Principal, project: Project, case: Case, ruling: Ruling, *, now: datetime
) -> Case:
    """Close a case, do what the ruling means, and put it on record.

    A label given is an expert's word and settles its item. An appeal that is upheld takes back what was
    decided; one that is declined tells the worker why.

    Raises:
        Conflict: the case is closed already.
        Unprocessable: the outcome is none of its kind's, or lacks its label or its reason.
    """
    locks.step(session, project)
    session.refresh(case, with_for_update={"key_share": True})
    if case.state != "open":
        raise Conflict(f"case {case.id} is closed already: {case.outcome}")
    _check(case, ruling)
    at = _At(session, principal, project, case, ruling, now)
    effects = EFFECTS.get((case.kind, ruling.outcome))
    done = effects(at) if effects else {}
    case.state, case.outcome, case.closed_at = "closed", ruling.outcome, now
    case.reviewer, case.note = principal.actor, ruling.note.strip() or None
    session.flush()
    details = {"kind": case.kind, "subject": case.subject, "label": case.label, "note": case.note, **done}
    audit.act(
        session,
        principal,
        f"case.{ruling.outcome}",
        f"case:{case.id}",
        project=project,
        details=details,
        now=now,
    )
    return case


def typed(project: Project, outcome: str, label: str, note: str, wrong_gold: Iterable[str]) -> Ruling:
    """Return a ruling as people type it: labels as they are, other answers as JSON; gold as ITEM=LABEL."""
    is_label = TASK_TYPES[project.task_type].is_categorical

    def read(text: str) -> object:
        try:
            return text if is_label or not text else json.loads(text)
        except json.JSONDecodeError:
            return text

    named = (line.strip().partition("=") for line in wrong_gold if line.strip())
    wrong = {key.strip(): read(right.strip()) or None for key, _, right in named}
    return Ruling(outcome, read(label) or None, note, wrong)


def _check(case: Case, ruling: Ruling) -> None:
    if ruling.outcome not in OUTCOMES[case.kind]:
        raise bad_input("outcome", f"of {case.kind} is one of: {', '.join(OUTCOMES[case.kind])}")
    if ruling.outcome == "labeled" and case.item_id is None:
        raise bad_input("outcome", "this case is about no item that could be labeled")
    if ruling.outcome in LABELED and ruling.label in (None, ""):
        raise bad_input("label", f"is needed for {ruling.outcome!r}: what is right?")
    if len(ruling.note) > LONGEST_NOTE:
        raise bad_input("note", f"must hold at most {LONGEST_NOTE} characters")
    is_declined = case.kind == "appeal" and ruling.outcome == "declined"
    if is_declined and not ruling.note.strip():
        raise bad_input("note", "is needed where an appeal is declined: the worker is told")
    if ruling.wrong_gold and (case.kind, ruling.outcome) != ("appeal", "upheld"):
        raise bad_input("wrong_gold", "comes with an appeal that is upheld")


def _label(at: _At) -> dict[str, Any]:
    assert at.case.item_id is not None
    who = at.principal.actor
    gold = expert.say(
        at.session, at.project, at.case.item_id, at.ruling.label, reviewer=who, reason=at.reason, now=at.now
    )
    at.case.label = gold.label
    return {"item": at.session.get_one(Item, at.case.item_id).key}


def _keep(at: _At) -> dict[str, Any]:
    golds.keep(at.session, at.project, _gold(at), reviewer=at.principal.actor, now=at.now)
    return {}


def _correct(at: _At) -> dict[str, Any]:
    return _corrected(at, _gold(at), at.ruling.label)


def _retire(at: _At) -> dict[str, Any]:
    return _retired(at, _gold(at))


def _promote(at: _At) -> dict[str, Any]:
    """Make gold of an item; without a label, of the one the case proposes."""
    assert at.case.item_id is not None
    item = at.session.get_one(Item, at.case.item_id)
    label = at.ruling.label if at.ruling.label not in (None, "") else at.case.facts.get("label")
    gold = golds.accept(at.session, at.project, item, label, reviewer=at.principal.actor, now=at.now)
    at.case.label = gold.label
    return {"item": item.key}


def _uphold(at: _At) -> dict[str, Any]:
    """Take back what was decided, let the answers count again, and correct the gold that misled us."""
    done = {"reinstated": _let_in(at) if at.case.restriction_id else _pay_after_all(at)}
    wrong = {key: golds.of_item(at.session, at.project, key) for key in sorted(at.ruling.wrong_gold)}
    for key, gold in wrong.items():
        label = at.ruling.wrong_gold[key]
        done |= _retired(at, gold) if label in (None, "") else _corrected(at, gold, label)
    _score_anew(at)
    _tell(at, "Your appeal was upheld.")
    return done


def _decline(at: _At) -> dict[str, Any]:
    _tell(at, "Your appeal was declined.")
    return {}


EFFECTS: Mapping[tuple[str, str], Callable[[_At], dict[str, Any]]] = {
    ("disputed", "labeled"): _label,
    ("unsure", "labeled"): _label,
    ("audit", "labeled"): _label,
    ("rule", "labeled"): _label,
    ("gold_dispute", "kept"): _keep,
    ("gold_dispute", "corrected"): _correct,
    ("gold_dispute", "retired"): _retire,
    ("gold_candidate", "promoted"): _promote,
    ("appeal", "upheld"): _uphold,
    ("appeal", "declined"): _decline,
}


def _gold(at: _At) -> Gold:
    return at.session.get_one(Gold, at.case.gold_id)


def _corrected(at: _At, gold: Gold, label: object) -> dict[str, Any]:
    key = at.session.get_one(Item, gold.item_id).key
    found = golds.correct(
        at.session,
        at.project,
        key,
        label,
        explanation=at.ruling.note,
        reviewer=at.principal.actor,
        now=at.now,
    )
    if at.case.kind == "gold_dispute":
        at.case.label = found.label
    return {"corrected": key, "regraded": found.regraded}


def _retired(at: _At, gold: Gold) -> dict[str, Any]:
    golds.retire(at.session, at.project, gold, because=at.reason, reviewer=at.principal.actor, now=at.now)
    return {"retired": at.session.get_one(Item, gold.item_id).key}


def _pay_after_all(at: _At) -> int:
    page = at.session.get_one(Assignment, at.case.assignment_id)
    review.decide(at.session, at.principal, at.project, [page.id], "overturned", reason=at.reason, now=at.now)
    query = select(Answer.id).join(Slot, Slot.id == Answer.slot_id).where(Slot.assignment_id == page.id)
    given = at.session.scalars(query).all()
    return reinstate.answers(at.session, at.project, given, reason=f"appeal {at.case.id} upheld", now=at.now)


def _let_in(at: _At) -> int:
    """Lift the restriction, and let the answers count again that were set aside with it."""
    held = at.session.get_one(Restriction, at.case.restriction_id)
    if held.project_id is None:
        at.principal.require_all_projects()
    worker = _worker(at)
    if held.lifted_at is None:
        held.lifted_at = at.now
        project = at.project if held.project_id else None
        audit.act(
            at.session, at.principal, "worker.lift", f"worker:{worker.pseudonym}", project=project, now=at.now
        )
    query = select(Answer.id, Answer.project_id).join(AnswerFlag, AnswerFlag.answer_id == Answer.id)
    query = query.where(Answer.worker_id == worker.id, AnswerFlag.kind == "excluded")
    query = query.where(AnswerFlag.reason == held.reason).distinct()  # not by a reviewer, for another reason
    if held.project_id is not None:
        query = query.where(Answer.project_id == held.project_id)
    by_project: dict[int, list[int]] = {}
    for answer_id, project_id in at.session.execute(query):
        by_project.setdefault(project_id, []).append(answer_id)
    reason = f"appeal {at.case.id} upheld"
    return sum(
        reinstate.answers(
            at.session,
            at.session.get_one(Project, project_id),
            by_project[project_id],
            reason=reason,
            now=at.now,
        )
        for project_id in sorted(by_project)
    )


def _score_anew(at: _At) -> None:
    """Estimate the worker's skill anew; nothing that judged them before holds them back."""
    graded = select(Grade.id).where(Grade.project_id == at.project.id, Grade.worker_id == at.case.worker_id)
    if at.case.worker_id is None or at.session.scalar(graded.limit(1)) is None:
        return
    grade.grade(at.session, at.project, also=[at.case.worker_id], now=at.now)


def _tell(at: _At, verdict: str) -> None:
    worker = _worker(at)
    if worker.channel != "pool" or worker.erased_at is not None:
        return
    messages.send(
        at.session,
        requester_id=at.project.requester_id,
        worker=worker,
        sender="requester",
        text=f"{verdict} {at.ruling.note.strip()}".strip(),
        project=at.project,
        now=at.now,
    )


def _worker(at: _At) -> Worker:
    return at.session.get_one(Worker, at.case.worker_id)
