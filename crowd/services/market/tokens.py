"""UniqueRequestTokens: what a program asks for twice happens once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from crowd.models.market import MarketAccount, SpentToken
from crowd.services import plain
from crowd.services.market.profile import PLAIN, Profile
from crowd.services.market.refusals import Refused
from crowd.services.plain import At, Sql

REMEMBERED = timedelta(hours=24)
ANY = "*"

# One statement, so that of many at once exactly one finds the token unspent: the others wait for its commit.
_SPEND = """
    INSERT INTO spent_token (account_id, operation, token, subject, created_at)
    VALUES (:account, :operation, :token, :subject, :now)
    ON CONFLICT (account_id, operation, token) DO UPDATE
        SET subject = excluded.subject, created_at = excluded.created_at
        WHERE spent_token.created_at <= :forgotten
    RETURNING id
"""
SPEND = Sql(_SPEND, _SPEND)
_SUBJECT = """
    SELECT subject FROM spent_token
    WHERE account_id = :account AND operation = :operation AND token = :token
"""
SUBJECT = Sql(_SUBJECT, _SUBJECT)


def spend(
    session: At,
    account: MarketAccount,
    operation: str,
    token: str,
    subject: str,
    *,
    now: datetime,
    profile: Profile = PLAIN,
) -> str | None:
    """Spend a token on `subject`; return what it was spent on before, in the last 24 hours, if it was.

    Whoever fails afterwards must roll back, and the token is as if it had never been seen.
    """
    named = {"account": account.id, "operation": operation if profile.token_per_operation else ANY}
    stored, forgotten = plain.moment(session, now), plain.moment(session, now - REMEMBERED)
    times = {"now": stored, "forgotten": forgotten}
    if SPEND(session, **named, **times, token=token, subject=subject).first() is not None:
        return None
    return str(SUBJECT(session, **named, token=token).scalar_one())


def prune(session: Session, *, now: datetime) -> int:
    """Delete tokens that may be spent again; return how many."""
    old = delete(SpentToken).where(SpentToken.created_at <= now - REMEMBERED)
    return cast("CursorResult[Any]", session.execute(old)).rowcount


def replayed(token: str) -> Refused:
    """Return the refusal of what was done already."""
    return Refused(f'The idempotency token "{token}" has already been processed.', "InvalidParameterValue")
