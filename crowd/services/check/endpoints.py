"""Invariants of what is published to endpoints: every HIT there came of one call that was written down."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Text, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from crowd.models import Hit, OutboxEntry
from crowd.services.check.invariant import invariant, lines, within

CREATE = "CreateHITWithHITType"


@invariant(21, "every HIT at an endpoint is there once, and known by the id that its one call brought")
def one_call_per_hit(session: Session, project_id: int | None) -> Iterator[str]:
    """Find HITs that no call of the outbox made, or another than ours, and ids that two of them have."""
    call = (
        (OutboxEntry.project_id == Hit.project_id)
        & (OutboxEntry.operation == CREATE)
        & (OutboxEntry.subject == literal("hit:") + cast(Hit.id, Text))
    )
    is_done = OutboxEntry.state == "done"
    query = (
        select(Hit.id, Hit.external_id, OutboxEntry.state, OutboxEntry.endpoint)
        .outerjoin(OutboxEntry, call)
        .where(within(Hit.project_id, project_id), Hit.endpoint.is_not(None))
        .where(
            or_(
                OutboxEntry.id.is_(None),
                OutboxEntry.endpoint != Hit.endpoint,
                is_done & Hit.external_id.is_(None),
                ~is_done & Hit.external_id.is_not(None),
            )
        )
        .order_by(Hit.id)
    )
    yield from lines(session, query, "HIT {id}: known as {external_id}, its call is {state} at {endpoint}")
    twice = (
        select(Hit.endpoint, Hit.external_id, func.count().label("hits"))
        .where(Hit.endpoint.is_not(None), Hit.external_id.is_not(None))
        .where(within(Hit.project_id, project_id))
        .group_by(Hit.endpoint, Hit.external_id)
        .having(func.count() > 1)
        .order_by(Hit.external_id)
    )
    yield from lines(session, twice, "{external_id} at {endpoint}: is {hits} HITs here")


@invariant(23, "every call that may cost money has that much set aside before it is made")
def costs_are_said(session: Session, project_id: int | None) -> Iterator[str]:
    """Find HITs whose call says another cost than reward and fee for every worker they are for."""
    whole = Hit.assignments * (Hit.reward_micros + Hit.fee_micros)
    query = (
        select(Hit.id, OutboxEntry.cost_micros, whole.label("whole"))
        .join(OutboxEntry, OutboxEntry.subject == literal("hit:") + cast(Hit.id, Text))
        .where(OutboxEntry.project_id == Hit.project_id, OutboxEntry.operation == CREATE)
        .where(within(Hit.project_id, project_id), OutboxEntry.cost_micros != whole)
        .order_by(Hit.id)
    )
    return lines(session, query, "HIT {id}: its call says {cost_micros} micro-dollars, it costs {whole}")
