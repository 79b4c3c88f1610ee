"""Where a worker contests what was decided about them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import CrowdError, TooMany
from crowd.services.experts import appeals
from crowd.services.experts.appeals import What
from crowd.web.place import Place, WorkerCall


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of appeals."""

    @pages.get("/appeals", endpoint="appeals")
    @at.for_workers
    def read_appeals(call: WorkerCall) -> str:
        return _shown(call)

    @pages.post("/appeals")
    @at.for_workers
    def write_appeal(call: WorkerCall) -> ResponseReturnValue:
        form = {name: request.form.get(name, "") for name in ("what", "name", "text")}
        what: What = "page" if form["what"] == "page" else "restriction"
        try:
            with call.session.begin_nested():
                appeals.file(call.session, call.worker, what, form["name"], form["text"], now=call.now)
        except CrowdError as error:
            headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
            return _shown(call, problem=error.message, **form), error.status, headers
        return redirect(url_for("work.appeals"), 303)


def _shown(call: WorkerCall, *, problem: str = "", **written: str) -> str:
    return render_template(
        "work/appeals.html",
        grievances=appeals.grievances(call.session, call.worker, now=call.now),
        longest=appeals.LONGEST,
        problem=problem,
        written=written,
    )
