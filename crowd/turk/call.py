"""One call of an operation inside its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crowd.db import Line
from crowd.models.market import MarketAccount
from crowd.services import audit
from crowd.services.market.profile import Profile
from crowd.settings import Outlets

Given = dict[str, Any]
Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, when, and the transaction they are in."""

    session: Session
    account: MarketAccount
    now: datetime
    profile: Profile
    actor: str  # "market_key:…"
    outlets: Outlets

    @property
    def access_key_id(self) -> str:
        """The id of the key that the call is signed with."""
        return self.actor.partition(":")[2]

    @property
    def requester_id(self) -> int:
        """The requester the caller acts for."""
        return self.account.requester_id

    def note(self, action: str, subject: str, **details: Any) -> None:  # noqa: ANN401 - any JSON
        """Append what the caller did to the audit chain."""
        audit.act(self.session, self, f"market.{action}", subject, details=details, now=self.now)


@dataclass(frozen=True, slots=True)
class Desk:
    """A call on the express way, before anybody has looked who it is."""

    line: Line
    key_id: str
    now: datetime
    profile: Profile


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers an operation; one that only reads never waits for those that write."""

    answer: Callable[[Call, Given], Reply]
    is_reading: bool = False
    express: Callable[[Desk, Given], Reply | None] | None = None  # None: not for this call
