"""What the tests of the services share."""

from __future__ import annotations

import pytest

from crowd.db import Database
from tests.integration.meanwhile import Meanwhile, interrupter


@pytest.fixture
def meanwhile(database: Database) -> Meanwhile:
    """Return a context in which another process acts in the middle of ours."""
    return interrupter(database)
