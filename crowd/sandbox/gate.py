"""The way in for calls of the protocol: each is written down, and may go wrong as the conditions have it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from werkzeug.wrappers import Response

from crowd.clock import Clock
from crowd.sandbox.calls import CallLog
from crowd.sandbox.faults import NAMES, Fault, Weather

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

JSON = "application/x-amz-json-1.1"
# Which list of a reply may lag behind, and by which time of its rows.
LISTS = {
    "ListHITs": ("HITs", "CreationTime"),
    "ListReviewableHITs": ("HITs", "CreationTime"),
    "ListAssignmentsForHIT": ("Assignments", "SubmitTime"),
    "ListQualificationTypes": ("QualificationTypes", "CreationTime"),
    "ListBonusPayments": ("BonusPayments", "GrantTime"),
    "ListWorkersWithQualificationType": ("Qualifications", "GrantTime"),
}


class Gate:
    """WSGI around an application: calls of the protocol pass here, everything else goes through."""

    def __init__(self, app: WSGIApplication, clock: Clock, weather: Weather) -> None:
        self._app = app
        self._clock = clock
        self.weather = weather
        self.calls = CallLog()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        operation = operation_of(environ)
        if operation is None:
            return self._app(environ, start_response)
        began, at = time.monotonic(), self._clock()
        fault = self.weather.strike(operation)
        reply = self._reply(environ, operation, fault)
        self.calls.add(
            at=at.isoformat(),
            operation=operation,
            invocation=environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""),
            attempt=environ.get("HTTP_AMZ_SDK_REQUEST", "").partition(";")[0].removeprefix("attempt="),
            status=reply.status_code if reply else 0,
            error=_error(reply),
            fault=f"{fault.kind} {fault.when}" if fault else "",
            seconds=round(time.monotonic() - began, 4),
        )
        if reply is None:
            hang_up(environ)
            reply = Response(status=500)
        return reply(environ, start_response)

    def _reply(self, environ: WSGIEnvironment, operation: str, fault: Fault | None) -> Response | None:
        """Return what is answered; None where the connection is closed without a word."""
        if fault is None:
            return self._carried_out(environ, operation)
        reply = self._carried_out(environ, operation) if fault.commits else Response()
        time.sleep(fault.seconds)
        if fault.kind in ("drop", "stall"):
            return None
        return spoilt(reply, fault, self._clock)

    def _carried_out(self, environ: WSGIEnvironment, operation: str) -> Response:
        reply = Response.from_app(self._app, environ, buffered=True)
        lag = self.weather.conditions.lag_seconds
        if lag and operation in LISTS and reply.status_code == 200:
            since = (self._clock() - timedelta(seconds=lag)).timestamp()
            reply.data = _lagging(json.loads(reply.data), *LISTS[operation], since)
        return reply


def operation_of(environ: WSGIEnvironment) -> str | None:
    """Return the operation that a request names, where it is one of the protocol."""
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    return target.rpartition(".")[2] or None if environ["REQUEST_METHOD"] == "POST" else None


def spoilt(reply: Response, fault: Fault, clock: Clock) -> Response:
    """Return a reply as the fault leaves it."""
    if fault.kind == "slow":
        return reply
    if fault.kind == "truncated_json":
        return Response(reply.data[: len(reply.data) // 2], reply.status, content_type=JSON)
    if fault.kind in NAMES:
        return _refusal(fault, clock)
    status = 505 if fault.kind == "505" else 500
    return Response(f"<html><body><h1>{status}</h1></body></html>", status, content_type="text/html")


def hang_up(environ: WSGIEnvironment) -> None:
    """Close the connection of a request without a reply."""
    connection: socket.socket | None = environ.get("gunicorn.socket")
    if connection is None:
        raise ConnectionResetError("the sandbox dropped this call")
    # What the server writes afterwards goes nowhere, which it takes for a client that has left.
    connection.shutdown(socket.SHUT_RDWR)


def _refusal(fault: Fault, clock: Clock) -> Response:
    stamp = f"({int(clock().timestamp() * 1000)})"
    body = {"__type": NAMES[fault.kind], "Message": f"Rate exceeded {stamp}"}
    if fault.kind == "servicefault":
        body["Message"] = f"The service is not available at the moment {stamp}"
        body["TurkErrorCode"] = "AWS.ServiceUnavailable"
    status = 400 if fault.kind == "throttle" else 500
    return Response(json.dumps(body), status, {"x-amzn-RequestId": str(uuid4())}, content_type=JSON)


def _lagging(reply: dict[str, Any], rows: str, time_of: str, since: float) -> str:
    shown = [row for row in reply.get(rows, []) if row.get(time_of, 0) <= since]
    reply["NumResults"] = len(shown)
    return json.dumps(reply | {rows: shown})


def _error(reply: Response | None) -> str:
    if reply is None or reply.status_code < 400 or reply.mimetype != JSON:
        return ""
    try:
        return str(json.loads(reply.data).get("__type", ""))
    except ValueError:
        return ""
