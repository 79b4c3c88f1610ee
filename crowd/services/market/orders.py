"""What a program says of one HIT: checked, and the HIT that is to come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crowd.models.market import HitType, MarketAccount, MarketHit
from crowd.services.market import ids, limits, money
from crowd.services.market.posed import Posed, Resolved
from crowd.services.market.profile import Profile


@dataclass(frozen=True, slots=True)
class Order:
    """What a program says of one HIT, beside its type."""

    lifetime_seconds: int
    posed: Posed
    max_assignments: int = 1
    annotation: str | None = None
    token: str | None = None
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the level they are for


def draft(
    account: MarketAccount,
    hit_type: HitType,
    order: Order,
    question: Resolved,
    now: datetime,
    profile: Profile,
) -> MarketHit:
    """Return a HIT as it is to be, with no money yet."""
    return MarketHit(**values(account, hit_type, order, question, now, profile))


def values(
    account: MarketAccount,
    hit_type: HitType,
    order: Order,
    question: Resolved,
    now: datetime,
    profile: Profile,
) -> dict[str, Any]:
    """Return the values of a HIT's columns as it is to be, with no money yet; those left out are none."""
    is_large = order.max_assignments >= money.LARGE
    return {
        "account_id": account.id,
        "hit_type_id": hit_type.id,
        "layout_id": question.layout_id,
        "external_id": ids.entity(),
        "question": question.xml,
        "question_kind": question.kind,
        "annotation": order.annotation,
        "max_assignments": order.max_assignments,
        "open": order.max_assignments,
        "is_large": is_large,
        "fee_micros": money.fee(hit_type, is_large=is_large, profile=profile),
        "is_prepaid": profile.holds_money,
        "held_micros": 0,
        "moves": 0,
        "told": [],
        "expires_at": now + timedelta(seconds=order.lifetime_seconds),
        "is_reviewing": False,
        "review_status": "NotReviewed",
        "assignment_policy": order.policies.get("Assignment"),
        "hit_policy": order.policies.get("HIT"),
        "policy_saw": 0 if "HIT" in order.policies else None,
        "created_at": now,
    }


def check(order: Order) -> None:
    """Raise unless an order keeps to the protocol's limits."""
    limits.within("LifetimeInSeconds", order.lifetime_seconds, limits.SECONDS)
    limits.within("MaxAssignments", order.max_assignments, limits.ASSIGNMENTS)
    if order.annotation is not None:
        limits.text("RequesterAnnotation", order.annotation, limits.ANNOTATION)
