"""Where a worker begins: what is open to them, and what a project asks."""

from __future__ import annotations

from flask import Blueprint, render_template

from crowd.models import Project
from crowd.services.experts import appeals
from crowd.services.market import work
from crowd.services.market import workbench as workbench_of_hits
from crowd.services.page import terms
from crowd.services.people import messages, statistics, workbench
from crowd.services.setup import instructions, projects
from crowd.web.place import Place, WorkerCall


def register(pages: Blueprint, at: Place) -> None:
    """Add the home page and the instructions of each project."""

    @pages.get("/")
    @at.for_workers
    def home(call: WorkerCall) -> str:
        return render_template(
            "work/home.html",
            offers=workbench.offers(call.session, call.worker, now=call.now),
            most=workbench.MOST_COUNTED,
            today=statistics.today(call.session, call.worker, now=call.now),
            groups=work.open_hits(call.session, call.worker, now=call.now),
            in_hand=workbench_of_hits.in_hand(call.session, call.worker, now=call.now),
            unread=messages.unread(call.session, call.worker),
            contested=appeals.has_new(call.session, call.worker, now=call.now),
        )

    @pages.get("/projects/<id:project>/instructions", endpoint="instructions")
    @at.for_workers
    def read_instructions(call: WorkerCall, project: int) -> str:
        row = open_project(call, project)
        return render_template(
            "work/instructions.html",
            project=row,
            told=instructions.current(call.session, row),
            label_set=projects.labels(call.session, row),
        )


def open_project(call: WorkerCall, project_id: int) -> Project:
    """Return a project that this worker may know of."""
    return terms.of_worker(call.session, call.worker, project_id)
