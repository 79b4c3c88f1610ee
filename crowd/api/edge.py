"""What every view stands on, hung on the application by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from crowd.clock import Clock
from crowd.db import Database
from crowd.settings import Settings


@dataclass(frozen=True, slots=True)
class Edge:
    """The database, the clock and the settings of one application."""

    database: Database
    clock: Clock
    settings: Settings


def edge() -> Edge:
    """Return the edge of the application that handles this request."""
    found = current_app.extensions["crowd"]
    assert isinstance(found, Edge)
    return found
