"""The pages of labelers, under `/work`."""

from __future__ import annotations

from flask import Blueprint

from crowd.clock import Clock
from crowd.db import Database
from crowd.settings import Settings
from crowd.web.place import Place
from crowd.web.work import (
    appeals,
    assignments,
    frame,
    home,
    labeling,
    letters,
    market,
    numbers,
    oidc,
    posed,
    qualifications,
    signing,
    words,
)

FILES = (
    signing,
    oidc,
    home,
    labeling,
    frame,
    letters,
    numbers,
    appeals,
    market,
    assignments,
    posed,
    qualifications,
)


def blueprint(database: Database, clock: Clock, settings: Settings) -> Blueprint:
    """Return the pages of an application."""
    pages = Blueprint("work", __name__, url_prefix="/work")
    at = Place(database, clock, settings)
    at.dress(pages, problem="work/problem.html")
    words.register(pages)
    for file in FILES:
        file.register(pages, at)
    return pages
