"""Who works on a project: how well, and what keeps somebody out."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import bad_input
from crowd.models import Project, Worker
from crowd.models.worker import RESTRICTIONS
from crowd.services import grade, roster
from crowd.services.access import scope
from crowd.services.people import eligibility, pool
from crowd.web.place import Place, RequesterCall


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of a project's workers."""

    @pages.get("/projects/<slug>/workers", endpoint="team")
    @at.for_requesters("read")
    def show(call: RequesterCall, slug: str) -> str:
        project = scope.project(call.session, call.principal, slug)
        known = pool.summaries(call.session, project, now=call.now)
        asked = request.args.get("why", "")
        return render_template(
            "console/team.html",
            project=project,
            known=known,
            kinds=RESTRICTIONS,
            asked=asked,
            why=_why(call, project, asked) if asked else None,
        )

    @pages.post("/projects/<slug>/workers/<pseudonym>/restrict", endpoint="restrict_here")
    @at.for_requesters("write")
    def restrict(call: RequesterCall, slug: str, pseudonym: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        worker = scope.worker(call.session, call.principal, pseudonym)
        keep_out(call, worker, project)
        if request.form.get("exclude"):
            reason = request.form["reason"].strip()[:1000]
            grade.exclude(call.session, project, worker, reason=reason, now=call.now)
        return redirect(url_for("console.team", slug=slug), 303)

    @pages.post("/projects/<slug>/workers/<pseudonym>/lift", endpoint="lift_here")
    @at.for_requesters("write")
    def lift(call: RequesterCall, slug: str, pseudonym: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        worker = scope.worker(call.session, call.principal, pseudonym)
        roster.lift(call.session, call.principal, worker, project, now=call.now)
        return redirect(url_for("console.team", slug=slug), 303)


def keep_out(call: RequesterCall, worker: Worker, project: Project | None) -> None:
    """Restrict a worker as the form says, in a project or in all."""
    kind, reason, days = (request.form.get(name, "").strip() for name in ("kind", "reason", "days"))
    if kind not in RESTRICTIONS:
        raise bad_input("kind", f"choose from {', '.join(RESTRICTIONS)}")
    if not reason:
        raise bad_input("reason", "is needed: it is kept with the restriction")
    if days and not (days.isascii() and days.isdigit() and 0 < int(days) <= 3650):
        raise bad_input("days", "must be a whole number between 1 and 3650, or empty")
    roster.restrict(
        call.session,
        worker,
        project=project,
        kind=kind,
        reason=reason[:1000],
        facts={},
        actor=call.principal.actor,
        until=call.now + timedelta(days=int(days)) if days else None,
        now=call.now,
    )


def _why(call: RequesterCall, project: Project, pseudonym: str) -> list[eligibility.Reason]:
    worker = scope.worker(call.session, call.principal, pseudonym)
    return eligibility.reasons(call.session, project, worker, now=call.now)
