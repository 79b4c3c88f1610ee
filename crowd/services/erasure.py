"""A worker is forgotten: who they were goes, what they did stays under the pseudonym."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Update, delete, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.errors import Conflict
from crowd.models import (
    Account,
    Answer,
    Case,
    Invitation,
    Item,
    Message,
    Project,
    Quarantined,
    Skip,
    StraySubmission,
    WebSession,
    Worker,
    WorkerToken,
)
from crowd.services import audit, locks
from crowd.services.access.keys import Principal
from crowd.services.market import forget as in_market
from crowd.services.mturk import forget as at_endpoints
from crowd.services.roster import GONE


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed with a worker's name, and how much of their free text is still there."""

    worker: str
    accounts: int
    invitations: int
    sessions: int
    tokens: int
    messages: int
    appeals: int
    endpoint_ids: int  # rows that named them as endpoints and programs know them
    notes: int


@dataclass(frozen=True, slots=True)
class Note:
    """Words of a worker that are part of the record of their work."""

    project: str
    item: str | None
    kind: str  # answer, skip, stray or quarantined
    text: str
    created_at: datetime


def erase(session: Session, principal: Principal, worker: Worker, *, now: datetime) -> Erased:
    """Remove who a worker is: name, account, invitations, sessions, tokens; the text of messages and appeals.

    Answers, restrictions and payments stay under the pseudonym, so that no label loses its origin and
    nobody who was banned comes back unnoticed under it. Notes stay too, and can be listed.

    Raises:
        Conflict: they are erased already, or calls about them are still to be sent to their endpoint.
    """
    principal.require_all_projects()
    locks.name(session, f"workers:{principal.requester_id}")
    session.refresh(worker, with_for_update={"key_share": True})
    if worker.erased_at is not None:
        raise Conflict(f"worker {worker.pseudonym!r} is erased already")
    removed = {
        "accounts": _count(session, delete(Account).where(Account.worker_id == worker.id)),
        "invitations": _count(session, delete(Invitation).where(Invitation.worker_id == worker.id)),
        "sessions": _count(session, delete(WebSession).where(WebSession.worker_id == worker.id)),
        "tokens": _count(session, delete(WorkerToken).where(WorkerToken.worker_id == worker.id)),
        "messages": _count(session, update(Message).where(Message.worker_id == worker.id).values(text=GONE)),
        "appeals": _count(session, update(Case).where(Case.worker_id == worker.id).values(text=GONE)),
    }
    gone = f"{GONE} {worker.pseudonym}"
    at_endpoint = at_endpoints.forget(session, worker, gone) if worker.channel == CHANNEL else 0
    removed["endpoint_ids"] = at_endpoint + in_market.forget(session, worker)
    worker.name = gone
    worker.erased_at = now
    subject = f"worker:{worker.pseudonym}"
    audit.act(session, principal, "worker.erase", subject, details=removed, now=now)
    return Erased(worker=worker.pseudonym, notes=sum(1 for _ in notes(session, worker)), **removed)


def notes(session: Session, worker: Worker) -> Iterator[Note]:
    """Yield what a worker wrote beside answers, skipped questions and pages handed in too late."""
    for kind, model, text in (("answer", Answer, Answer.note), ("skip", Skip, Skip.note)):
        query = (
            select(Project.slug, Item.key, text, model.created_at)
            .join(Item, Item.id == model.item_id)
            .join(Project, Project.id == model.project_id)
            .where(model.worker_id == worker.id, text.is_not(None), text != "")
            .order_by(model.id)
        )
        for slug, key, words, created_at in session.execute(query):
            yield Note(slug, key, kind, words or "", created_at)
    strays = (
        select(Project.slug, StraySubmission.payload, StraySubmission.created_at)
        .join(Project, Project.id == StraySubmission.project_id)
        .where(StraySubmission.worker_id == worker.id)
        .order_by(StraySubmission.id)
    )
    for slug, payload, created_at in session.execute(strays):
        for words in _words(payload):
            yield Note(slug, None, "stray", words, created_at)
    apart = (
        select(Project.slug, Quarantined.answer, Quarantined.created_at)
        .join(Project, Project.id == Quarantined.project_id)
        .where(Project.requester_id == worker.requester_id, Quarantined.worker == worker.name)
        .order_by(Quarantined.id)
    )
    for slug, words, created_at in session.execute(apart if worker.channel == CHANNEL else apart.limit(0)):
        yield Note(slug, None, "quarantined", words, created_at)


def _words(payload: dict[str, Any]) -> Iterator[str]:
    yield from filter(None, payload.get("notes", {}).values())
    yield from filter(None, (skip.get("note") for skip in payload.get("skips", {}).values()))


def _count(session: Session, statement: Delete | Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount
