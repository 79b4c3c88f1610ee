"""A source of bytes under the name that errors should carry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crowd.tables.source import Source


@pytest.fixture
def given() -> Callable[[str | bytes], Source]:
    """Return a source called a.csv."""

    def source(content: str | bytes, name: str = "a.csv") -> Source:
        return Source(name, content.encode() if isinstance(content, str) else content)

    return source
