"""Notifications of endpoints are hints: each is kept once, and its HITs are looked at soon."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.notices import SecretOf, verify
from crowd.channels.mturk.posting import Posting
from crowd.db import chunks
from crowd.errors import Forbidden, NotFound, bad_input
from crowd.models import Hit, Project, ReceivedNotice
from crowd.services import locks

# Events after which there is something to bring back.
TELLING = frozenset(
    {"AssignmentSubmitted", "AssignmentApproved", "AssignmentRejected", "HITReviewable", "HITExpired"}
)
MOST_HITS = 1000


@dataclass(frozen=True, slots=True)
class Post:
    """What came to the address of a project: the body, and the header that may sign it."""

    body: bytes
    signature: str
    secret_of: SecretOf
    at: datetime  # by the clock on the wall, as a sender's is


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A topic's question whether our address is to be told, and the token that says yes."""

    topic: str
    token: str


log = structlog.get_logger("crowd.mturk")


def token(secret_key: str, project_id: int) -> str:
    """Return what only this server and whoever it told can put into the address for a project's notices."""
    return hmac.digest(secret_key.encode(), f"notices:{project_id}".encode(), "sha256").hex()[:40]


def hear(
    session: Session, project_id: int, given: str, post: Post, *, secret_key: str, now: datetime
) -> Confirmation | None:
    """Keep a notification that is new; return what its sender wants confirmed first, if that is ours.

    The body is the document itself, or an envelope of SNS around it. From a topic only envelopes are taken,
    and only of the one that the project has subscribed to; from a webhook only what is signed.

    Raises:
        NotFound: the token is not this project's.
        Forbidden: it comes from elsewhere, or the signature is not right.
        Unprocessable: it is no notification.
    """
    if not hmac.compare_digest(given.encode(), token(secret_key, project_id).encode()):
        raise NotFound("no such address")
    project = session.get(Project, project_id)
    if project is None:
        raise NotFound("no such address")
    posting = Posting.read(project.posting)
    if post.signature or posting.webhook:
        verify(post.signature, post.body, post.secret_of, now=post.at)
    envelope = _object(post.body)
    topic = str(envelope.get("TopicArn", ""))[:300]
    if posting.topic and topic != posting.topic:
        log.warning("notice from elsewhere", project=project.slug, topic=topic)
        raise Forbidden("this project has subscribed to another topic")
    if envelope.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return _asked(envelope, posting.topic)
    keep(session, [project], [post.body], now=now)
    return None


def keep(session: Session, projects: Sequence[Project], bodies: Iterable[bytes], *, now: datetime) -> int:
    """Keep what is new of these documents for the projects that it may be about; return how much.

    One project may be about anything; where several read one queue, each keeps what names its own HITs.

    Raises:
        Unprocessable: one of them is no notification.
    """
    told = dict(read(body) for body in bodies)
    kept = 0
    for project in sorted(projects, key=lambda each: each.id):
        own = told if len(projects) == 1 else _own(session, project, told)
        for document in sorted(own):  # as everybody does, so that nobody waits in a circle
            kept += _keep(session, project, document, own[document], now)
    return kept


def _own(session: Session, project: Project, told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the documents that name HITs of a project, with only these."""
    named = sorted({hit for hits in told.values() for hit in hits})
    ours = select(Hit.external_id).where(Hit.project_id == project.id)
    own = {hit for some in chunks(named) for hit in session.scalars(ours.where(Hit.external_id.in_(some)))}
    found = {document: [hit for hit in hits if hit in own] for document, hits in told.items()}
    return {document: hits for document, hits in found.items() if hits}


def _keep(session: Session, project: Project, document: str, hits: list[str], now: datetime) -> bool:
    locks.name(session, f"notice:{project.id}:{document}")
    known = select(ReceivedNotice.id).where(
        ReceivedNotice.project_id == project.id, ReceivedNotice.document_id == document
    )
    if session.scalar(known) is not None:
        return False
    session.add(ReceivedNotice(project_id=project.id, document_id=document, hits=hits, created_at=now))
    session.flush()
    return True


def _asked(envelope: Mapping[str, Any], topic: str) -> Confirmation | None:
    """Return the confirmation that our topic asks for; that it has ended needs none."""
    if not topic:
        log.warning("subscription not confirmed", topic=str(envelope.get("TopicArn"))[:300])
        raise Forbidden("no topic is subscribed to: crowd mturk subscribe PROJECT --topic ARN")
    if envelope.get("Type") == "UnsubscribeConfirmation":
        return None
    secret = envelope.get("Token")
    if not isinstance(secret, str) or not 0 < len(secret) <= 2000:
        raise bad_input("Token", "is missing")
    return Confirmation(topic, secret)


def read(body: bytes) -> tuple[str, list[str]]:
    """Return a notification's id, and the HITs on which something was handed in or decided."""
    document = _object(body)
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
