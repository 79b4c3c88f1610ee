"""What follows from each operation at an endpoint, in one place."""

from __future__ import annotations

from collections.abc import Mapping

from crowd.services.mturk import bonuses, hits, people, subscription, verdicts
from crowd.services.mturk.outbox import Effect

EFFECTS: Mapping[str, Effect] = {
    **hits.EFFECTS,
    **verdicts.EFFECTS,
    **bonuses.EFFECTS,
    **people.EFFECTS,
    **subscription.EFFECTS,
}
