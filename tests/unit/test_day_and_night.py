"""What runs at night only (`slow`) has a smaller sibling by day, so that no proof waits for the night."""

from __future__ import annotations

import pytest

from tests.conftest import COLLECTED
from tests.integration.conftest import BY_DAY


def function(item: pytest.Item) -> str:
    """Return a test's place and name without its parameters."""
    return item.nodeid.partition("[")[0]


def sibling(item: pytest.Item, marker: pytest.Mark) -> str:
    """Return whose place a test of the night takes: another case of it, or the test that its marker names."""
    place, _, _ = item.nodeid.partition("::")
    named = marker.kwargs.get("by_day")
    return function(item) if named is None else named if "::" in named else f"{place}::{named}"


def test_whatever_runs_at_night_has_a_sibling_by_day(request: pytest.FixtureRequest) -> None:
    items = request.config.stash[COLLECTED]
    marked = [(item, item.get_closest_marker("slow")) for item in items]
    by_day = {function(item) for item, marker in marked if marker is None}
    alone = {item.nodeid for item, marker in marked if marker and sibling(item, marker) not in by_day}
    assert alone == set()


def test_a_half_for_postgresql_by_day_is_of_a_module_there_is() -> None:
    assert [path for path in BY_DAY if not path.exists()] == []
