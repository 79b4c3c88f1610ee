"""A project is made: first what people answer, then a form with what that kind of question needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from crowd.errors import Conflict, CrowdError, Unprocessable
from crowd.models import Project
from crowd.services.access.keys import Principal
from crowd.web.console import project_form
from crowd.web.console.kinds import KINDS
from crowd.web.place import Place, RequesterCall

# What the API does with the body of `POST /projects`: the same schema, defaults and faults for a form.
MakeProject = Callable[[Session, Principal, Mapping[str, Any], datetime], Project]


def register(pages: Blueprint, at: Place, make_project: MakeProject) -> None:
    """Add the choice of a task type, and the form of a new project."""

    @pages.get("/new-project", endpoint="new_project")
    @at.for_requesters("write")
    def show(call: RequesterCall) -> str:
        call.principal.require_all_projects()
        task_type = request.args.get("task_type", "")
        if task_type not in KINDS:
            return render_template("console/kinds.html", kinds=KINDS)
        return _form(task_type, project_form.blank(KINDS[task_type]))

    @pages.post("/new-project", endpoint="make_project")
    @at.for_requesters("write")
    def make(call: RequesterCall) -> ResponseReturnValue:
        task_type, filled = request.form.get("task_type", ""), request.form.to_dict()
        if task_type not in KINDS:
            return redirect(url_for("console.new_project"), 303)
        try:
            # Refused halfway it must leave nothing behind: this page commits whatever it returns.
            with call.session.begin_nested():
                body = project_form.body(task_type, filled)
                project = make_project(call.session, call.principal, body, call.now)
        except (Unprocessable, Conflict) as error:
            return _form(task_type, filled, error), error.status
        return redirect(url_for("console.items", slug=project.slug), 303)


def _form(task_type: str, filled: Mapping[str, str], error: CrowdError | None = None) -> str:
    names = project_form.names(KINDS[task_type])
    return render_template(
        "console/new_project.html",
        task_type=task_type,
        kind=KINDS[task_type],
        names=names,
        filled=filled,
        faults=project_form.by_field(error.problems, names) if error else {},
        error=error,
    )
