"""Notifications of endpoints are hints: each is kept once, and its HITs are looked at soon."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Forbidden, NotFound, bad_input
from crowd.models import Project, ReceivedNotice
from crowd.services import locks

# Events after which there is something to bring back.
TELLING = frozenset(
    {"AssignmentSubmitted", "AssignmentApproved", "AssignmentRejected", "HITReviewable", "HITExpired"}
)
MOST_HITS = 1000

log = structlog.get_logger("crowd.mturk")


def token(secret_key: str, project_id: int) -> str:
    """Return what only this server and whoever it told can put into the address for a project's notices."""
    return hmac.digest(secret_key.encode(), f"notices:{project_id}".encode(), "sha256").hex()[:40]


def hear(
    session: Session, project_id: int, given: str, body: bytes, *, secret_key: str, now: datetime
) -> bool:
    """Keep a notification that is new; False for one that came before, in whatever order.

    The body is the document itself, or an envelope of SNS around it. A topic's request to confirm its
    subscription is refused: this server opens no address that somebody sends it.

    Raises:
        NotFound: the token is not this project's.
        Forbidden: it asks for a confirmation.
        Unprocessable: it is no notification.
    """
    if not hmac.compare_digest(given.encode(), token(secret_key, project_id).encode()):
        raise NotFound("no such address")
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound("no such address")
    document, hits = read(body)
    locks.name(session, f"notice:{project_id}:{document}")
    known = select(ReceivedNotice.id).where(
        ReceivedNotice.project_id == project.id, ReceivedNotice.document_id == document
    )
    if session.scalar(known) is not None:
        return False
    session.add(ReceivedNotice(project_id=project.id, document_id=document, hits=hits, created_at=now))
    session.flush()
    return True


def read(body: bytes) -> tuple[str, list[str]]:
    """Return a notification's id, and the HITs on which something was handed in or decided."""
    document = _object(body)
    if document.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        log.warning("subscription not confirmed", topic=str(document.get("TopicArn"))[:300])
        raise Forbidden("confirm the subscription yourself: this server opens no address it is sent")
    if document.get("Type") == "Notification":
        document = _object(document.get("Message", ""))
    events = document.get("Events")
    if not isinstance(events, list):
        raise bad_input("Events", "is missing: this is no notification of the MTurk protocol")
    named = document.get("EventDocId") or hashlib.sha256(body).hexdigest()
    return str(named)[:255], sorted(set(_hits(events)))[:MOST_HITS]


def hinted(session: Session, since: datetime, until: datetime) -> dict[int, set[str]]:
    """Return the HITs that notifications of this time named, by project."""
    heard = select(ReceivedNotice).where(
        ReceivedNotice.created_at >= since, ReceivedNotice.created_at < until
    )
    found: dict[int, set[str]] = {}
    for notice in session.scalars(heard.order_by(ReceivedNotice.id)):
        found.setdefault(notice.project_id, set()).update(notice.hits)
    return {project_id: hits for project_id, hits in found.items() if hits}


def _hits(events: list[Any]) -> Iterator[str]:
    for event in events:
        if not isinstance(event, Mapping) or event.get("EventType") not in TELLING:
            continue
        hit = event.get("HITId")
        if isinstance(hit, str) and 0 < len(hit) <= 64:
            yield hit


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise bad_input("body", "is no JSON") from None
    if not isinstance(value, dict):
        raise bad_input("body", "is no JSON object")
    return value
