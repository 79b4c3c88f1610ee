"""Does a database keep its promises? Every invariant is looked for in the rows, none is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from crowd.services.check import (
    answering,
    asking,
    audited,
    channels,
    control,
    endpoints,
    lineage,
    money,
    provisional,
    reviewed,
    ruled,
)
from crowd.services.check.invariant import Invariant

__all__ = ["INVARIANTS", "Finding", "Invariant", "check"]

NAMED = 10

INVARIANTS: tuple[Invariant, ...] = (
    asking.wanted_adds_up,
    asking.nobody_twice,
    answering.one_answer_per_slot,
    asking.one_slot_per_lease,
    asking.leases_end,
    asking.nobody_restricted,
    asking.decided_with_a_reason,
    answering.repeats_are_recognised,
    answering.answers_agree,
    answering.nothing_lost,
    answering.gold_apart,
    money.under_the_cap,
    money.folds,
    money.reserved_first,
    endpoints.one_call_per_hit,
    money.paid_once,
    endpoints.costs_are_said,
    money.covered,
    lineage.runs_repeatable,
    lineage.versions_frozen,
    lineage.pseudonyms_only,
    control.ticks_fenced,
    control.states_known,
    answering.whole_or_not_at_all,
    control.inside_one_project,
    control.audit_unbroken,
    reviewed.rulings_carried_out,
    audited.claims_kept,
    ruled.rules_act_once,
    asking.exams_end,
    provisional.provisional_labels_founded,
    channels.offered_to_somebody,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for one invariant: how many violations, the first of them in words."""

    invariant: Invariant
    violations: int
    named: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the invariant holds."""
        return self.violations == 0


def check(session: Session, *, project_id: int | None = None) -> list[Finding]:
    """Look for violations of every invariant, of one project or of the whole database.

    There is one finding for each invariant that was checked, also where it holds.
    """
    return [
        _finding(session, invariant, project_id)
        for invariant in INVARIANTS
        if project_id is None or not invariant.is_global
    ]


def _finding(session: Session, invariant: Invariant, project_id: int | None) -> Finding:
    violations = invariant.find(session, project_id)
    named = tuple(islice(violations, NAMED))
    return Finding(invariant, len(named) + sum(1 for _ in violations), named)
