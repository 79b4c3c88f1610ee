"""The page on which a worker answers one page of questions after another."""

from __future__ import annotations

from flask import Blueprint, render_template

from crowd.errors import Forbidden
from crowd.services.people import statistics, workbench
from crowd.services.setup import instructions, projects
from crowd.web.place import Place, WorkerCall
from crowd.web.work.home import open_project


def register(pages: Blueprint, at: Place) -> None:
    """Add the labeling page; the pages of questions themselves come over the API."""

    @pages.get("/projects/<id:project>")
    @at.for_workers
    def label(call: WorkerCall, project: int) -> str:
        row = open_project(call, project)
        if workbench.offer(call.session, row, call.worker, now=call.now) is None:
            raise Forbidden("this project is not open to you at the moment")
        return render_template(
            "work/labeling.html",
            project=row,
            person=call.worker,
            today=statistics.today(call.session, call.worker, project=row, now=call.now),
            told=instructions.current(call.session, row),
            label_set=projects.labels(call.session, row),
        )
