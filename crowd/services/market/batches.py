"""A table in, HITs out; and their results as the table that the old requester site gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import NotFound, bad_input, bad_inputs
from crowd.errors import Problem as Fault
from crowd.models.market import HitType, MarketAccount, MarketBatch, MarketBatchRow
from crowd.questions import layouts as pages
from crowd.services.market import hit_types, hits, layouts, orders, reviews
from crowd.services.market.hit_types import Terms
from crowd.services.market.posed import Posed
from crowd.services.market.profile import PLAIN, Profile
from crowd.services.market.refusals import Refused
from crowd.tables.batches import Inputs, Verdict, names_missing
from crowd.tables.reading import place

OPERATION = "CreateHITWithHITType"


@dataclass(frozen=True, slots=True)
class Offer:
    """How the HITs of a batch are offered."""

    terms: Terms
    assignments: int = 1
    lifetime_seconds: int = 7 * 86_400
    frame_height: int = 0


@dataclass(slots=True)
class Decided:
    """What a table of verdicts brought about."""

    approved: int = 0
    rejected: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


def upload(
    session: Session,
    account: MarketAccount,
    page: str,
    inputs: Inputs,
    offer: Offer,
    *,
    name: str,
    now: datetime,
    profile: Profile = PLAIN,
    watch: Callable[[int], None] = lambda _: None,
) -> MarketBatch:
    """Make one HIT for each row, or none at all; `watch` is told how many there are so far."""
    if missing := names_missing(pages.names(page), inputs):
        wanted = ", ".join(f"${{{each}}}" for each in missing)
        raise bad_input(inputs.name, f"has no column for {wanted} of the page")
    layout = layouts.create(session, account, name, page, frame_height=offer.frame_height, now=now)
    hit_type = hit_types.register(session, account, offer.terms, now=now)
    batch = MarketBatch(
        account_id=account.id,
        layout_id=layout.id,
        hit_type_id=hit_type.id,
        columns=list(inputs.columns),
        created_at=now,
    )
    session.add(batch)
    session.flush()
    for position, cells in enumerate(inputs.rows, 1):
        given = dict(zip(inputs.columns, cells, strict=True))
        order = orders.Order(
            offer.lifetime_seconds,
            Posed(layout_id=layout.external_id, parameters=given),
            max_assignments=offer.assignments,
            annotation=annotation(batch),
        )
        with _of_row(inputs, position):
            hit = hits.create(
                session, account, hit_type, order, operation=OPERATION, now=now, profile=profile
            )
        session.flush()
        session.add(MarketBatchRow(hit_id=hit.id, batch_id=batch.id, position=position, cells=given))
        watch(position)
    session.flush()
    return batch


def get(session: Session, account: MarketAccount, batch_id: int) -> MarketBatch:
    """Return a batch of the account."""
    found = session.scalar(
        select(MarketBatch).where(MarketBatch.id == batch_id, MarketBatch.account_id == account.id)
    )
    if found is None:
        raise NotFound(f"there is no batch {batch_id}")
    return found


def of_account(session: Session, account: MarketAccount) -> list[tuple[MarketBatch, HitType]]:
    """Return the account's batches, the newest first."""
    query = select(MarketBatch, HitType).join(HitType, HitType.id == MarketBatch.hit_type_id)
    rows = session.execute(query.where(MarketBatch.account_id == account.id).order_by(MarketBatch.id.desc()))
    return [(batch, hit_type) for batch, hit_type in rows]


def annotation(batch: MarketBatch) -> str:
    """Return the RequesterAnnotation by which programs know the HITs of a batch."""
    return f"BatchId:{batch.id};"


def decide(session: Session, account: MarketAccount, verdicts: list[Verdict], *, now: datetime) -> Decided:
    """Approve and reject as a table says, all of it or nothing; what is decided so already is left alone."""
    decided = Decided()
    for verdict in verdicts:
        try:
            _decide(session, account, verdict, decided, now=now)
        except Refused as error:
            decided.faults.append(Fault(verdict.where, error.message))
    if decided.faults:
        raise bad_inputs(decided.faults, what="the verdicts")
    return decided


def _decide(
    session: Session, account: MarketAccount, verdict: Verdict, decided: Decided, *, now: datetime
) -> None:
    wanted = "approved" if verdict.approves else "rejected"
    if reviews.get(session, account, verdict.assignment).assignment.state == wanted:
        decided.unchanged += 1
    elif verdict.approves:
        reviews.approve(session, account, verdict.assignment, now=now)
        decided.approved += 1
    else:
        reviews.reject(session, account, verdict.assignment, feedback=verdict.reason, now=now)
        decided.rejected += 1


@contextmanager
def _of_row(inputs: Inputs, position: int) -> Iterator[None]:
    """Name the row in what is refused because of it; want of money is no row's fault."""
    try:
        yield
    except Refused as error:
        if error.reason == "InsufficientFunds":
            raise
        raise bad_input(place(inputs.name, inputs.lines[position - 1]), error.message) from error
