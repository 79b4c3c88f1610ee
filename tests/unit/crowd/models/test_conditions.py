"""A condition written twice, for SQLAlchemy and in plain SQL, says the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from crowd.models.conditions import IN_FORCE, in_force


def test_a_restriction_holds_by_the_same_words_at_a_claim_and_elsewhere() -> None:
    said = str(in_force(datetime(2026, 1, 1, tzinfo=UTC)))
    assert re.sub(r":until_\d+", ":now", said) == IN_FORCE
