"""A number, within bounds and in steps where the requester says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from crowd.task_types import options as known
from crowd.task_types.base import ANY, Ask, Fault


class Number:
    """Number."""

    name = "number"
    is_categorical = False
    has_labels = False
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check the bounds, the step, the unit and the tolerance."""
        taken = {
            "min": known.number(),
            "max": known.number(),
            "step": known.number(above=0),
            "unit": known.words,
            "tolerance": known.number(least=0),
        }
        found = known.check(options, taken, "a number") + known.labels(labels, 0, "a number")
        return found or known.ordered(options, "min", "max")

    def read(self, value: object, ask: Ask) -> str:
        """Return the number in its shortest decimal form."""
        found = known.decimal(value)
        if found is None:
            raise ValueError(f"{value!r} is not a number")
        low, high, step = (known.decimal(ask.options.get(name)) for name in ("min", "max", "step"))
        if low is not None and found < low:
            raise ValueError(f"{found} is below {low}")
        if high is not None and found > high:
            raise ValueError(f"{found} is above {high}")
        if step is not None and not _is_on_step(found, low or Decimal(0), step):
            raise ValueError(f"{found} does not lie on a step of {step}")
        return known.written(found)

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:
        """Return 1 within the tolerance, beyond it 1 less the relative difference, never below 0.

        The difference is taken relative to the larger magnitude, so that neither side is the reference
        (a term of the distance of Lance and Williams, 1967).
        """
        one, other = Decimal(value), Decimal(truth)
        difference = abs(one - other)
        if difference <= (known.decimal(ask.options.get("tolerance")) or 0):
            return 1.0
        return max(0.0, float(1 - difference / max(abs(one), abs(other))))


def _is_on_step(value: Decimal, start: Decimal, step: Decimal) -> bool:
    with localcontext() as context:
        context.prec = 4 * known.LONGEST_NUMBER  # so that no digit of the quotient is lost
        return (value - start) % step == 0
