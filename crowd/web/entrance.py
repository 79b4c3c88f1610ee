"""The entrance of a protocol that needs nothing of Flask, under the same log, numbers and headers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Request, Response

from crowd.web import access_log, headers
from crowd.web.metrics import Counters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Entrance:
    """A WSGI application before another: what is posted to its paths is answered here."""

    inner: WSGIApplication
    paths: Collection[str]
    endpoint: str  # the name of the same view, for the numbers
    answer: Callable[[Request], Response]
    counters: Counters

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or hand it on."""
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] != "POST" or path not in self.paths:
            return self.inner(environ, start_response)
        began = time.perf_counter()
        request = Request(environ, populate_request=False)
        request_id = access_log.begin(request.headers.get(access_log.HEADER, ""))
        response = self.answer(request)
        response.headers.extend({**headers.OF_DATA, access_log.HEADER: request_id})
        took = time.perf_counter() - began
        self.counters.count("POST", self.endpoint, response.status_code, took)
        access_log.note("POST", path, response.status_code, seconds=took)
        return response(environ, start_response)
