"""Two things side by side: which of them, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types import options as known
from crowd.task_types.base import Fault
from crowd.task_types.choice import Choice


class Pairwise(Choice):
    """Pairwise comparison: the first label stands for `left`, the second for `right`, a third for a tie."""

    name = "pairwise"

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Want a label for each side, and one more where ties are allowed."""
        found = known.check(options, {"tie": known.flag}, "a comparison")
        wanted = 3 if options.get("tie") is True else 2
        if len(labels) != wanted:
            sides = "left, right and a tie" if wanted == 3 else "left and right"
            found.append(Fault("labels", f"a comparison needs exactly {wanted} labels: for {sides}"))
        return found
