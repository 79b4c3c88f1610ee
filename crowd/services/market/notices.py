"""What programs are told of their HITs: written down with what happened, and sent on afterwards.

A message is sent again until its receiver has taken it, so it may arrive twice; both have one EventDocId.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy import CursorResult, case, delete, select, update
from sqlalchemy.orm import Session

from crowd.clock import Clock
from crowd.db import Database
from crowd.models import Worker
from crowd.models.market import AccessKey, HitType, MarketAccount, MarketAssignment, MarketHit, Notice
from crowd.services.market import account as accounts
from crowd.services.market import hit_types, limits
from crowd.services.market.transport import Outgoing, Undelivered, check_destination
from crowd.settings import Outlets

PING = "Ping"
VERSIONS = ("2006-05-05", "2014-08-15")
MOST_ATTEMPTS = 14  # with the waits between them, about nine hours
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
KEPT = timedelta(days=30)
AT_ONCE = 100
THREADS = 8

Post = Callable[[Outgoing], None]


def change(
    session: Session,
    hit_type: HitType,
    *,
    notification: Mapping[str, Any] | None,
    active: bool | None,
    outlets: Outlets,
    access_key_id: str | None = None,
) -> None:
    """Say whether and where a HIT type's events are sent; its first destination is in force at once.

    A webhook's messages are signed under the key of who asks for them, for whose secret they know.
    """
    if notification is None and active is None:
        raise limits.invalid("Either the Notification parameter or the Active parameter must be specified.")
    if notification is None and hit_type.notification is None:
        raise limits.invalid("The HIT type has no notification specification; give one in Notification.")
    if notification is not None:
        check(notification, outlets)
        if PING in notification["EventTypes"]:
            raise limits.invalid("The event type Ping is only valid for SendTestEventNotification.")
        hit_type.notifies = hit_type.notifies or hit_type.notification is None
        hit_type.notification = dict(notification)
        hit_type.notification_key = access_key_id
    if active is not None:
        hit_type.notifies = active
    session.flush()


def check(notification: Mapping[str, Any], outlets: Outlets) -> None:
    """Raise unless this server can send what a specification asks for."""
    if notification["Version"] not in VERSIONS:
        raise limits.invalid(f"Version must be {' or '.join(VERSIONS)}, not {notification['Version']!r}.")
    if not notification["EventTypes"]:
        raise limits.invalid("EventTypes must name at least one type of event.")
    check_destination(notification["Transport"], notification["Destination"], outlets)


def emit(
    session: Session,
    hit: MarketHit,
    event: str,
    *,
    assignment: MarketAssignment | None = None,
    now: datetime,
) -> None:
    """Write down what happened to a HIT, for whoever its type says is to be told of it."""
    hit_type = hit_types.of(session, hit.hit_type_id)
    wanted = hit_type.notification
    if not hit_type.notifies or wanted is None or event not in wanted["EventTypes"]:
        return
    about = {
        "HITGroupId": hit_type.group_id,
        **_happened(event, now),
        "HITId": hit.external_id,
        "HITTypeId": hit_type.external_id,
    }
    if assignment is not None:
        about["AssignmentId"] = assignment.external_id
        about["WorkerId"] = accounts.person(session, session.get_one(Worker, assignment.worker_id))
    _write(session, hit.account_id, wanted, about, hit_type.notification_key, now)


def test(
    session: Session,
    account: MarketAccount,
    notification: Mapping[str, Any],
    event: str,
    *,
    outlets: Outlets,
    access_key_id: str | None,
    now: datetime,
) -> None:
    """Send an event that did not happen, so that a program can try its receiver."""
    check(notification, outlets)
    about = _happened(event, now)
    if event != PING:
        about |= {"HITGroupId": "TESTHITGROUP", "HITId": "TESTHIT", "HITTypeId": "TESTHITTYPE"}
    if event.startswith("Assignment"):
        about |= {"AssignmentId": "TESTASSIGNMENT", "WorkerId": "ATESTWORKER"}
    _write(session, account.id, notification, about, access_key_id, now)


def deliver(database: Database, post: Post, clock: Clock) -> int:
    """Send what waits, destinations side by side, and return how much arrived.

    Nothing is sent inside a transaction. One that is lost after a message went out sends it again.
    """
    arrived = 0
    with ThreadPoolExecutor(THREADS, "notices") as threads:
        while groups := _waiting(database, clock()):
            arrived += sum(threads.map(partial(_hand_over, database, post, clock), groups))
    return arrived


def _waiting(database: Database, now: datetime) -> list[list[tuple[int, Outgoing]]]:
    """Return messages that are due, by destination and in the order in which things happened."""
    query = (
        select(Notice, MarketAccount)
        .join(MarketAccount, MarketAccount.id == Notice.account_id)
        .where(Notice.state == "waiting", Notice.next_at <= now)
        .order_by(Notice.id)
        .limit(AT_ONCE)
    )
    groups: dict[tuple[int, str], list[tuple[int, Outgoing]]] = {}
    with database.read() as session:
        keys: dict[tuple[int, str | None], str | None] = {}
        for notice, account in session.execute(query):
            asked = account.id, notice.access_key_id
            if asked not in keys:
                keys[asked] = _key_of(session, account, notice.access_key_id, now)
            outgoing = Outgoing(notice.transport, notice.destination, document(notice, account), keys[asked])
            groups.setdefault((account.id, notice.destination), []).append((notice.id, outgoing))
    return list(groups.values())


def prune(session: Session, *, now: datetime) -> int:
    """Forget messages that arrived, or were given up, long ago; return how many."""
    over = delete(Notice).where(Notice.state != "waiting", Notice.created_at < now - KEPT)
    return cast("CursorResult[Any]", session.execute(over)).rowcount


def document(notice: Notice, account: MarketAccount) -> str:
    """Return a message as it is sent."""
    return json.dumps(
        {
            "Events": notice.events,
            "EventDocId": notice.document_id,
            "SourceAccount": f"{account.id:012}",
            "CustomerId": account.external_id,
            "EventDocVersion": notice.version,
        }
    )


def _key_of(session: Session, account: MarketAccount, asked: str | None, now: datetime) -> str | None:
    """Return the id of the key that signs: the one that asked, or the newest of those in force."""
    query = select(AccessKey.access_key_id).where(
        AccessKey.requester_id == account.requester_id,
        AccessKey.revoked_at.is_(None),
        AccessKey.expires_at.is_(None) | (AccessKey.expires_at > now),
    )
    is_asked = case((AccessKey.access_key_id == asked, 1), else_=0)
    return session.scalar(query.order_by(is_asked.desc(), AccessKey.id.desc()).limit(1))


def _hand_over(database: Database, post: Post, clock: Clock, group: Sequence[tuple[int, Outgoing]]) -> int:
    """Send one destination's messages; when one does not arrive, the others wait as long as it does."""
    for count, (notice_id, outgoing) in enumerate(group):
        try:
            post(outgoing)
        except Undelivered as error:
            database.transact(partial(_postpone, notice_id, str(error), clock))
            return count
        database.transact(partial(_note_arrival, notice_id))
    return len(group)


def _note_arrival(notice_id: int, session: Session) -> None:
    notice = session.get_one(Notice, notice_id)
    notice.state, notice.attempts, notice.error = "sent", notice.attempts + 1, None


def _postpone(notice_id: int, error: str, clock: Clock, session: Session) -> None:
    notice = session.get_one(Notice, notice_id)
    notice.attempts, notice.error = notice.attempts + 1, error
    wait = min(FIRST_WAIT * 2 ** (notice.attempts - 1), LONGEST_WAIT)
    if notice.attempts >= MOST_ATTEMPTS:
        notice.state = "failed"
    others = update(Notice).where(
        Notice.account_id == notice.account_id,
        Notice.destination == notice.destination,
        Notice.state == "waiting",
        Notice.next_at < clock() + wait,
    )
    session.flush()
    session.execute(others.values(next_at=clock() + wait), execution_options={"synchronize_session": False})


def _happened(event: str, now: datetime) -> dict[str, str]:
    return {"EventType": event, "EventTimestamp": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _write(
    session: Session,
    account_id: int,
    wanted: Mapping[str, Any],
    about: dict[str, str],
    access_key_id: str | None,
    now: datetime,
) -> None:
    is_webhook = wanted["Transport"] == "SNS" and not wanted["Destination"].startswith("arn:")
    session.add(
        Notice(
            account_id=account_id,
            document_id=uuid.uuid4().hex,
            access_key_id=access_key_id,
            version=wanted["Version"],
            destination=wanted["Destination"],
            transport="webhook" if is_webhook else wanted["Transport"],
            events=[about],
            next_at=now,
            created_at=now,
        )
    )
    session.flush()
