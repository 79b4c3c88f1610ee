"""The pages of requesters: plain forms, no script."""

from __future__ import annotations

from flask import Blueprint

from crowd.clock import Clock
from crowd.db import Database
from crowd.settings import Settings
from crowd.web.console import access_keys, cases, door, people, project, team, words
from crowd.web.place import Place

FILES = (door, project, cases, team, people, access_keys)


def blueprint(database: Database, clock: Clock, settings: Settings) -> Blueprint:
    """Return the pages of an application."""
    pages = Blueprint("console", __name__)
    at = Place(database, clock, settings)
    at.dress(pages, problem="console/problem.html")
    words.register(pages)
    for file in FILES:
        file.register(pages, at)
    return pages
