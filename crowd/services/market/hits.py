"""The HITs of programs: made, changed, listed and deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from crowd.models.market import HitType, MarketAccount, MarketAssignment, MarketHit
from crowd.services.market import (
    counts,
    hit_types,
    limits,
    money,
    notices,
    orders,
    posed,
    settle,
    tokens,
)
from crowd.services.market.orders import Order
from crowd.services.market.profile import PLAIN, Profile
from crowd.services.market.refusals import Refused, missing, wrong_status

NAMED = select(MarketHit).where(
    MarketHit.external_id == bindparam("id"),
    MarketHit.account_id == bindparam("account"),
    MarketHit.disposed_at.is_(None),
)


def create(
    session: Session,
    account: MarketAccount,
    hit_type: HitType,
    order: Order,
    *,
    operation: str,
    now: datetime,
    profile: Profile = PLAIN,
) -> MarketHit:
    """Make a HIT and let it hold the money for all its assignments."""
    orders.check(order)
    question = posed.resolve(session, account, order.posed, profile=profile)
    hit = orders.draft(account, hit_type, order, question, now, profile)
    if order.token is not None:
        _spend(session, account, operation, order.token, hit.external_id, now, profile)
    price = hit_type.reward_micros + hit.fee_micros
    money.adjust(session, hit, money.ahead(hit, order.max_assignments * price), now=now)
    session.add(hit)
    notices.emit(session, hit, "HITCreated", now=now)
    return hit


def get(session: Session, account: MarketAccount, hit_id: str) -> MarketHit:
    """Return a HIT of the account; one that was deleted is not there."""
    found = session.scalar(NAMED, {"account": account.id, "id": hit_id})
    if found is None:
        raise missing("HIT", hit_id)
    return found


def listed(account: MarketAccount) -> Select[MarketHit]:
    """Return the query for the account's HITs, but for those that were deleted."""
    return select(MarketHit).where(MarketHit.account_id == account.id, MarketHit.disposed_at.is_(None))


def reviewable(
    account: MarketAccount, hit_type: HitType | None, *, is_reviewing: bool, now: datetime
) -> Select[MarketHit]:
    """Return the query for the HITs that are over, and so can be reviewed."""
    mine = exists().where(MarketAssignment.hit_id == MarketHit.id)
    overdue = and_(MarketAssignment.state == "accepted", MarketAssignment.deadline <= now)
    full = and_(MarketHit.open == 0, ~mine.where(overdue))
    query = listed(account).where(
        MarketHit.is_reviewing == is_reviewing,
        or_(MarketHit.expires_at <= now, full),
        ~mine.where(counts.is_pending(now)),
    )
    return query if hit_type is None else query.where(MarketHit.hit_type_id == hit_type.id)


def requiring(session: Session, account: MarketAccount, qualification_type_id: str) -> Select[MarketHit]:
    """Return the query for the HITs that require a qualification."""
    types = session.execute(select(HitType.id, HitType.requirements).where(HitType.account_id == account.id))
    asking = [
        type_id
        for type_id, wanted in types
        if any(each["QualificationTypeId"] == qualification_type_id for each in wanted)
    ]
    return listed(account).where(MarketHit.hit_type_id.in_(asking))


def extend(
    session: Session,
    account: MarketAccount,
    hit_id: str,
    more: int,
    *,
    token: str | None,
    now: datetime,
    profile: Profile = PLAIN,
) -> MarketHit:
    """Let more workers accept a HIT."""
    limits.within("NumberOfAdditionalAssignments", more, limits.ASSIGNMENTS)
    hit = _guarded(session, account, hit_id, now)
    if token is not None:
        operation = "CreateAdditionalAssignmentsForHIT"
        _spend(session, account, operation, token, hit.external_id, now, profile)
    _refuse_fresh(hit, now, profile)
    if hit.max_assignments + more >= money.LARGE and not hit.is_large:
        raise Refused(
            f"HIT {hit_id} was created with fewer than {money.LARGE} assignments and cannot be extended to "
            f"{hit.max_assignments + more}.",
            "InvalidMaximumAssignmentsIncrease",
        )
    limits.within("MaxAssignments", hit.max_assignments + more, limits.ASSIGNMENTS)
    hit.max_assignments += more
    hit.open += more
    _reopen(session, hit, now)
    return hit


def set_expiration(
    session: Session,
    account: MarketAccount,
    hit_id: str,
    expires_at: datetime,
    *,
    now: datetime,
    profile: Profile = PLAIN,
) -> MarketHit:
    """Let a HIT end at another time; one in the past ends it at once."""
    hit = _guarded(session, account, hit_id, now)
    if profile.refuses_same_expiration and expires_at == hit.expires_at:
        raise Refused(
            f'The idempotency token "{hit_id}{expires_at:%a %b %d %H:%M:%S UTC %Y}" has already been '
            "processed."
        )
    is_later = expires_at > hit.expires_at
    if expires_at > now:
        _refuse_fresh(hit, now, profile)
        if expires_at < hit.expires_at and not profile.may_shorten:
            raise limits.invalid("ExpireAt can only be later than it is, or in the past to end the HIT now.")
        seconds = int((expires_at - now).total_seconds())
        limits.within("The time until ExpireAt, in seconds,", seconds, (0, limits.SECONDS[1]))
    # A time before there was the HIT, such as 0, says no more than "now"; it would seem long over.
    hit.expires_at = expires_at if expires_at >= hit.created_at else now
    if is_later and expires_at > now:
        _reopen(session, hit, now)
    else:
        settle.conclude(session, hit, now=now)
    return hit


def change_type(
    session: Session,
    account: MarketAccount,
    hit_id: str,
    type_id: str,
    *,
    now: datetime,
    profile: Profile = PLAIN,
) -> MarketHit:
    """Give a HIT the values of another type, as long as nobody has accepted it."""
    hit_type = hit_types.get(session, account, type_id)
    hit = _guarded(session, account, hit_id, now)
    _refuse_fresh(hit, now, profile)
    if session.scalar(select(MarketAssignment.id).where(MarketAssignment.hit_id == hit.id).limit(1)):
        raise Refused(f"HIT {hit_id} was accepted by a worker and cannot change its type.", "InvalidHITState")
    hit.hit_type_id = hit_type.id
    hit.fee_micros = money.fee(hit_type, is_large=hit.is_large, profile=profile)
    settle.conclude(session, hit, now=now)
    return hit


def set_reviewing(
    session: Session, account: MarketAccount, hit_id: str, *, is_reviewing: bool, now: datetime
) -> MarketHit:
    """Move a HIT that is over from Reviewable to Reviewing, or back."""
    hit = _guarded(session, account, hit_id, now)
    wanted = "Reviewable" if is_reviewing else "Reviewing"
    if _status(session, hit, now) != wanted:
        raise wrong_status("HIT", wanted)
    hit.is_reviewing = is_reviewing
    return hit


def delete(session: Session, account: MarketAccount, hit_id: str, *, now: datetime) -> MarketHit:
    """Dispose of a HIT that is over and whose submitted assignments are all decided."""
    if _is_disposed(session, account, hit_id):
        # Programs know by these words that it was deleted before.
        raise Refused(
            "This HIT is currently in the state 'Disposed'. This operation can be called with a status of: "
            "Reviewing, Reviewable",
            "InvalidHITState",
        )
    hit = _guarded(session, account, hit_id, now)
    done = counts.of(session, [hit.id], now=now).get(hit.id, counts.NONE)
    if not counts.is_over(hit, done, now=now):
        raise wrong_status("HIT", "Reviewing", "Reviewable")
    if done.undecided:
        raise Refused(
            f"HIT {hit_id} has {done.undecided} submitted assignments that are not approved or rejected.",
            "InvalidHITState",
        )
    settle.dispose(session, hit, now=now)
    return hit


def _is_disposed(session: Session, account: MarketAccount, hit_id: str) -> bool:
    query = select(MarketHit.id).where(MarketHit.account_id == account.id, MarketHit.external_id == hit_id)
    return session.scalar(query.where(MarketHit.disposed_at.is_not(None))) is not None


def _guarded(session: Session, account: MarketAccount, hit_id: str, now: datetime) -> MarketHit:
    found = get(session, account, hit_id)
    hit = settle.guard(session, found.id, now=now)
    if hit.disposed_at is not None:  # while we waited for the lock
        raise missing("HIT", hit_id)
    return hit


def _reopen(session: Session, hit: MarketHit, now: datetime) -> None:
    hit.is_reviewing = False
    settle.conclude(session, hit, now=now)
    notices.emit(session, hit, "HITExtended", now=now)


def _status(session: Session, hit: MarketHit, now: datetime) -> str:
    done = counts.of(session, [hit.id], now=now).get(hit.id, counts.NONE)
    return counts.status(hit, done, now=now)


def _refuse_fresh(hit: MarketHit, now: datetime, profile: Profile) -> None:
    if now < hit.created_at + timedelta(seconds=profile.settling_seconds):
        raise Refused(
            f"HIT {hit.external_id} was just created and cannot be changed yet. Try again in a few seconds.",
            "InvalidHITState",
        )


def _spend(
    session: Session,
    account: MarketAccount,
    operation: str,
    token: str,
    subject: str,
    now: datetime,
    profile: Profile,
) -> None:
    before = tokens.spend(session, account, operation, token, subject, now=now, profile=profile)
    if before is None:
        return
    if operation.startswith("CreateHIT"):
        raise Refused(f'The HIT with ID "{before}" already exists.', "HitAlreadyExists")
    raise tokens.replayed(token)
