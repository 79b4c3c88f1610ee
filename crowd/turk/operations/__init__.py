"""The operations of the protocol by name."""

from __future__ import annotations

from collections.abc import Mapping

from crowd.turk.call import Operation
from crowd.turk.operations import account, assignments, hit_types, hits

REGISTRY: Mapping[str, Operation] = {
    **account.OPERATIONS,
    **assignments.OPERATIONS,
    **hit_types.OPERATIONS,
    **hits.OPERATIONS,
}
