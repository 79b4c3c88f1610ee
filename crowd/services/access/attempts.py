"""How often something may be tried within a window of time, counted in the database for all processes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, delete, text, update
from sqlalchemy.orm import Session

from crowd.errors import TooMany
from crowd.models import Attempts
from crowd.models.base import UtcDateTime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times in every window of this length; 0 is no limit."""

    name: str
    most: int
    window: timedelta

    def begin(self, now: datetime) -> datetime:
        """Return when the present window began."""
        return now - (now - EPOCH) % self.window

    def bucket(self, who: str) -> str:
        """Return what someone's attempts are counted under."""
        return f"{self.name}:{who}"

    def wait(self, now: datetime) -> int:
        """Return the whole seconds until the next window begins."""
        return ceil((self.begin(now) + self.window - now).total_seconds())


# Failures are what counts: whoever gets in takes their attempt back.
SIGN_IN = Limit("sign-in", 5, timedelta(minutes=15))
ADDRESS = Limit("address", 50, timedelta(minutes=15))

_COUNT = text(
    'INSERT INTO attempts (bucket, "window", count) VALUES (:bucket, :window, 1) '
    'ON CONFLICT (bucket, "window") DO UPDATE SET count = attempts.count + 1 RETURNING count'
).bindparams(bindparam("window", type_=UtcDateTime()))


def submissions(most: int) -> Limit:
    """Return the limit on what one worker hands in per minute."""
    return Limit("submit", most, timedelta(minutes=1))


def count(session: Session, limit: Limit, who: str, *, now: datetime) -> None:
    """Count one attempt; raise where it is one too many."""
    if limit.most == 0:
        return
    so_far = session.scalar(_COUNT, {"bucket": limit.bucket(who), "window": limit.begin(now)})
    if cast("int", so_far) > limit.most:
        wait = limit.wait(now)
        raise TooMany(f"tried too often; try again in {_spoken(wait)}", retry_after=wait)


def take_back(session: Session, limit: Limit, who: str, *, now: datetime) -> None:
    """Forget one attempt of this window."""
    mine = Attempts.bucket == limit.bucket(who), Attempts.window == limit.begin(now)
    session.execute(update(Attempts).where(*mine, Attempts.count > 0).values(count=Attempts.count - 1))


def pseudonym(secret: str, who: str) -> str:
    """Return what a name or an address is counted under: it cannot be read back without the secret."""
    return hmac.new(secret.encode(), who.encode(), hashlib.sha256).hexdigest()[:32]


def network(address: str) -> str:
    """Return what counts as one caller: an IPv4 address, or the network of 64 bits of an IPv6 address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def prune(session: Session, *, now: datetime) -> int:
    """Delete the windows that are long over; return how many."""
    result = session.execute(delete(Attempts).where(Attempts.window < now - KEPT))
    return cast("CursorResult[Any]", result).rowcount


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
