"""A worker's own numbers, and the leaderboards of the projects that keep one."""

from __future__ import annotations

from typing import cast, get_args

from flask import Blueprint, render_template, request

from crowd.services.people import statistics
from crowd.web.place import Place, WorkerCall
from crowd.web.work.home import open_project

DAYS_SHOWN = 30


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of statistics and the leaderboards."""

    @pages.get("/standing", endpoint="standing")
    @at.for_workers
    def read_standing(call: WorkerCall) -> str:
        found = statistics.standing(call.session, call.worker, now=call.now)
        return render_template("work/standing.html", standing=found, days_shown=DAYS_SHOWN)

    @pages.get("/projects/<id:project>/leaderboard")
    @at.for_workers
    def leaderboard(call: WorkerCall, project: int) -> str:
        row, by = open_project(call, project), _order(request.args.get("by", ""))
        return render_template(
            "work/leaderboard.html",
            project=row,
            by=by,
            days=statistics.LEADERBOARD_DAYS,
            places=statistics.leaderboard(call.session, row, call.worker, by=by, now=call.now),
        )


def _order(named: str) -> statistics.Order:
    return cast("statistics.Order", named) if named in get_args(statistics.Order) else "answers"
