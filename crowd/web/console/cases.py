"""What needs a reviewer in a project: the queue, and one case at a time, ruled on with a plain form."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import CrowdError
from crowd.models import Case, Project
from crowd.models.case import CASE_KINDS
from crowd.services import cases
from crowd.services.access import scope
from crowd.services.experts import casefile, rulings
from crowd.task_types import TASK_TYPES
from crowd.web.place import Place, RequesterCall

SHOWN = 100


def register(pages: Blueprint, at: Place) -> None:
    """Add the queue and the page of a case."""

    @pages.get("/projects/<slug>/cases", endpoint="cases")
    @at.for_requesters("read")
    def queue(call: RequesterCall, slug: str) -> str:
        project = scope.project(call.session, call.principal, slug)
        kind = request.args.get("kind")
        kind = kind if kind in CASE_KINDS else None
        found = cases.queue(call.session, project, kind=kind, limit=SHOWN)
        return render_template(
            "console/cases.html",
            project=project,
            cases=found,
            keys=casefile.keys(call.session, found),
            waiting=cases.waiting(call.session, project),
            kind=kind,
            most=SHOWN,
        )

    @pages.get("/projects/<slug>/cases/<id:case>", endpoint="case")
    @at.for_requesters("read")
    def show(call: RequesterCall, slug: str, case: int) -> str:
        project = scope.project(call.session, call.principal, slug)
        return _shown(call, project, cases.find(call.session, project, case))

    @pages.post("/projects/<slug>/cases/<id:case>", endpoint="rule")
    @at.for_requesters("spend")
    def rule(call: RequesterCall, slug: str, case: int) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        found = cases.find(call.session, project, case)
        form = {
            name: request.form.get(name, "").strip() for name in ("outcome", "label", "note", "wrong_gold")
        }
        ruling = rulings.typed(
            project, form["outcome"], form["label"], form["note"], form["wrong_gold"].splitlines()
        )
        try:
            # Refused halfway it must leave nothing behind: this page commits whatever it returns.
            with call.session.begin_nested():
                rulings.close(call.session, call.principal, project, found, ruling, now=call.now)
        except CrowdError as error:
            found = cases.find(call.session, project, case)
            return _shown(call, project, found, problem=error.message, **form), error.status
        following = cases.queue(call.session, project, limit=1)
        if not following:
            return redirect(url_for("console.cases", slug=slug), 303)
        return redirect(url_for("console.case", slug=slug, case=following[0].id), 303)


def _shown(call: RequesterCall, project: Project, case: Case, *, problem: str = "", **written: str) -> str:
    return render_template(
        "console/case.html",
        project=project,
        file=casefile.read(call.session, project, case),
        is_label=TASK_TYPES[project.task_type].is_categorical,
        waiting=sum(cases.waiting(call.session, project).values()),
        longest=rulings.LONGEST_NOTE,
        problem=problem,
        written=written,
    )
