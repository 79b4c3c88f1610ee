"""The express way of what programs call all day: a HIT of a type there is, and the work on a HIT.

It takes a few plain statements. Whatever is out of the ordinary (a layout, requirements, somebody to be told,
a token spent before) returns None, having changed nothing; the general way then does it, or says what is
wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from sqlalchemy import JSON

from crowd.db import Line
from crowd.models.base import UtcDateTime
from crowd.models.market import AccessKey, HitType, MarketAccount, MarketAssignment, MarketHit
from crowd.services import audit, plain
from crowd.services.market import access, money, orders, posed, tokens
from crowd.services.market.orders import Order
from crowd.services.market.profile import Profile
from crowd.services.plain import Sql

Row = TypeVar("Row")
CREATE = "CreateHITWithHITType"
KEY = ("id", "requester_id", "revoked_at", "expires_at", "last_used_at")
KIND = (
    "id",
    "external_id",
    "group_id",
    "title",
    "description",
    "keywords",
    "reward_micros",
    "assignment_seconds",
    "auto_approval_seconds",
    "requirements",
    "notifies",
)
WORK = (
    "id",
    "external_id",
    "worker_id",
    "state",
    "deadline",
    "submitted_at",
    "auto_approve_at",
    "decided_at",
    "rejected_at",
    "feedback",
    "answer",
    "created_at",
)
MOMENTS = {
    "created_at",
    "revoked_at",
    "expires_at",
    "last_used_at",
    "deadline",
    "submitted_at",
    "auto_approve_at",
    "decided_at",
    "rejected_at",
}
CALLED = Sql(f"""
    SELECT a.id, {", ".join(f"k.{name}" for name in KEY)}, {", ".join(f"t.{name}" for name in KIND)}
    FROM access_key k
    JOIN market_account a ON a.requester_id = k.requester_id
    JOIN hit_type t ON t.account_id = a.id AND t.external_id = :type
    WHERE k.access_key_id = :key
""")  # noqa: S608 - names of columns
_LISTED = f"""
    SELECT {", ".join(f"k.{name}" for name in KEY)}, p.external_id, {", ".join(f"m.{name}" for name in WORK)}
    FROM access_key k
    JOIN market_account a ON a.requester_id = k.requester_id
    JOIN market_hit h ON h.account_id = a.id AND h.external_id = :hit AND h.disposed_at IS NULL
    LEFT JOIN market_assignment m
        ON m.hit_id = h.id AND m.state IN ('submitted', 'approved', 'rejected')
    LEFT JOIN market_person p ON p.worker_id = m.worker_id
    WHERE k.access_key_id = :key
    ORDER BY m.submitted_at, m.id LIMIT :most
"""  # noqa: S608 - names of columns
LISTED = Sql(_LISTED, _LISTED)
COLUMNS = [column for column in MarketHit.__table__.columns if column.key != "id"]
EMPTY = {column.key: None for column in COLUMNS}
TIMES = [column.key for column in COLUMNS if isinstance(column.type, UtcDateTime)]
DOCUMENTS = [column.key for column in COLUMNS if isinstance(column.type, JSON)]
INSERT = Sql(f"""
    INSERT INTO market_hit ({", ".join(column.key for column in COLUMNS)})
    VALUES ({", ".join(f":{column.key}" for column in COLUMNS)})
    RETURNING id
""")  # noqa: S608 - names of columns


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who calls, and the HIT type they name."""

    account: MarketAccount
    key: AccessKey
    kind: HitType


@dataclass(frozen=True, slots=True)
class _Actor:
    """The caller in the words of the audit chain."""

    actor: str
    requester_id: int


def create(
    line: Line, key_id: str, type_id: str, order: Order, *, now: datetime, profile: Profile
) -> tuple[MarketHit, HitType] | None:
    """Make a HIT and let it hold its money; return it with its type. Neither is part of a session."""
    # On PostgreSQL each statement of a line is a transaction of its own.
    caller = _caller(line, key_id, type_id) if line.is_sqlite else None
    if caller is None or not _is_ordinary(caller, order, now):
        return None
    orders.check(order)
    account, kind, question = caller.account, caller.kind, order.posed.question
    if question is None:
        return None
    resolved = posed.Resolved(question, posed.kind(question, profile))
    values = EMPTY | orders.values(account, kind, order, resolved, now, profile)
    hit = _like(MarketHit, values)
    if order.token is not None and tokens.spend(
        line, account, CREATE, order.token, hit.external_id, now=now, profile=profile
    ):
        return None
    price = kind.reward_micros + hit.fee_micros
    money.adjust(line, hit, money.ahead(hit, order.max_assignments * price), now=now)
    hit.id = INSERT(line, **_stored(line, hit)).scalar_one()
    audit.act(
        line,
        _Actor(f"market_key:{key_id}", account.requester_id),
        "market.create",
        f"hit:{hit.external_id}",
        details={"held_micros": hit.held_micros},
        now=now,
    )
    return hit, kind


def listed(
    line: Line, key_id: str, hit_id: str, most: int, *, now: datetime
) -> list[tuple[MarketAssignment, str]] | None:
    """Return the first of the work submitted on a HIT, each with its worker; none is part of a session."""
    found = LISTED(line, key=key_id, hit=hit_id, most=most).all()
    if not found or not _is_known(_like(AccessKey, _read(KEY, found[0])), now):
        return None
    start = len(KEY) + 1
    rows = [(_read(WORK, row[start:]), row[start - 1]) for row in found]
    return [(_like(MarketAssignment, work), worker) for work, worker in rows if work["id"] is not None]


def _caller(line: Line, key_id: str, type_id: str) -> _Caller | None:
    found = CALLED(line, key=key_id, type=type_id).first()
    if found is None:
        return None
    key, kind = _read(KEY, found[1:]), _read(KIND, found[1 + len(KEY) :])
    kind["requirements"] = plain.read_json(kind["requirements"])
    account = _like(MarketAccount, {"id": found[0], "requester_id": key["requester_id"]})
    return _Caller(account, _like(AccessKey, key), _like(HitType, kind))


def _is_ordinary(caller: _Caller, order: Order, now: datetime) -> bool:
    is_plain = order.posed.layout_id is None and not order.posed.parameters and not order.policies
    return (
        _is_known(caller.key, now) and is_plain and not caller.kind.requirements and not caller.kind.notifies
    )


def _is_known(key: AccessKey, now: datetime) -> bool:
    return access.is_live(key, now=now) and not access.is_use_worth_noting(key, now=now)


def _read(names: Sequence[str], found: Sequence[Any]) -> dict[str, Any]:
    """Return the first of a row's values by name."""
    values = zip(names, found, strict=False)
    return {name: plain.read_moment(value) if name in MOMENTS else value for name, value in values}


def _like(_: type[Row], values: dict[str, Any]) -> Row:
    """Return what reads like a row and is none: a mapped object notes every change, which is dear."""
    return cast("Row", SimpleNamespace(**values))


def _stored(line: Line, hit: MarketHit) -> dict[str, Any]:
    """Return a HIT's values as its columns store them."""
    values = dict(vars(hit))
    for name in TIMES:
        values[name] = plain.moment(line, values[name])
    for name in DOCUMENTS:
        values[name] = json.dumps(values[name])
    return values
