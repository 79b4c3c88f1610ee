"""What a worker and the requester write to each other."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import Unprocessable
from crowd.models import Project
from crowd.services.people import messages
from crowd.web.place import Place, WorkerCall
from crowd.web.work.home import open_project

SHOWN = 100


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of messages; reading alone changes nothing, so that a GET never does."""

    @pages.get("/messages", endpoint="messages")
    @at.for_workers
    def read_messages(call: WorkerCall) -> str:
        return _shown(call)

    @pages.post("/messages")
    @at.for_workers
    def write_message(call: WorkerCall) -> ResponseReturnValue:
        messages.mark_read(call.session, call.worker, now=call.now)
        if request.form.get("do") != "read":
            try:
                _send(call, request.form.get("text", ""))
            except Unprocessable as error:
                return _shown(call, problem=error.message), error.status
        return redirect(url_for("work.messages"), 303)


def _send(call: WorkerCall, text: str) -> None:
    about = request.form.get("project", "")
    messages.send(
        call.session,
        requester_id=call.worker.requester_id,
        worker=call.worker,
        sender="worker",
        text=text,
        project=open_project(call, int(about)) if about.isdecimal() else None,
        now=call.now,
    )


def _shown(call: WorkerCall, problem: str = "") -> str:
    letters = messages.for_worker(call.session, call.worker, limit=SHOWN)
    about = {each.project_id for each in letters if each.project_id is not None}
    titles = {key: call.session.get_one(Project, key).title for key in sorted(about)}
    return render_template(
        "work/messages.html",
        letters=letters,
        titles=titles,
        longest=messages.LONGEST,
        written=request.form.get("text", ""),
        problem=problem,
    )
