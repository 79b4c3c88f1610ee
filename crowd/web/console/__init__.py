"""The pages of requesters: plain forms, no script."""

from __future__ import annotations

from flask import Blueprint

from crowd.clock import Clock
from crowd.db import Database
from crowd.settings import Settings
from crowd.web.console import (
    access_keys,
    asking,
    cases,
    door,
    imports,
    new_project,
    people,
    project,
    reviews,
    team,
    words,
)
from crowd.web.console.new_project import MakeProject
from crowd.web.place import Place

FILES = (door, project, imports, asking, reviews, cases, team, people, access_keys)


def blueprint(database: Database, clock: Clock, settings: Settings, make_project: MakeProject) -> Blueprint:
    """Return the pages of an application; `make_project` takes what `POST /projects` of the API takes."""
    pages = Blueprint("console", __name__)
    at = Place(database, clock, settings)
    at.dress(pages, problem="console/problem.html")
    words.register(pages)
    for file in FILES:
        file.register(pages, at)
    new_project.register(pages, at, make_project)
    return pages
