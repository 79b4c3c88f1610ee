"""The conditions of the partial indexes, written as the indexes have them.

A database uses a partial index only where it sees that the query implies its condition: SQLite does not
for `claimable = 1`, and neither sees through a parameter.
"""

from __future__ import annotations

from sqlalchemy import literal_column, text

from crowd.models.assignment import Assignment, Slot

CLAIMABLE = text("item.claimable")
ASSIGNED = Assignment.work == literal_column("'assigned'")
DUE = Assignment.payment == literal_column("'due'")
LEASED = Slot.state == literal_column("'leased'")
LIVE = Slot.state.in_([literal_column(f"'{state}'") for state in ("leased", "done", "skipped", "void")])
