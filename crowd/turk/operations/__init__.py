"""The operations of the protocol by name."""

from __future__ import annotations

from collections.abc import Mapping

from crowd.turk.call import Operation
from crowd.turk.operations import (
    account,
    assignments,
    blocks,
    bonuses,
    hit_types,
    hits,
    letters,
    notices,
    policies,
    qualifications,
    requests,
)

MODULES = (
    account,
    assignments,
    blocks,
    bonuses,
    hit_types,
    hits,
    letters,
    notices,
    policies,
    qualifications,
    requests,
)
REGISTRY: Mapping[str, Operation] = {
    name: operation for module in MODULES for name, operation in module.OPERATIONS.items()
}
