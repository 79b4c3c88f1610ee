"""Items and gold come in as files: each whole or, where anything in it is wrong, not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from crowd.errors import Conflict, CrowdError, TooLarge, Unprocessable, bad_input
from crowd.models import Project
from crowd.services import intake
from crowd.services.access import scope
from crowd.services.intake import Imported
from crowd.services.setup import projects
from crowd.tables.gold import read_gold
from crowd.tables.items import read_items
from crowd.tables.source import Source, uploaded
from crowd.web.console.kinds import KINDS
from crowd.web.console.words import sized
from crowd.web.place import Place, RequesterCall

LONGEST_NAME = 100
Store = Callable[[RequesterCall, Project, Source], Imported]


def register(pages: Blueprint, at: Place) -> None:
    """Add the page on which items and gold come in."""
    most = at.settings.max_upload_bytes

    @pages.get("/projects/<slug>/items", endpoint="items")
    @at.for_requesters("read")
    def show(call: RequesterCall, slug: str) -> str:
        return _shown(call, scope.project(call.session, call.principal, slug), most)

    @pages.post("/projects/<slug>/items", endpoint="add_items")
    @at.for_requesters("write")
    def add_items(call: RequesterCall, slug: str) -> ResponseReturnValue:
        return _taken(call, slug, "items", _store_items, most)

    @pages.post("/projects/<slug>/gold", endpoint="add_gold")
    @at.for_requesters("write")
    def add_gold(call: RequesterCall, slug: str) -> ResponseReturnValue:
        return _taken(call, slug, "gold", _store_gold, most)

    @pages.errorhandler(RequestEntityTooLarge)
    def refuse(_: RequestEntityTooLarge) -> ResponseReturnValue:
        error = TooLarge(f"a file may hold {sized(most)} at most; send it in parts")
        return render_template("console/problem.html", error=error), error.status


def _taken(call: RequesterCall, slug: str, what: str, store: Store, most: int) -> ResponseReturnValue:
    """Store the file of the form and show what it changed, or what is wrong with it."""
    project = scope.project(call.session, call.principal, slug)
    try:
        # Refused halfway it must leave nothing behind: this page commits whatever it returns.
        with call.session.begin_nested():
            imported = store(call, project, _file(most))
    except (Unprocessable, Conflict, TooLarge) as error:
        return _shown(call, project, most, wrong={what: _faults(error)}), error.status
    return _shown(call, project, most, imported={what: imported})


def _store_items(call: RequesterCall, project: Project, file: Source) -> Imported:
    return intake.add_items(call.session, project, read_items(file), now=call.now)


def _store_gold(call: RequesterCall, project: Project, file: Source) -> Imported:
    rows, says = read_gold(file), call.principal.actor
    return intake.add_gold(call.session, project, rows, source=says, now=call.now)


def _shown(
    call: RequesterCall,
    project: Project,
    most: int,
    *,
    imported: dict[str, Imported] | None = None,
    wrong: dict[str, list[str]] | None = None,
) -> str:
    return render_template(
        "console/items.html",
        project=project,
        kind=KINDS[project.task_type],
        overview=projects.overview(call.session, project),
        most=sized(most),
        imported=imported or {},
        wrong=wrong or {},
    )


def _file(most: int) -> Source:
    """Return the file of the form, under the name that it has where it comes from."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise bad_input("file", "choose one: CSV or JSON Lines")
    return uploaded(PurePath(file.filename).name[-LONGEST_NAME:], file.read(), limit=most)


def _faults(error: CrowdError) -> list[str]:
    return [str(problem) for problem in error.problems] or [error.message]
