"""What a workforce charges on top of the reward, in micro-dollars."""

from dataclasses import dataclass, replace
from typing import Final

from workers.money import MICROS

CENT: Final = MICROS // 100


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """A fee in percent of the reward, per assignment: rounded half up to `unit`, at least `minimum`.

    `large_percent` is added when a HIT has `large_from` assignments or more. `extra_percent` is added to
    rewards, never to bonuses.
    """

    percent: int = 0
    large_percent: int = 0
    large_from: int = 10
    extra_percent: int = 0
    minimum: int = 0
    unit: int = 1


NO_FEE: Final = FeeSchedule()
# Mechanical Turk's published prices; how it rounds is not published, half up to the cent is assumed.
MTURK: Final = FeeSchedule(percent=20, large_percent=20, large_from=10, minimum=CENT, unit=CENT)
MTURK_MASTERS: Final = replace(MTURK, extra_percent=5)


def fee(reward_micros: int, assignments: int, schedule: FeeSchedule) -> int:
    """Return the fee of a HIT: that of one assignment times their number."""
    return assignments * fee_of_one(reward_micros, assignments, schedule)


def fee_of_one(reward_micros: int, assignments: int, schedule: FeeSchedule) -> int:
    """Return the fee of one assignment of a HIT that has so many."""
    _refuse_negative(reward_micros=reward_micros, assignments=assignments)
    large = schedule.large_percent if assignments >= schedule.large_from else 0
    return _charge(reward_micros, schedule.percent + schedule.extra_percent + large, schedule)


def bonus_fee(bonus_micros: int, schedule: FeeSchedule) -> int:
    """Return the fee of one bonus; nothing is charged where nothing is paid."""
    _refuse_negative(bonus_micros=bonus_micros)
    return _charge(bonus_micros, schedule.percent, schedule) if bonus_micros else 0


def _charge(amount: int, percent: int, schedule: FeeSchedule) -> int:
    divisor = 100 * schedule.unit
    rounded = (2 * amount * percent + divisor) // (2 * divisor) * schedule.unit
    return max(schedule.minimum, rounded)


def _refuse_negative(**values: int) -> None:
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} is {value}: it must not be negative")
