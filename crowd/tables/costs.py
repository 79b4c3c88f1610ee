"""What errors cost: a table that a requester writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crowd.errors import bad_input
from crowd.tables.columns import read_columns
from crowd.tables.source import Source

COLUMNS = ("truth", "label", "cost")
Costs = Mapping[tuple[str, str], float]
"""(true label, label taken for it) -> what that costs."""


def read_costs(source: Source) -> Costs:
    """Read a CSV file of `truth`, `label` and `cost`."""
    table = read_columns(source, COLUMNS, extra="ignore")
    found, faults = {}, []
    for row, (truth, label, cost) in enumerate(zip(*(table.columns[name] for name in COLUMNS), strict=True)):
        try:
            found[truth, label] = float(cost)
        except ValueError:
            fault = f"the cost of {truth!r} taken for {label!r} is {cost!r}, no number"
            faults.append((row, "cost", fault))
    if faults:
        raise table.error(faults)
    return found


def cost_table(costs: Costs, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return the (K, K) table; what is not named costs 1 where it is wrong and nothing where it is right."""
    table = 1.0 - np.eye(len(labels))
    for (truth, taken), cost in costs.items():
        for label in (truth, taken):
            if label not in labels:
                shown = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
                raise bad_input("costs", f"{label!r} is not in the label set ({shown})")
        if not 0 <= cost < np.inf:
            raise bad_input("costs", f"{truth!r} taken for {taken!r}: {cost:g} is no cost of 0 or more")
        table[labels.index(truth), labels.index(taken)] = cost
    return table
