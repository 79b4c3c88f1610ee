"""One project: how far it is, what it costs, and what workers are told, as they will see it."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape
from sqlalchemy import func, select

from crowd import rendering
from crowd.channels import Page
from crowd.errors import CrowdError
from crowd.models import Assignment, Instructions, Item, Project
from crowd.services import cases, conclude, merge, pack
from crowd.services.access import scope
from crowd.services.experts import gold_supply
from crowd.services.honesty import accuracy, stop
from crowd.services.loop import Turn
from crowd.services.reports import guidance
from crowd.services.rules.words import said, subjects
from crowd.services.setup import instructions, projects, rule_book
from crowd.services.setup.instructions import Wording
from crowd.web.place import Place, RequesterCall
from crowd.web.work.frame import sandboxed
from qc.rule_text import text as line_of
from qc.rules import read

PREVIEWED = 3
SHOWN = 5  # firings of rules
NOTHING = {"text": "An item of yours will stand here."}


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of a project, and what can be done there."""

    @pages.get("/projects/<slug>", endpoint="project")
    @at.for_requesters("read")
    def show(call: RequesterCall, slug: str) -> str:
        return shown(call, scope.project(call.session, call.principal, slug))

    @pages.post("/projects/<slug>/state", endpoint="move")
    @at.for_requesters("write")
    def move(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        projects.move(call.session, call.principal, project, request.form.get("state", ""), now=call.now)
        return redirect(url_for("console.project", slug=slug), 303)

    @pages.post("/projects/<slug>/instructions", endpoint="revise")
    @at.for_requesters("write")
    def revise(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        held = instructions.current(call.session, project)
        text, template = _written()
        wording = Wording(text, tuple(held.examples), template)
        try:
            instructions.revise(call.session, call.principal, project, wording, now=call.now)
        except CrowdError as error:
            return shown(call, project, problem=error.message, text=text, template=template), error.status
        return redirect(url_for("console.project", slug=slug, _anchor="instructions"), 303)

    @pages.route("/projects/<slug>/preview", endpoint="preview", methods=["GET", "POST"])
    @at.for_requesters("read")
    def preview(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        nonce = secrets.token_urlsafe(16)
        page = _sample(call, project)
        faults = _template_faults(page, nonce)
        return sandboxed(_listed(faults) if faults else rendering.frame(page, nonce=nonce, host=""), nonce)


def shown(
    call: RequesterCall,
    project: Project,
    *,
    problem: str = "",
    refused: str = "",
    turn: Turn | None = None,
    **written: str | None,
) -> str:
    """Show the page of a project: with what is wrong with new instructions, or was refused, or a turn did."""
    waiting = select(func.count()).where(
        Assignment.project_id == project.id,
        Assignment.work == "submitted",
        Assignment.review == "pending",
        Assignment.kind == "work",
    )
    return render_template(
        "console/project.html",
        project=project,
        overview=projects.overview(call.session, project),
        gold=gold_supply.supply(call.session, project),
        label_set=projects.labels(call.session, project),
        told=instructions.current(call.session, project),
        waiting=call.session.scalar(waiting) or 0,
        cases=sum(cases.waiting(call.session, project).values()),
        rules=[(row, line_of(read(row.body))) for row in rule_book.rules(call.session, project)],
        firings=_firings(call, project),
        claimed=accuracy.lines(accuracy.measure(call.session, project)),
        stopping=stop.verdict(call.session, project),
        advice=guidance.told(call.session, project),
        newest=next(iter(merge.versions(call.session, project)), None),
        concluded=conclude.latest_run(call.session, project) is not None,
        problem=problem,
        refused=refused,
        turn=turn,
        written=written,
    )


def _firings(call: RequesterCall, project: Project) -> list[dict[str, object]]:
    """Return what rules did last, in words."""
    found = rule_book.firings(call.session, project, limit=SHOWN)
    names = subjects(call.session, [firing for firing, _ in found])
    return [
        {
            "at": firing.created_at,
            "rule": row.name,
            "subject": names[firing.id],
            "done": firing.action["action"].replace("_", " "),
            "facts": said(firing.facts),
        }
        for firing, row in found
    ]


def _written() -> tuple[str, str | None]:
    """Return the instructions and the template of the form, with plain line feeds."""
    text, template = (
        request.form.get(name, "").replace("\r\n", "\n").strip() for name in ("text", "template")
    )
    return text, template or None


def _sample(call: RequesterCall, project: Project) -> Page:
    """Return a page of a few items, with the wording of the form where one was sent."""
    query = select(Item).where(Item.project_id == project.id, Item.state != "gold").order_by(Item.key)
    items = call.session.scalars(query.limit(PREVIEWED)).all()
    picks = [pack.Pick(item.id, item.key, item.payload) for item in items] or [pack.Pick(0, "", NOTHING)]
    told = instructions.current(call.session, project)
    if request.method == "POST":
        text, template = _written()
        told = Instructions(version=0, text=text, template=template, examples=[])
    return pack.page(project, projects.labels(call.session, project), told, picks)


def _template_faults(page: Page, nonce: str) -> list[str]:
    """Return what is wrong with the page's template, by itself and for the first item."""
    if page.template is None:
        return []
    if found := rendering.check_template(page.template):
        return [str(problem) for problem in found]
    try:
        rendering.preview(
            page.template,
            task_type=page.task_type,
            payload=page.questions[0].payload,
            labels=page.labels,
            details=page.details,
            options=page.options,
            nonce=nonce,
        )
    except ValueError as error:
        return [str(error)]
    return []


def _listed(faults: list[str]) -> str:
    lines = "".join(f"<li>{escape(fault)}</li>" for fault in faults)
    title = "The template cannot be used"
    return f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><ul>{lines}</ul></html>'
