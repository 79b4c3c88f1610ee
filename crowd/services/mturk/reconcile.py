"""Our rows beside what the endpoint has: calls in doubt are settled, HITs nobody knows of are ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError
from crowd.clock import Clock
from crowd.db import Database
from crowd.models import OutboxEntry, Project
from crowd.services.mturk import hits, outbox, outcome, posting, sender
from crowd.services.mturk.effects import EFFECTS

log = structlog.get_logger("crowd.mturk")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a look at the endpoint came to."""

    adopted: int = 0  # calls that turned out to be done
    released: int = 0  # calls that turned out never to have happened: they may be sent again
    orphans: int = 0  # HITs with our mark that no row knows: from before the database was restored
    duplicates: int = 0  # second HITs of one row

    @property
    def differences(self) -> int:
        """Count what was not as we thought."""
        return self.adopted + self.released + self.orphans + self.duplicates


def doubts(session: Session, endpoint: str, now: datetime) -> int:
    """Count the calls that may have happened and are too old to be repeated unseen."""
    return sum(outbox.is_too_old(entry, now) for entry in _open(session, endpoint))


def reconcile(database: Database, caller: Caller, *, endpoint: str, clock: Clock) -> Reconciled | None:
    """Compare the outbox with all HITs at an endpoint; None while another process sends there."""
    with sender.held(database, endpoint, clock) as term:
        if term is None:
            return None
        with database.read() as session:
            marks = _marks(session, endpoint)
        listed = _listed(caller, set(marks))
        made = database.transact(lambda session: _settle_hits(session, endpoint, listed, clock()))
        ended = database.transact(lambda session: _end_strays(session, marks, endpoint, listed, clock()))
        others = _settle_others(database, caller, endpoint, clock)
    result = Reconciled(made[0] + others[0], made[1] + others[1], *ended)
    if result.differences:
        log.warning(
            "reconciled", endpoint=endpoint, **{name: getattr(result, name) for name in result.__slots__}
        )
    return result


def _listed(caller: Caller, marks: set[str]) -> dict[str, list[Reply]]:
    """Return the HITs of ours at the endpoint by annotation; pages may overlap, so each once."""
    found: dict[str, dict[str, Reply]] = defaultdict(dict)
    for page in caller.pages("ListHITs", "HITs"):
        for hit in page:
            annotation = hit.get("RequesterAnnotation", "")
            if annotation.rpartition("-")[0] in marks:
                found[annotation][hit["HITId"]] = hit
    return {annotation: list(copies.values()) for annotation, copies in found.items()}


def _settle_hits(
    session: Session, endpoint: str, listed: Mapping[str, list[Reply]], now: datetime
) -> tuple[int, int]:
    """Record the HITs that were made, and let those be made that were not."""
    adopted = released = 0
    for entry in _open(session, endpoint):
        if entry.operation != posting.CREATE:
            continue
        if entry.token in listed:
            oldest = min(listed[entry.token], key=lambda hit: hit["CreationTime"])
            outcome.succeed(session, entry, {"HIT": oldest}, now=now)
            adopted += 1
        elif outbox.is_too_old(entry, now):
            _release(entry, now)
            released += 1
    return adopted, released


def _end_strays(
    session: Session,
    marks: Mapping[str, int],
    endpoint: str,
    listed: Mapping[str, list[Reply]],
    now: datetime,
) -> tuple[int, int]:
    """Plan the end of HITs that bear our mark and are no row's, or a row's second."""
    known = select(OutboxEntry.token, OutboxEntry.result).where(
        OutboxEntry.endpoint == endpoint, OutboxEntry.operation == posting.CREATE
    )
    ours = {token: result for token, result in session.execute(known)}
    orphans = duplicates = 0
    for annotation, copies in listed.items():
        project = session.get_one(Project, marks[annotation.rpartition("-")[0]])
        for hit in copies:
            if annotation in ours and (ours[annotation] or {}).get("HITId") in (hit["HITId"], None):
                continue
            duplicates, orphans = duplicates + (annotation in ours), orphans + (annotation not in ours)
            parameters = {"HITId": hit["HITId"], "ExpireAt": now}
            subject = f"stray:{hit['HITId']}"
            outbox.plan(session, project, hits.EXPIRE, subject, parameters, endpoint=endpoint, now=now)
            log.warning("stray HIT", endpoint=endpoint, hit=hit["HITId"], annotation=annotation)
    return orphans, duplicates


def _settle_others(database: Database, caller: Caller, endpoint: str, clock: Clock) -> tuple[int, int]:
    """Ask about other calls that are too old to be repeated, one by one."""
    adopted = released = 0
    with database.read() as session:
        old = [entry for entry in _open(session, endpoint) if outbox.is_too_old(entry, clock())]
    for entry in old:
        confirm = EFFECTS[entry.operation].confirm
        if entry.operation == posting.CREATE or confirm is None:
            continue
        try:
            reply = confirm(caller, entry, None)
        except CallError as error:
            log.warning("cannot settle", operation=entry.operation, subject=entry.subject, error=str(error))
            continue
        database.transact(partial(_settle, entry.id, reply, clock()))
        adopted, released = adopted + (reply is not None), released + (reply is None)
    return adopted, released


def _settle(entry_id: int, reply: Reply | None, now: datetime, session: Session) -> None:
    entry = session.get_one(OutboxEntry, entry_id, with_for_update=True, populate_existing=True)
    if entry.state == "done":
        return
    if reply is None:
        _release(entry, now)
    else:
        outcome.succeed(session, entry, reply, now=now)


def _release(entry: OutboxEntry, now: datetime) -> None:
    """Let a call be sent that was not made: its token is as good as new."""
    entry.state, entry.first_sent_at, entry.next_at = "planned", None, now


def _open(session: Session, endpoint: str) -> list[OutboxEntry]:
    query = select(OutboxEntry).where(sender.OPEN, OutboxEntry.endpoint == endpoint)
    query = query.where(OutboxEntry.first_sent_at.is_not(None)).order_by(OutboxEntry.id)
    return list(session.scalars(query))


def _marks(session: Session, endpoint: str) -> dict[str, int]:
    """Return the projects that have published to an endpoint, by what their tokens begin with."""
    at = select(OutboxEntry.project_id).where(OutboxEntry.endpoint == endpoint)
    published = select(Project).where((Project.endpoint == endpoint) | Project.id.in_(at))
    return {outbox.mark(project): project.id for project in session.scalars(published)}
