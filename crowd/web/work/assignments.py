"""A program's HIT in a worker's hands: done in its frame, given back, followed by the next."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from crowd.services.market import work, workbench
from crowd.services.market.workbench import Place as Held
from crowd.web.place import Place, WorkerCall
from crowd.web.submit import receipt
from crowd.web.work import market, posed


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of a HIT in hand, and what ends it."""

    @pages.get("/assignments/<assignment>", endpoint="assignment")
    @at.for_workers
    def do(call: WorkerCall, assignment: str) -> ResponseReturnValue:
        held = workbench.held(call.session, call.worker, assignment)
        page = {"held": held, "hit_type": held.hit_type, "state": held.state(call.now)}
        if page["state"] != "accepted":
            return render_template("work/market/ended.html", **page)
        page["left"] = seconds(held.assignment.deadline, call.now)
        page["receipt"] = receipt(assignment)
        return posed.around(call, held.hit, assignment, "work/market/assignment.html", page)

    @pages.post("/assignments/<assignment>/return", endpoint="give_back")
    @at.for_workers
    def give_back(call: WorkerCall, assignment: str) -> Answer:
        held = workbench.held(call.session, call.worker, assignment)
        if held.state(call.now) == "accepted":
            work.give_back(call.session, held.assignment, now=call.now)
        return redirect(url_for("work.home"), 303)

    @pages.post("/assignments/<assignment>/next", endpoint="go_on")
    @at.for_workers
    def go_on(call: WorkerCall, assignment: str) -> Answer:
        held = workbench.held(call.session, call.worker, assignment)
        if held.state(call.now) == "accepted":  # whatever the page in the frame may have said
            return redirect(url_for("work.assignment", assignment=assignment), 303)
        return _onward(at, call, held)


def seconds(end: datetime, now: datetime) -> int:
    """Return the whole seconds until a moment, none once it is past."""
    return max(0, int((end - now).total_seconds()))


def _onward(at: Place, call: WorkerCall, held: Held) -> Answer:
    """Go to the next HIT of the type where there is one, and accept it where that is wished."""
    group = held.hit_type.group_id
    following = work.next_of_type(call.session, call.worker, held.hit_type, now=call.now)
    if following is None:
        return redirect(url_for("work.home"), 303)
    if request.form.get("accept") == "1":
        return market.take(at, call, following, group)
    return redirect(url_for("work.group", group=group), 303)
