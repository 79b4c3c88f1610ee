"""Layouts that programs name by HITLayoutId: pages with `${names}` to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, bad_input
from crowd.models.market import Layout, MarketAccount
from crowd.questions import MOST_BYTES
from crowd.services.market import ids


def create(
    session: Session, account: MarketAccount, name: str, html: str, *, frame_height: int = 0, now: datetime
) -> Layout:
    """Keep a page under a name; the same page under the same name is the layout that is there."""
    if not html.strip():
        raise bad_input(name, "the page is empty")
    if (size := len(html.encode())) > MOST_BYTES:
        raise bad_input(name, f"the page has {size} bytes, at most {MOST_BYTES} are allowed")
    found = session.scalar(select(Layout).where(Layout.account_id == account.id, Layout.name == name))
    if found is None:
        return _made(session, account, name, html, frame_height, now)
    if (found.html, found.frame_height) != (html, frame_height):
        raise Conflict(f"there is another layout {name!r}, which HITs may have; give this one another name")
    return found


def of_account(session: Session, account: MarketAccount) -> Sequence[Layout]:
    """Return the account's layouts by name."""
    query = select(Layout).where(Layout.account_id == account.id)
    return session.scalars(query.order_by(Layout.name)).all()


def _made(
    session: Session, account: MarketAccount, name: str, html: str, frame_height: int, now: datetime
) -> Layout:
    made = Layout(
        account_id=account.id,
        external_id=ids.entity(),
        name=name,
        html=html,
        frame_height=frame_height,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
