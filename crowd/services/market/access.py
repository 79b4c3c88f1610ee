"""Key pairs that programs sign with: the secret is derived from the server's own and kept nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from crowd.errors import NotFound
from crowd.models import Requester
from crowd.models.market import AccessKey, MarketAccount
from crowd.services import audit
from crowd.services.access.keys import USE_RESOLUTION, Principal
from crowd.services.market import account as accounts
from crowd.services.market import ids
from crowd.services.market.profile import PLAIN, Profile

PREFIX = "AKCR"  # as AWS's own begin with AKIA
ID_LENGTH = 20
PURPOSE = b"crowd market access key:"
# Built once: every call begins with it.
HOLDER = (
    select(AccessKey, MarketAccount)
    .join(MarketAccount, MarketAccount.requester_id == AccessKey.requester_id)
    .where(AccessKey.access_key_id == bindparam("id"))
)


def create_key(
    session: Session,
    principal: Principal,
    *,
    label: str,
    secret_key: str,
    now: datetime,
    expires_at: datetime | None = None,
    access_key_id: str | None = None,
    profile: Profile = PLAIN,
) -> tuple[AccessKey, str]:
    """Make a key pair, and the requester's account at their first; return its row and the secret.

    An `access_key_id` is only given where its secret is one of the profile's.
    """
    principal.require_all_projects()
    accounts.account(session, session.get_one(Requester, principal.requester_id), now=now, profile=profile)
    key = AccessKey(
        requester_id=principal.requester_id,
        access_key_id=access_key_id or _new_id(),
        label=label,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(key)
    audit.act(session, principal, "market_key.create", f"market_key:{key.access_key_id}", now=now)
    return key, profile.secrets.get(key.access_key_id) or secret_of(key.access_key_id, secret_key)


def secret_of(access_key_id: str, secret_key: str) -> str:
    """Return the secret that belongs to an id, by the server's own secret."""
    mac = hmac.digest(secret_key.encode(), PURPOSE + access_key_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")[:40]


def key(session: Session, access_key_id: str, *, now: datetime) -> AccessKey | None:
    """Return a key that is neither revoked nor expired."""
    found = session.scalar(select(AccessKey).where(AccessKey.access_key_id == access_key_id))
    return found if found is not None and is_live(found, now=now) else None


def holder(session: Session, access_key_id: str, *, now: datetime) -> tuple[AccessKey, MarketAccount] | None:
    """Return a live key and the account it opens."""
    found = session.execute(HOLDER, {"id": access_key_id}).first()
    return (found[0], found[1]) if found is not None and is_live(found[0], now=now) else None


def is_live(key: AccessKey, *, now: datetime) -> bool:
    """Tell whether a key has neither expired nor been revoked."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def is_use_worth_noting(key: AccessKey, *, now: datetime) -> bool:
    """Tell whether the stored time of last use is old enough to be written again."""
    return key.last_used_at is None or now - key.last_used_at > USE_RESOLUTION


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Store that a key was used."""
    session.get_one(AccessKey, key_id).last_used_at = now


def of_requester(session: Session, principal: Principal) -> list[AccessKey]:
    """Return the requester's access keys, newest first."""
    return list(session.scalars(_visible(principal).order_by(AccessKey.id.desc())))


def revoke(session: Session, principal: Principal, access_key_id: str, *, now: datetime) -> AccessKey:
    """End a key at once."""
    found = session.scalar(_visible(principal).where(AccessKey.access_key_id == access_key_id))
    if found is None:
        raise NotFound(f"no access key {access_key_id!r}")
    if found.revoked_at is None:
        found.revoked_at = now
        audit.act(session, principal, "market_key.revoke", f"market_key:{access_key_id}", now=now)
    return found


def _visible(principal: Principal) -> Select[AccessKey]:
    principal.require_all_projects()
    return select(AccessKey).where(AccessKey.requester_id == principal.requester_id)


def _new_id() -> str:
    return PREFIX + "".join(secrets.choice(ids.LETTERS) for _ in range(ID_LENGTH - len(PREFIX)))
