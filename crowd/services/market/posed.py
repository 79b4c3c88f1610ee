"""What a HIT asks: a document as the program sent it, or one of its layouts filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd import questions
from crowd.models.market import Layout, MarketAccount
from crowd.questions import Malformed, layouts
from crowd.services.market import limits
from crowd.services.market.profile import Profile
from crowd.services.market.refusals import missing


@dataclass(frozen=True, slots=True)
class Posed:
    """The question of a HIT as a program states it: a document or a layout, never both."""

    question: str | None = None
    layout_id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The question of a HIT as it is stored."""

    xml: str
    kind: str
    layout_id: int | None = None


def resolve(session: Session, account: MarketAccount, posed: Posed, *, profile: Profile) -> Resolved:
    """Return the document of a HIT, checked."""
    if (posed.question is None) == (posed.layout_id is None):
        raise limits.invalid("Give either Question or HITLayoutId.")
    if posed.question is None:
        return _from_layout(session, account, posed, profile)
    if posed.parameters:
        raise limits.invalid("HITLayoutParameters can only be used with HITLayoutId.")
    return Resolved(posed.question, kind(posed.question, profile))


def _from_layout(session: Session, account: MarketAccount, posed: Posed, profile: Profile) -> Resolved:
    layout = session.scalar(
        select(Layout).where(Layout.account_id == account.id, Layout.external_id == posed.layout_id)
    )
    if layout is None:
        raise missing("HITLayout", str(posed.layout_id))
    try:
        xml = layouts.fill(layout.html, posed.parameters, frame_height=layout.frame_height)
    except Malformed as error:
        raise limits.invalid(error.message) from error
    return Resolved(xml, kind(xml, profile), layout.id)


def kind(xml: str, profile: Profile) -> str:
    """Return the kind of a document; raise unless it is one that a HIT may have."""
    try:
        return questions.read(xml, loopback_http=profile.loopback_http).kind
    except Malformed as error:
        raise limits.invalid(error.message) from error
