"""Bonuses: decided once, paid once, whoever asks again and however long it takes."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError
from crowd.channels.mturk.posting import Posting, dollars
from crowd.errors import Conflict, bad_input
from crowd.models import Assignment, Hit, OutboxEntry, Project, Worker
from crowd.services import locks, pay
from crowd.services.mturk import outbox, verdicts
from crowd.services.mturk.outbox import Effect
from workers.fees import CENT, bonus_fee
from workers.money import display

BONUS = "SendBonus"


def bonus(
    session: Session, project: Project, page: Assignment, amount_micros: int, reason: str, *, now: datetime
) -> OutboxEntry:
    """Plan a bonus for the worker of a page; the same reason pays for the same page once ever.

    The whole amount with its fee is set aside at once, and stays so where the endpoint refuses: it may be
    tried again.

    Raises:
        Unprocessable: the amount is not whole cents, or there is no reason.
        Conflict: this reason was given another amount, or the page comes from no endpoint.
        BudgetExceeded: the cap does not cover it.
    """
    if amount_micros <= 0 or amount_micros % CENT:
        raise bad_input("amount", "must be whole cents, at least one")
    words = verdicts.feedback(reason)
    hit = session.get_one(Hit, page.hit_id)
    if hit.endpoint is None or page.work != "submitted":
        raise Conflict(f"page {page.id} was not handed in at an endpoint")
    locks.name(session, f"bonus:{page.id}")
    subject = f"assignment:{page.id}:{hashlib.sha256(words.encode()).hexdigest()[:16]}"
    if (known := _known(session, project, subject)) is not None:
        _require_same(known, amount_micros, page)
        return known
    fee = bonus_fee(amount_micros, Posting.read(project.posting).schedule)
    pay.reserve(session, project.id, amount_micros + fee, key=f"bonus:{project.id}:{subject}", now=now)
    parameters = {
        "AssignmentId": page.external_id,
        "WorkerId": session.get_one(Worker, page.worker_id).name,
        "BonusAmount": dollars(amount_micros),
        "Reason": f"{words} [{_tag(project, subject)}]",
    }
    return outbox.plan(
        session,
        project,
        BONUS,
        subject,
        parameters,
        cost_micros=amount_micros + fee,
        endpoint=hit.endpoint,
        now=now,
    )


def _known(session: Session, project: Project, subject: str) -> OutboxEntry | None:
    query = select(OutboxEntry).where(
        OutboxEntry.project_id == project.id,
        OutboxEntry.operation == BONUS,
        OutboxEntry.subject == subject,
    )
    return session.scalars(query).first()


def _require_same(known: OutboxEntry, amount_micros: int, page: Assignment) -> None:
    if known.parameters["BonusAmount"] != dollars(amount_micros):
        paid = known.parameters["BonusAmount"]
        raise Conflict(f"page {page.id} has a bonus of ${paid} for this reason, not {display(amount_micros)}")


def _tag(project: Project, subject: str) -> str:
    """Return the mark by which a bonus is found in the endpoint's list, long after its token is forgotten."""
    named = f"{outbox.mark(project)}|{subject}"
    return f"ref {hashlib.sha256(named.encode()).hexdigest()[:16]}"


def _paid(session: Session, entry: OutboxEntry, _reply: Reply, now: datetime) -> None:
    pay.post(session, entry.project_id, {_key(entry): entry.cost_micros}, now=now)


def _key(entry: OutboxEntry) -> str:
    return f"bonus:{entry.project_id}:{entry.subject}"


def _is_paid(caller: Caller, entry: OutboxEntry, _error: CallError | None) -> Reply | None:
    """Look for the bonus among those paid for the assignment."""
    mark = entry.parameters["Reason"].rpartition("[")[2]
    about = entry.parameters["AssignmentId"]
    for rows in caller.pages("ListBonusPayments", "BonusPayments", AssignmentId=about):
        for row in rows:
            is_ours = row.get("Reason", "").rpartition("[")[2] == mark
            if is_ours and row.get("WorkerId") == entry.parameters["WorkerId"]:
                return {}
    return None


EFFECTS = {BONUS: Effect(done=_paid, confirm=_is_paid)}
