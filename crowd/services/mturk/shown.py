"""The page of a HIT as our own server shows it in an endpoint's frame: composed for whoever accepted it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.channels.mturk.posting import CHANNEL, Posting
from crowd.errors import Forbidden, NotFound
from crowd.models import Assignment, Hit, HitQuestion, OutboxEntry, Project, Slot, Worker
from crowd.models.conditions import LIVE
from crowd.services.mturk import exchange, hits, posting
from crowd.services.mturk.exchange import Exchanged
from crowd.services.people import eligibility
from crowd.services.trust import exam

PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and the origins that its answers may go to."""

    page: Page
    hosts: tuple[str, ...]


def show(session: Session, token: str, *, assignment: str, worker: str, now: datetime) -> Shown:
    """Return the page that a HIT's address stands for: without gold while it is only looked at.

    What the address says of the worker is anybody's word. It decides who is turned away and which gold is
    shown, never who is recorded: that is what the endpoint lists. A preview changes nothing.

    Raises:
        NotFound: no HIT has this token.
        Forbidden: this worker has answered these items, or may not work here.
    """
    entry = session.scalars(
        select(OutboxEntry).where(OutboxEntry.token == token, OutboxEntry.operation == posting.CREATE)
    ).first()
    if entry is None:
        raise NotFound("no such page")
    hit = session.get_one(Hit, entry.parameters["hit"])
    project = session.get_one(Project, hit.project_id)
    is_preview = assignment in ("", PREVIEW)
    known = None if is_preview else _known(session, project, worker)
    exchanged: Exchanged = {}
    if known is not None:
        examined = _admit(session, project, hit, known, assignment, now)
        exchanged = exchange.compose(session, project, hit, known, examined=examined)
    assert hit.endpoint is not None
    page = hits.page(session, project, hit, with_gold=not is_preview, exchanged=exchanged)
    return Shown(page, Posting.read(project.posting).hosts(hit.endpoint))


def _known(session: Session, project: Project, name: str) -> Worker | None:
    """Return the worker of this name, if anything of theirs was collected before."""
    mine = Worker.requester_id == project.requester_id, Worker.channel == CHANNEL
    return session.scalars(select(Worker).where(*mine, Worker.name == name)).first()


def _admit(
    session: Session, project: Project, hit: Hit, worker: Worker, assignment: str, now: datetime
) -> int:
    """Turn away whoever has answered one of these items before, whatever the endpoint let them accept.

    A worker who sits an exam is let in for its questions; return how many are still to be asked.
    """
    found = [each for each in eligibility.reasons(session, project, worker, now=now) if each.code != "state"]
    examined = _examined(session, project, worker, now) if [each.code for each in found] == ["exam"] else 0
    if found and not examined:
        raise Forbidden(f"{found[0].text}: please return this HIT")
    if Posting.read(project.posting).worked and _has_worked(session, project, worker, assignment):
        raise Forbidden("you have handed in a page of this project already: please return this HIT")
    if _has_answered(session, hit, worker):
        raise Forbidden("you have answered these questions already: please return this HIT")
    return examined


def _examined(session: Session, project: Project, worker: Worker, now: datetime) -> int:
    """Return how many questions of an exam can still be asked; 0 where all gold was seen."""
    return min(exam.wanted(session, project, worker, now=now), exam.unseen(session, project, worker))


def _has_worked(session: Session, project: Project, worker: Worker, assignment: str) -> bool:
    mine = Assignment.project_id == project.id, Assignment.worker_id == worker.id
    return bool(session.scalar(select(exists().where(*mine, Assignment.external_id != assignment))))


def _has_answered(session: Session, hit: Hit, worker: Worker) -> bool:
    query = select(Slot.id).join(HitQuestion, HitQuestion.item_id == Slot.item_id)
    query = query.where(HitQuestion.hit_id == hit.id, HitQuestion.gold_id.is_(None))
    return session.scalar(query.where(Slot.worker_id == worker.id, LIVE).limit(1)) is not None
