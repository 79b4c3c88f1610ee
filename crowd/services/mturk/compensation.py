"""Somebody worked and could not hand it in: a HIT only they can take pays them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL, Posting, dollars
from crowd.errors import Conflict, bad_input
from crowd.models import Hit, OutboxEntry, Project
from crowd.services import locks, pay, roster
from crowd.services.mturk import outbox, people, posting, verdicts
from crowd.services.setup import instructions
from workers.fees import CENT, fee

MINUTES = 600  # seconds to press a button
OFFERED = 30 * 86_400


def compensate(
    session: Session, project: Project, name: str, amount_micros: int, reason: str, *, now: datetime
) -> Hit | None:
    """Plan a HIT that only this worker can take, and a letter about it; None where it is planned already.

    The same reason pays the same worker once.

    Raises:
        Unprocessable: the amount is not whole cents, or there is no reason.
        BudgetExceeded: the cap does not cover it with its fee.
    """
    if amount_micros <= 0 or amount_micros % CENT:
        raise bad_input("amount", "must be whole cents, at least one")
    if project.endpoint is None:
        raise Conflict(f"project {project.slug} has no endpoint")
    words = verdicts.feedback(reason)
    mark = hashlib.sha256(f"{outbox.mark(project)}|{name}|{words}".encode()).hexdigest()[:12]
    locks.name(session, f"compensation:{mark}")
    if _is_planned(session, project, f"compensation:{mark}"):
        return None
    worker = roster.arrival(session, project.requester_id, CHANNEL, name, now=now)
    hit = _hit(session, project, amount_micros, now)
    pay.reserve(session, project.id, hit.reward_micros + hit.fee_micros, key=f"compensation:{mark}", now=now)
    made = people.qualification(session, project, f"Compensation {mark}", words, now=now)
    only = people.later(made)
    people.grant(session, project, worker, only, 1, cause=mark, now=now)
    parameters = _type(project, amount_micros, only)
    outbox.plan(session, project, posting.CREATE_TYPE, f"compensation:{mark}", parameters, now=now)
    call = {
        "hit": hit.id,
        "type": f"compensation:{mark}",
        "compensation": words,
        "MaxAssignments": 1,
        "LifetimeInSeconds": OFFERED,
    }
    whole = hit.reward_micros + hit.fee_micros
    outbox.plan(session, project, posting.CREATE, f"hit:{hit.id}", call, cost_micros=whole, now=now)
    paid = f"pays ${dollars(amount_micros)}; only you can take it"
    text = f"{words}\n\nA HIT called '{parameters['Title']}' {paid}."
    people.letter(session, project, [name], "A HIT that pays you for work you have done", text, now=now)
    return hit


def _is_planned(session: Session, project: Project, subject: str) -> bool:
    query = select(OutboxEntry.id).where(
        OutboxEntry.project_id == project.id,
        OutboxEntry.operation == posting.CREATE_TYPE,
        OutboxEntry.subject == subject,
    )
    return session.scalar(query) is not None


def _hit(session: Session, project: Project, amount_micros: int, now: datetime) -> Hit:
    """Store a HIT without questions: what is handed in there counts for its pay alone."""
    hit = Hit(
        project_id=project.id,
        instructions_id=instructions.current(session, project).id,
        channel=CHANNEL,
        endpoint=project.endpoint,
        external_id=None,
        assignments=1,
        reward_micros=amount_micros,
        fee_micros=fee(amount_micros, 1, Posting.read(project.posting).schedule),
        created_at=now,
    )
    session.add(hit)
    session.flush()
    return hit


def _type(project: Project, amount_micros: int, only: dict[str, str]) -> dict[str, Any]:
    title = f"Compensation: {project.title}"[:128]
    wanted = {
        "QualificationTypeId": only,
        "Comparator": "Exists",
        "ActionsGuarded": "DiscoverPreviewAndAccept",
    }
    return {
        "Title": title,
        "Description": "Pays one worker for work that could not be handed in.",
        "Reward": dollars(amount_micros),
        "AssignmentDurationInSeconds": MINUTES,
        "AutoApprovalDelayInSeconds": 0,
        "QualificationRequirements": [wanted],
    }
