"""Pages that somebody looks at before they are paid: accepted, rejected, and rejected wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import Conflict, NotFound, bad_input
from crowd.models import Answer, AnswerFlag, Assignment, Gold, Hit, Item, Project, Slot, Worker
from crowd.models.states import advance
from crowd.services import audit, locks, pay, publish
from crowd.services.access.keys import Principal
from crowd.services.mturk import verdicts
from crowd.services.people import messages
from crowd.services.trust import reinstate

Verdict = Literal["accepted", "soft_rejected", "rejected", "overturned"]
VERDICTS: tuple[Verdict, ...] = ("accepted", "soft_rejected", "rejected", "overturned")
BEFORE: Mapping[Verdict, str] = {
    "accepted": "pending",
    "soft_rejected": "pending",
    "rejected": "pending",
    "overturned": "rejected",
}
REJECTIONS = ("soft_rejected", "rejected")


@dataclass(frozen=True, slots=True)
class Said:
    """One answer on a page under review; `gold` is what is known to be right, where it is."""

    item: str
    value: str
    seconds: float | None
    note: str | None
    gold: str | None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page that was handed in, as a reviewer sees it."""

    id: int
    worker: str
    submitted_at: datetime
    active_seconds: float | None
    amount_micros: int
    review: str
    answers: tuple[Said, ...]


def pages(
    session: Session, project: Project, *, review: str = "pending", after: int = 0, limit: int
) -> list[ReviewPage]:
    """Return pages in this state of review, oldest first."""
    query = (
        select(Assignment, Worker.pseudonym)
        .join(Worker, Worker.id == Assignment.worker_id)
        .where(Assignment.project_id == project.id, Assignment.work == "submitted")
        .where(Assignment.kind == "work", Assignment.review == review, Assignment.id > after)
        .order_by(Assignment.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    said = _said(session, [row.id for row, _ in rows])
    return [
        ReviewPage(
            row.id,
            worker,
            row.submitted_at,
            row.active_seconds,
            row.amount_micros,
            row.review,
            tuple(said.get(row.id, ())),
        )
        for row, worker in rows
        if row.submitted_at is not None
    ]


def decide(
    session: Session,
    principal: Principal,
    project: Project,
    page_ids: Sequence[int],
    verdict: Verdict,
    *,
    reason: str = "",
    now: datetime,
) -> int:
    """Give a verdict on pages: all of them, or none; return how many it changed.

    Accepted and softly rejected pages are paid, rejected ones are not; the answers of both rejections
    no longer count. The places of a rejected page are offered again, to others. A rejection that is
    overturned is paid after all; its answers stay out, for others are asked already.
    """
    if verdict in REJECTIONS and not reason.strip():
        raise bad_input("reason", "is needed for a rejection: the worker is told")
    changing = apply(session, project, page_ids, verdict, reason=reason, now=now)
    if not changing:
        return 0
    details = {"pages": [page.id for page in changing], "reason": reason}
    subject = f"project:{project.id}"
    audit.act(session, principal, f"review.{verdict}", subject, project=project, details=details, now=now)
    return len(changing)


def apply(
    session: Session,
    project: Project,
    page_ids: Sequence[int],
    verdict: Verdict,
    *,
    reason: str = "",
    now: datetime,
) -> list[Assignment]:
    """Do what a verdict on these pages means; return those it changed. Nothing says who gave it."""
    locks.step(session, project)
    locks.terms(session, project)
    changing = _locked(session, project, page_ids, verdict)
    if not changing:
        return []
    if verdict in REJECTIONS:
        excluded = _exclude(session, project, changing, f"{verdict}: {reason}", now)
    for some in chunks([page.id for page in changing]):
        advance(session, Assignment, "review", (BEFORE[verdict], verdict), Assignment.id.in_(some))
    elsewhere = _elsewhere(session, changing)
    if there := [page for page in changing if page.id in elsewhere]:
        _settle_elsewhere(session, project, there, verdict, reason, now)
    _settle(session, project, [page for page in changing if page.id not in elsewhere], verdict, now)
    if verdict == "rejected":
        _reopen(session, project, excluded, f"review:{changing[0].id}", now)
        _tell(session, project, changing, reason, now)
    return changing


def _locked(
    session: Session, project: Project, page_ids: Sequence[int], verdict: Verdict
) -> list[Assignment]:
    """Return the pages that the verdict changes, locked; raise where one is absent or decided otherwise."""
    wanted = sorted(set(page_ids))
    found: dict[int, Assignment] = {}
    for some in chunks(wanted):
        query = select(Assignment).where(
            Assignment.project_id == project.id, Assignment.id.in_(some), Assignment.kind == "work"
        )
        query = query.where(Assignment.work == "submitted").order_by(Assignment.id).with_for_update()
        rows = session.scalars(query, execution_options={"populate_existing": True})
        found.update({row.id: row for row in rows})
    for page_id in wanted:
        if page_id not in found:
            raise NotFound(f"no page {page_id} that was handed in")
        if found[page_id].review not in (BEFORE[verdict], verdict):
            raise Conflict(f"page {page_id} is {found[page_id].review} and cannot become {verdict}")
    return [page for page in found.values() if page.review != verdict]


def _exclude(
    session: Session, project: Project, pages: Sequence[Assignment], reason: str, now: datetime
) -> list[int]:
    """Flag the pages' answers, void their slots; return the items that want another answer."""
    item_ids: list[int] = []
    for some in chunks([page.id for page in pages]):
        query = select(Answer.id, Slot.id.label("slot"), Slot.item_id, Slot.gold_id)
        query = query.join(Slot, Slot.id == Answer.slot_id).where(Slot.assignment_id.in_(some))
        rows = session.execute(
            query.where(Answer.id.not_in(reinstate.excluded(project))).order_by(Answer.id)
        ).all()
        flag = {"project_id": project.id, "kind": "excluded", "reason": reason, "created_at": now}
        if rows:
            session.execute(insert(AnswerFlag), [{**flag, "answer_id": row.id} for row in rows])
        for slots in chunks([row.slot for row in rows]):
            advance(session, Slot, "state", ("done", "void"), Slot.id.in_(slots))
        item_ids += [row.item_id for row in rows if row.gold_id is None]
    publish.want_fewer(session, Counter(item_ids))
    return item_ids


def _elsewhere(session: Session, pages: Sequence[Assignment]) -> set[int]:
    """Return those of these pages that an endpoint pays."""
    found: set[int] = set()
    for some in chunks([page.id for page in pages]):
        query = select(Assignment.id).join(Hit, Hit.id == Assignment.hit_id)
        found.update(session.scalars(query.where(Assignment.id.in_(some), Hit.endpoint.is_not(None))))
    return found


def _settle(
    session: Session, project: Project, pages: Sequence[Assignment], verdict: Verdict, now: datetime
) -> None:
    """Make the pages' amounts due, or give the money back; an overturned rejection reserves it anew."""
    amounts = {page.id: page.amount_micros for page in pages if page.amount_micros}
    if verdict == "rejected":
        freed = {f"rejected:{page_id}": amount for page_id, amount in amounts.items()}
        pay.void_all(session, project.id, freed, now=now)
        return
    if verdict == "overturned":
        for page_id, amount in amounts.items():
            pay.reserve(session, project.id, amount, key=f"overturned:{page_id}", now=now)
    for some in chunks(sorted(amounts)):
        advance(session, Assignment, "payment", ("none", "due"), Assignment.id.in_(some))


def _settle_elsewhere(
    session: Session,
    project: Project,
    pages: Sequence[Assignment],
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> None:
    """Let the endpoint pay or not; our books follow what it says."""
    if verdict == "rejected":
        verdicts.reject(session, project, pages, reason, now=now)
    elif verdict == "overturned":
        verdicts.override(session, project, pages, now=now)
    else:
        verdicts.approve(session, project, pages, now=now)


def _reopen(session: Session, project: Project, item_ids: Sequence[int], cause: str, now: datetime) -> None:
    """Offer the places again, one round for each answer an item lost, as far as the budget reaches."""
    asked: set[int] = set()
    for some in chunks(sorted(set(item_ids))):
        query = select(Item.id).where(Item.id.in_(some), Item.state.in_(("asking", "settled", "given_up")))
        asked.update(session.scalars(query))
    lost = Counter(item_id for item_id in item_ids if item_id in asked)
    number = 0
    while lost:
        again = publish.fundable(session, project, sorted(lost))
        if not again:
            return
        publish.ask_again(session, project, again, cause=f"{cause}:{number}", now=now)
        lost = Counter({item_id: n - 1 for item_id, n in lost.items() if n > 1})
        number += 1


def _tell(
    session: Session, project: Project, pages: Sequence[Assignment], reason: str, now: datetime
) -> None:
    for page in pages:
        worker = session.get_one(Worker, page.worker_id)
        if worker.channel == "pool" and worker.erased_at is None:
            messages.send(
                session,
                requester_id=project.requester_id,
                worker=worker,
                sender="requester",
                text=f"A page you handed in was rejected: {reason}"[: messages.LONGEST],
                project=project,
                assignment=page,
                now=now,
            )


def _said(session: Session, page_ids: Sequence[int]) -> dict[int, list[Said]]:
    query = (
        select(Slot.assignment_id, Item.key, Answer.value, Answer.seconds, Answer.note, Gold.label)
        .join(Answer, Answer.slot_id == Slot.id)
        .join(Item, Item.id == Slot.item_id)
        .outerjoin(Gold, Gold.id == Slot.gold_id)
        .where(Slot.assignment_id.in_(page_ids))
        .order_by(Slot.assignment_id, Slot.position)
    )
    found: dict[int, list[Said]] = {}
    for page_id, key, value, seconds, note, gold in session.execute(query):
        found.setdefault(page_id, []).append(Said(key, value, seconds, note, gold))
    return found
