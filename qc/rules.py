"""Rules about workers and items as data: what is watched, the conditions, all to be met, and what is done.

The same rule as one line: `collect gold; when graded >= 10 and accuracy_high < 0.6; do suspend for 7d`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from qc.rule_faults import COMPARISONS, faults
from qc.vocabulary import COLLECTORS

Value = float | bool
Facts = Mapping[str, Value | None]
"""What is known of one worker or item by name; None, or absent, where it is not known."""

# New pieces of evidence after which a rule may fire again for the same worker or item.
AGAIN: Final[Mapping[str, int]] = {"worker": 10, "item": 1}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison that a fact has to meet; a fact that is not known meets none."""

    fact: str
    op: str
    value: Value

    def holds(self, facts: Facts) -> bool:
        """Tell whether these facts meet it."""
        known = facts.get(self.fact)
        if known is None or math.isnan(known):
            return False
        return COMPARISONS[self.op](known, self.value)


@dataclass(frozen=True, slots=True)
class Window:
    """The newest part that a collector looks at: so many pieces of evidence, or a duration like 7d."""

    last: int | None = None
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was checked."""

    collect: str
    when: tuple[Condition, ...]
    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    window: Window = Window()
    again: int = 1

    @property
    def about(self) -> str:
        """What it is about: a worker or an item."""
        return COLLECTORS[self.collect].about

    def holds(self, facts: Facts) -> bool:
        """Tell whether the facts meet every condition."""
        return all(condition.holds(facts) for condition in self.when)

    def is_news(self, evidence: int, before: int | None) -> bool:
        """Tell whether there is enough evidence beyond that on which it fired before."""
        return before is None or evidence >= before + self.again


def read(data: Mapping[str, Any]) -> Rule:
    """Make a rule of data without faults.

    Raises:
        ValueError: There are faults; the message lists them.
    """
    if found := faults(data):
        raise ValueError("; ".join(f"{fault.where}: {fault.message}" for fault in found))
    done = dict(data["do"])
    collector = COLLECTORS[data["collect"]]
    return Rule(
        collect=collector.name,
        when=tuple(Condition(each["fact"], each["op"], each["value"]) for each in data["when"]),
        action=done.pop("action"),
        parameters=done,
        window=Window(**(data.get("window") or {})),
        again=data.get("again") or AGAIN[collector.about],
    )
