"""What rules do: each does its act once and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crowd.models import Decision, Item, Project, Restriction, Skill, Standing, Worker
from crowd.models import Rule as Row
from crowd.models.conditions import in_force
from crowd.services import audit, cases, grade, publish, roster
from crowd.services.people import messages
from crowd.services.trust import exam, standings
from qc.rule_faults import hours
from qc.rules import Rule

KINDS = {"pause": "paused", "suspend": "suspended", "ban": "banned"}
HARDER = ("paused", "suspended", "banned")
Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One firing: which version of which rule, on what facts, and when."""

    session: Session
    project: Project
    row: Row
    rule: Rule
    facts: Mapping[str, Any]
    evidence: int
    now: datetime

    @property
    def actor(self) -> str:
        """Who acts, in the words of the audit chain."""
        return f"rule:{self.row.name} v{self.row.version}"

    @property
    def reason(self) -> str:
        """Why: the facts that the conditions asked for."""
        names = dict.fromkeys(condition.fact for condition in self.rule.when)
        return f"{self.actor}: " + ", ".join(f"{name} {_short(self.facts[name])}" for name in names)

    @property
    def until(self) -> datetime | None:
        """When it ends; None: it does not end by itself."""
        duration = self.rule.parameters.get("for")
        return self.now + timedelta(hours=hours(duration)) if duration else None

    def note(self, action: str, subject: str, **details: Any) -> None:  # noqa: ANN401 - any JSON
        """Write to the audit chain."""
        audit.record(
            self.session,
            requester_id=self.project.requester_id,
            project_id=self.project.id,
            actor=self.actor,
            action=action,
            subject=subject,
            details={"reason": self.reason, **details},
            now=self.now,
        )


def restrict(act: Act, worker: Worker) -> Outcome:
    """Keep a worker out, unless something as hard does so already."""
    kind = KINDS[act.rule.action]
    project = None if act.rule.parameters.get("scope") == "all" else act.project
    if _barred(act, worker, HARDER[HARDER.index(kind) :], project):
        return {"done": False, "because": f"is {kind}, or worse, already"}
    restriction = roster.restrict(
        act.session,
        worker,
        project=project,
        kind=kind,
        reason=act.reason,
        facts={"rule": act.row.name, "version": act.row.version, **act.facts},
        actor=act.actor,
        until=act.until,
        now=act.now,
    )
    act.session.flush()
    return {"done": True, "restriction": restriction.id}


def examine(act: Act, worker: Worker) -> Outcome:
    """Suspend a worker until an exam is over, unless something keeps them out already."""
    if _barred(act, worker, HARDER[1:], act.project):
        return {"done": False, "because": "is suspended, or worse, already"}
    facts = {"rule": act.row.name, "version": act.row.version, **act.facts}
    restriction = exam.begin(
        act.session, act.project, worker, reason=act.reason, facts=facts, actor=act.actor, now=act.now
    )
    return {"done": True, "restriction": restriction.id}


def exclude(act: Act, worker: Worker) -> Outcome:
    """Set a worker's answers aside."""
    count = grade.exclude(act.session, act.project, worker, reason=act.reason, now=act.now)
    act.note("worker.exclude", f"worker:{worker.pseudonym}", answers=count)
    return {"done": True, "answers": count}


def set_skill(act: Act, worker: Worker) -> Outcome:
    """Say what a worker can do, by a number or by one of the facts."""
    said = act.rule.parameters["value"]
    value = act.facts.get(said) if isinstance(said, str) else said
    if value is None:
        return {"done": False, "because": f"{said} is not known"}
    value = min(1.0, max(0.0, float(value)))
    skill = Skill(
        worker_id=worker.id,
        project_id=act.project.id,
        name=act.rule.parameters["name"],
        source="rule",
        value=value,
        low=value,
        high=value,
        evidence=act.evidence,
        expires_at=act.until,
        created_at=act.now,
    )
    act.session.add(skill)
    act.note("worker.skill", f"worker:{worker.pseudonym}", name=skill.name, value=value)
    return {"done": True, "value": value}


def hold_payment(act: Act, worker: Worker) -> Outcome:
    """Let what is due to a worker wait; a longer wait that stands already stays."""
    standing = standings.of(act.session, act.project.id, worker.id)
    until = max(filter(None, (act.until, standing.held_until if standing else None)))
    standings.note(act.session, act.project.id, worker.id, held_until=until)
    act.note("payment.hold", f"worker:{worker.pseudonym}", until=until.isoformat())
    return {"done": True, "until": until.isoformat()}


def raise_overlap(act: Act, item: Item) -> Outcome:
    """Open as many more places on an item as it lacks, as far as the budget reaches."""
    act.session.refresh(item)
    wanted = act.rule.parameters["to"]
    lacking = max(0, wanted - item.wanted) if item.state in ("asking", "settled", "given_up") else 0
    opened = 0
    while opened < lacking and publish.fundable(act.session, act.project, [item.id]):
        cause = f"rule:{act.row.id}:{item.id}:{act.evidence}:{opened}"
        publish.ask_again(act.session, act.project, [item.id], cause=cause, now=act.now)
        opened += 1
    if opened:
        reason = f"{act.reason}: {wanted} answers wanted"
        _decided(act, item, reason)
    act.note("item.overlap", f"item:{item.id}", overlap=wanted, opened=opened)
    return {"done": opened > 0, "overlap": wanted, "opened": opened}


def notify(act: Act, subject: Worker | Item) -> Outcome:
    """Write to a worker of the pool; what requesters are told they find among the firings."""
    if isinstance(subject, Item) or act.rule.parameters["to"] == "requester":
        what = "item" if isinstance(subject, Item) else "worker"
        name = subject.id if isinstance(subject, Item) else subject.pseudonym
        act.note(f"{what}.notice", f"{what}:{name}")
        return {"done": True}
    if subject.channel != "pool" or subject.erased_at is not None:
        return {"done": False, "because": "only people of the pool can be written to"}
    message = messages.send(
        act.session,
        requester_id=act.project.requester_id,
        worker=subject,
        sender="requester",
        text=act.rule.parameters["text"],
        project=act.project,
        now=act.now,
    )
    act.note("worker.message", f"worker:{subject.pseudonym}", message=message.id)
    return {"done": True, "message": message.id}


def open_case(act: Act, subject: Worker | Item) -> Outcome:
    """Put a worker or an item before a reviewer."""
    facts = {"rule": act.row.name, "version": act.row.version, **act.facts}
    is_item = isinstance(subject, Item)
    case = cases.open_case(
        act.session,
        act.project,
        "disputed" if is_item else "rule",
        item_id=subject.id if is_item else None,
        worker_id=None if is_item else subject.id,
        facts=facts,
        now=act.now,
    )
    if case is None:
        return {"done": False, "because": "such a case is open already"}
    act.session.flush()
    act.note("case.open", f"case:{case.id}")
    return {"done": True, "case": case.id}


def release(session: Session, project: Project, worker: Worker, *, actor: str, now: datetime) -> bool:
    """End a wait for pay before its time; tell whether there was one."""
    standing = session.get(Standing, (project.id, worker.id), populate_existing=True)
    if standing is None or standing.held_until is None or standing.held_until <= now:
        return False
    standings.note(session, project.id, worker.id, held_until=None)
    audit.record(
        session,
        requester_id=project.requester_id,
        project_id=project.id,
        actor=actor,
        action="payment.release",
        subject=f"worker:{worker.pseudonym}",
        now=now,
    )
    return True


def _decided(act: Act, item: Item, reason: str) -> None:
    """Store with the item why it is asked about again."""
    decision = Decision(
        project_id=act.project.id, item_id=item.id, action="more", reason=reason, created_at=act.now
    )
    act.session.add(decision)
    act.session.flush()


def _barred(act: Act, worker: Worker, kinds: Sequence[str], project: Project | None) -> bool:
    """Tell whether a worker is kept out by one of these, of this project or of all."""
    here = [Restriction.project_id == project.id] if project else []
    query = select(Restriction.id).where(
        Restriction.worker_id == worker.id,
        Restriction.kind.in_(kinds),
        in_force(act.now),
        or_(Restriction.project_id.is_(None), *here),
    )
    return act.session.scalar(query.limit(1)) is not None


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


ACTS: Mapping[str, Callable[[Act, Any], Outcome]] = {
    "set_skill": set_skill,
    "pause": restrict,
    "suspend": restrict,
    "ban": restrict,
    "exam": examine,
    "exclude": exclude,
    "hold_payment": hold_payment,
    "raise_overlap": raise_overlap,
    "notify": notify,
    "open_case": open_case,
}
