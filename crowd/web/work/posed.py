"""The question of a program's HIT, as the document that stands in the frame."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request, url_for

from crowd import questions
from crowd.models.market import MarketHit
from crowd.questions import external, html, policy
from crowd.questions.form import Form
from crowd.rendering import sources
from crowd.services.market import workbench
from crowd.web import headers
from crowd.web.place import Place, WorkerCall


def register(pages: Blueprint, at: Place) -> None:
    """Add the document that the pages of HITs show in their frame."""

    @pages.get("/hits/<hit>/frame", endpoint="hit")
    @at.for_workers
    def show(call: WorkerCall, hit: str) -> Response:
        assignment = request.args.get("assignmentId", external.NOT_ACCEPTED)
        question = questions.read(_hit(call, hit, assignment).question, loopback_http=True)
        if question.form is not None:
            return _form(question.form, assignment)
        return _shut_in(_localised(question.html), policy.of_html(files=files(), submit=submit_address()))


def root() -> str:
    """Return what stands before `/mturk/externalSubmit`, as the parameter turkSubmitTo says it."""
    return f"{request.host_url.rstrip('/')}{request.script_root}"


def submit_address() -> str:
    """Return where forms post to."""
    return f"{root()}/mturk/externalSubmit"


def files() -> str:
    """Return the folder of the scripts that requesters' pages may load from here."""
    return f"{request.host_url.rstrip('/')}{url_for('static', filename='elements/')}"


def parameters(call: WorkerCall, hit: MarketHit, assignment: str) -> dict[str, str]:
    """Return what the document in the frame is told: who does what, and where it posts to."""
    told = {"assignmentId": assignment, "hitId": hit.external_id, "turkSubmitTo": root()}
    name = workbench.name(call.session, call.worker)
    # Before their first HIT a worker has no name that programs know, and looking at one gives them none.
    return {**told, "workerId": name} if name else told


def around(
    call: WorkerCall, hit: MarketHit, assignment: str, template: str, page: Mapping[str, object]
) -> Response:
    """Return a page of ours, rendered from a template, with a HIT's own inside."""
    question = questions.read(hit.question, loopback_http=True)
    told = parameters(call, hit, assignment)
    address, origin = f"{url_for('work.hit', hit=hit.external_id)}?{urlencode(told)}", ""
    if question.kind == "external":
        address, origin = external.framed(question.url, told), external.origin(question.url)
    # One that is served from here must not share our origin, or it could do what we can.
    apart = bool(origin) and origin != request.host_url.rstrip("/")
    shown = {**page, "hit": hit, "address": address, "height": question.frame_height, "apart": apart}
    response = make_response(render_template(template, **shown))
    response.headers["Content-Security-Policy"] = headers.around(origin)
    return response


def _hit(call: WorkerCall, hit: str, assignment: str) -> MarketHit:
    if assignment == external.NOT_ACCEPTED:
        return workbench.previewed(call.session, call.worker, hit, now=call.now)
    return workbench.held(call.session, call.worker, assignment).hit


def _localised(page: str) -> str:
    elements, external_hit = (f"{files()}{name}.js" for name in ("crowd-elements", "external-hit"))
    return html.localised(page, root=root(), elements=elements, external_hit=external_hit)


def _form(form: Form, assignment: str) -> Response:
    nonce = secrets.token_urlsafe(16)
    document = render_template(
        "work/market/form.html",
        form=form,
        assignment=assignment,
        is_preview=assignment == external.NOT_ACCEPTED,
        submit=submit_address(),
        nonce=nonce,
        style=sources.text("static/work/form.css"),
        script=sources.text("static/work/form.js"),
    )
    return _shut_in(document, policy.of_form(nonce=nonce, submit=submit_address()))


def _shut_in(document: str, rules: str) -> Response:
    response = Response(document, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = rules
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
