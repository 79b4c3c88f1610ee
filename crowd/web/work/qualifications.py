"""Qualifications, as workers see them: what they have, what they can ask for, and the tests."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from crowd.errors import Unprocessable
from crowd.models.market import QualificationRequest, QualificationType
from crowd.questions import answers, read_form
from crowd.services.market import requests, workbench
from crowd.visitors import FIELD
from crowd.web.place import Place, WorkerCall
from crowd.web.work.assignments import seconds


def register(pages: Blueprint, at: Place) -> None:
    """Add the list of qualifications, and the page of a test."""

    @pages.get("/qualifications", endpoint="qualifications")
    @at.for_workers
    def read_all(call: WorkerCall) -> str:
        return render_template(
            "work/market/qualifications.html",
            held=requests.held(call.session, call.worker),
            offered=requests.offered(call.session, call.worker, now=call.now),
        )

    @pages.post("/qualifications/<kind>", endpoint="ask")
    @at.for_workers
    def ask(call: WorkerCall, kind: str) -> ResponseReturnValue:
        wanted = requests.find(call.session, call.worker, kind)
        if wanted.test is not None:
            requests.begin(call.session, call.worker, wanted, now=call.now)
            return redirect(url_for("work.test", kind=kind), 303)
        return _asked(wanted, requests.ask(call.session, call.worker, wanted, [], now=call.now))

    @pages.get("/qualifications/<kind>/test", endpoint="test")
    @at.for_workers
    def read_test(call: WorkerCall, kind: str) -> ResponseReturnValue:
        return _test(call, requests.find(call.session, call.worker, kind))

    @pages.post("/qualifications/<kind>/test")
    @at.for_workers
    def hand_in_test(call: WorkerCall, kind: str) -> ResponseReturnValue:
        wanted = requests.find(call.session, call.worker, kind)
        if wanted.test is None:
            return redirect(url_for("work.qualifications"), 303)
        fields = [(name, value) for name, value in request.form.items(multi=True) if name != FIELD]
        try:
            # Before anything is written: what a page shows again must not be stored half.
            answers.write(fields, read_form(wanted.test))
        except Unprocessable as error:
            return _test(call, wanted, error)
        return _asked(wanted, requests.ask(call.session, call.worker, wanted, fields, now=call.now))


def _test(call: WorkerCall, kind: QualificationType, error: Unprocessable | None = None) -> Answer:
    begun = workbench.begun_test(call.session, call.worker, kind, now=call.now)
    if kind.test is None or begun is None:
        return redirect(url_for("work.qualifications"), 303)
    left = seconds(requests.deadline(kind, begun), call.now)
    page = {"kind": kind, "form": read_form(kind.test), "left": left, "error": error}
    return make_response(
        render_template("work/market/test.html", **page), 200 if error is None else error.status
    )


def _asked(kind: QualificationType, wish: QualificationRequest) -> str:
    return render_template("work/market/asked.html", kind=kind, wish=wish)
