"""Money in the market: what HITs hold of an account, what is paid, what it costs on top."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models.market import HitType, MarketAccount, MarketAssignment, MarketEntry, MarketHit
from crowd.services import plain
from crowd.services.market import limits
from crowd.services.market.profile import Profile
from crowd.services.market.refusals import Refused
from crowd.services.market.requirements import MASTERS, MASTERS_SANDBOX
from crowd.services.plain import At, Sql
from workers import fees
from workers.fees import CENT, MTURK, MTURK_MASTERS
from workers.money import MICROS, to_micros

PLAY_BALANCE = 10_000 * MICROS
LARGE = MTURK.large_from  # a HIT of so many assignments costs more
# Whatever HITs hold of an account must fit its columns by far.
MOST = 10**15

_MOVE = """
    UPDATE market_account
    SET deposited = deposited + :deposited, held = held + :held, spent = spent + :spent
    WHERE id = :account AND held + :held >= 0
        AND (held + spent + :taken <= deposited + :deposited OR (play AND held + spent + :taken <= :most))
    RETURNING id
"""
MOVE = Sql(_MOVE, _MOVE)
_ENTER = """
    INSERT INTO market_entry (account_id, kind, key, amount_micros, created_at)
    VALUES (:account, :kind, :key, :amount, :now)
"""
ENTER = Sql(_ENTER, _ENTER)


def fee(hit_type: HitType, *, is_large: bool, profile: Profile) -> int:
    """Return what one assignment costs on top of its reward."""
    if not profile.takes_fees:
        return 0
    wanted = {each["QualificationTypeId"] for each in hit_type.requirements}
    schedule = MTURK_MASTERS if wanted & {MASTERS, MASTERS_SANDBOX} else MTURK
    return fees.fee_of_one(hit_type.reward_micros, LARGE if is_large else 1, schedule)


def bonus_fee(amount: int, *, profile: Profile) -> int:
    """Return what a bonus costs on top."""
    return fees.bonus_fee(amount, MTURK) if profile.takes_fees else 0


def on_wire(micros: int) -> str:
    """Write an amount as the protocol does, in dollars and cents: "0.05"."""
    return f"{micros // MICROS}.{micros % MICROS // CENT:02}"


def amount(text: str) -> int:
    """Read an amount as the protocol writes it, such as "0.05", "1" or "1."."""
    try:
        return to_micros(text.removesuffix("."))
    except ValueError as error:
        raise limits.invalid(str(error)) from error


def balance(account: MarketAccount) -> int:
    """Return what an account can still spend; with play money it is always the same."""
    return PLAY_BALANCE if account.play else account.deposited - account.held - account.spent


def deposit(session: Session, account: MarketAccount, amount: int, *, key: str, now: datetime) -> None:
    """Put money into an account."""
    if account.deposited + amount > MOST:
        raise Refused("An account cannot hold that much money.", "InvalidParameterValue")
    _must(_move(session, account.id, deposited=amount), key)
    _enter(session, account.id, "deposit", key, amount, now)
    session.refresh(account)


def ahead(hit: MarketHit, cost: int) -> int:
    """Return what a HIT holds of what its open assignments cost: all of it, or nothing before an approval."""
    return cost if hit.is_prepaid else 0


def adjust(session: At, hit: MarketHit, wanted: int, *, now: datetime) -> None:
    """Let a HIT hold so much of its account's money, no more and no less; whoever calls has its lock."""
    change = wanted - hit.held_micros
    if change == 0:
        return
    hit.moves += 1
    key = f"hit:{hit.external_id}:{hit.moves}"
    if change > 0:
        hold(session, hit.account_id, change, key=key, now=now)
    else:
        release(session, hit.account_id, -change, key=key, now=now)
    hit.held_micros = wanted


def hold(session: At, account_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Set money of an account aside; it refuses what the account does not have."""
    if amount > MOST or not _move(session, account_id, held=amount):
        raise Refused(
            "This Requester has insufficient funds in their account to complete this transaction.",
            "InsufficientFunds",
        )
    _enter(session, account_id, "hold", key, amount, now)


def release(session: At, account_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Give an account back what was set aside."""
    _must(_move(session, account_id, held=-amount), key)
    _enter(session, account_id, "release", key, amount, now)


def pay_assignment(
    session: Session, hit: MarketHit, assignment: MarketAssignment, reward: int, *, now: datetime
) -> None:
    """Pay an assignment and its fee out of what its HIT holds."""
    key = f"assignment:{assignment.id}"
    _spend(session, hit.account_id, {("pay", key): reward, ("fee", key): hit.fee_micros}, now)
    hit.held_micros -= reward + hit.fee_micros


def pay_bonus(session: Session, account_id: int, amount: int, fee: int, *, key: str, now: datetime) -> None:
    """Pay a bonus and its fee; it refuses what the account does not have."""
    hold(session, account_id, amount + fee, key=key, now=now)
    _spend(session, account_id, {("bonus", key): amount, ("fee", key): fee}, now)


def has_entry(session: Session, account: MarketAccount, kind: str, key: str) -> bool:
    """Tell whether money was moved for this cause already."""
    query = select(MarketEntry.id).where(
        MarketEntry.account_id == account.id, MarketEntry.key == f"{kind}:{key}"
    )
    return session.scalar(query) is not None


def entries(session: Session, account: MarketAccount) -> list[MarketEntry]:
    """Return every move of an account's money, in the order it happened."""
    query = select(MarketEntry).where(MarketEntry.account_id == account.id)
    return list(session.scalars(query.order_by(MarketEntry.id)))


def _spend(session: Session, account_id: int, moves: dict[tuple[str, str], int], now: datetime) -> None:
    amount = sum(moves.values())
    _must(_move(session, account_id, held=-amount, spent=amount), ", ".join(key for _, key in moves))
    for (kind, key), part in moves.items():
        _enter(session, account_id, kind, key, part, now)


def _move(session: At, account_id: int, *, deposited: int = 0, held: int = 0, spent: int = 0) -> bool:
    """Change an account's sums by these amounts, unless it has not so much; tell which."""
    changes = {"deposited": deposited, "held": held, "spent": spent, "taken": held + spent}
    return MOVE(session, account=account_id, most=MOST, **changes).first() is not None


def _enter(session: At, account_id: int, kind: str, key: str, amount: int, now: datetime) -> None:
    if amount:
        at = plain.moment(session, now)
        ENTER(session, account=account_id, kind=kind, key=f"{kind}:{key}", amount=amount, now=at)


def _must(moved: bool, key: str) -> None:
    if not moved:
        raise AssertionError(f"the account holds less than {key} needs")
