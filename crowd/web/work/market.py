"""Programs' HITs, as workers meet them: looked at, accepted, listed with what became of them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from crowd.models.market import MarketHit
from crowd.questions import external
from crowd.services.market import work, workbench
from crowd.services.market.refusals import Refused
from crowd.web.place import Place, WorkerCall
from crowd.web.work import posed

MOST_SHOWN = 100
GONE = ("InvalidHITState", "AssignmentAlreadyExists")


def register(pages: Blueprint, at: Place) -> None:
    """Add the pages of a group of HITs, and of all that was accepted."""

    @pages.get("/groups/<group>", endpoint="group")
    @at.for_workers
    def look(call: WorkerCall, group: str) -> ResponseReturnValue:
        found = workbench.group(call.session, call.worker, group, now=call.now)
        if found.hit is None:
            return render_template("work/market/none_left.html", hit_type=found.hit_type)
        page = {"group": found, "hit_type": found.hit_type}
        return posed.around(call, found.hit, external.NOT_ACCEPTED, "work/market/preview.html", page)

    @pages.post("/groups/<group>/accept", endpoint="accept")
    @at.for_workers
    def accept(call: WorkerCall, group: str) -> Answer:
        found = workbench.group(call.session, call.worker, group, now=call.now)
        wanted = request.form.get("hit")
        if wanted is None:
            return take(at, call, found.hit, group)
        return take(at, call, workbench.previewed(call.session, call.worker, wanted, now=call.now), group)

    @pages.get("/assignments", endpoint="done")
    @at.for_workers
    def done(call: WorkerCall) -> str:
        places = workbench.history(call.session, call.worker, limit=MOST_SHOWN)
        shown = [(each, each.state(call.now)) for each in places]
        return render_template("work/market/done.html", places=shown, states=workbench.STATES)


def take(at: Place, call: WorkerCall, hit: MarketHit | None, group: str) -> Answer:
    """Accept a HIT; where another worker was faster, look at the next one."""
    if hit is None:
        return redirect(url_for("work.group", group=group), 303)
    try:
        taken = work.accept(call.session, call.worker, hit, now=call.now, profile=at.settings.market)
    except Refused as error:
        if error.reason in GONE:
            return redirect(url_for("work.group", group=group), 303)
        raise
    return redirect(url_for("work.assignment", assignment=taken.external_id), 303)
