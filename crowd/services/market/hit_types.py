"""What HITs have in common: equal values are one HIT type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crowd.models.market import HitType, MarketAccount
from crowd.services import locks
from crowd.services.market import ids, limits, qualifications
from crowd.services.market.refusals import missing

MONTH = 30 * limits.DAY
NAMED = select(HitType).where(
    HitType.account_id == bindparam("account"), HitType.external_id == bindparam("id")
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The values of a HIT type."""

    title: str
    description: str
    reward_micros: int
    assignment_seconds: int
    keywords: str = ""
    auto_approval_seconds: int = MONTH
    requirements: Sequence[dict[str, Any]] = field(default_factory=tuple)

    def digest(self) -> str:
        """Return what two equal HIT types have in common, and no others."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def register(session: Session, account: MarketAccount, terms: Terms, *, now: datetime) -> HitType:
    """Return the account's HIT type with these values, made if there is none."""
    _check(terms)
    digest = terms.digest()
    query = select(HitType).where(HitType.account_id == account.id, HitType.digest == digest)
    found = session.scalar(query)
    if found is not None:
        return _kept(session, found)
    qualifications.check(session, account, terms.requirements)
    locks.name(session, f"hit type:{account.id}:{digest}")
    return _kept(session, session.scalar(query) or _made(session, account, terms, digest, now))


def get(session: Session, account: MarketAccount, type_id: str) -> HitType:
    """Return a HIT type of the account."""
    found = session.scalar(NAMED, {"account": account.id, "id": type_id})
    if found is None:
        raise missing("HITType", type_id)
    return _kept(session, found)


def of(session: Session, type_id: int) -> HitType:
    """Return a HIT type by its number, read once in a transaction."""
    found = session.info.get((HitType, type_id))
    return found if found is not None else _kept(session, session.get_one(HitType, type_id))


def fetch(session: Session, type_ids: Collection[int]) -> None:
    """Read HIT types that will be wanted, all at once."""
    if len(type_ids) > 1:
        for row in session.scalars(select(HitType).where(HitType.id.in_(type_ids))):
            _kept(session, row)


def _kept(session: Session, hit_type: HitType) -> HitType:
    # By itself a session forgets what nobody holds, and reads it again for every rule.
    session.info[HitType, hit_type.id] = hit_type
    return hit_type


def _made(session: Session, account: MarketAccount, terms: Terms, digest: str, now: datetime) -> HitType:
    made = HitType(
        account_id=account.id,
        external_id=ids.entity(),
        group_id=ids.entity(),
        digest=digest,
        title=terms.title,
        description=terms.description,
        keywords=terms.keywords,
        reward_micros=terms.reward_micros,
        assignment_seconds=terms.assignment_seconds,
        auto_approval_seconds=terms.auto_approval_seconds,
        requirements=list(terms.requirements),
        notification=None,
        notifies=False,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _check(terms: Terms) -> None:
    limits.text("Title", terms.title, limits.TITLE, shortest=1)
    limits.text("Description", terms.description, limits.DESCRIPTION, shortest=1)
    limits.text("Keywords", terms.keywords, limits.KEYWORDS)
    limits.within("AssignmentDurationInSeconds", terms.assignment_seconds, limits.SECONDS)
    limits.within("AutoApprovalDelayInSeconds", terms.auto_approval_seconds, limits.AUTO_APPROVAL)
