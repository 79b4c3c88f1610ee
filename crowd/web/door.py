"""The door before Flask: what comes all day is answered here, under the same log, numbers and headers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog
from werkzeug import Request

from crowd.web import access_log, headers
from crowd.web.metrics import Counters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GIVEN_ID = f"HTTP_{access_log.HEADER.upper().replace('-', '_')}"
OF_DATA = tuple(headers.OF_DATA.items())

log = structlog.get_logger("crowd.door")


class Route(Protocol):
    """A path that is answered here, with the names Flask has for it."""

    @property
    def path(self) -> re.Pattern[str]:
        """What the whole path matches; its one group is handed on."""

    @property
    def rule(self) -> str:
        """The rule of the same view, for the log."""

    @property
    def endpoint(self) -> str:
        """The name of the same view, for the numbers."""

    @property
    def answer(self) -> Callable[[Request, str], str | None]:
        """The answer: the JSON of a 200, or None where Flask is to decide."""


@dataclass(frozen=True, slots=True)
class Door:
    """A WSGI application that stands before another."""

    inner: WSGIApplication
    routes: Sequence[Route]
    counters: Counters

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or hand it on as it came."""
        if environ["REQUEST_METHOD"] == "POST":
            for route in self.routes:
                if found := route.path.fullmatch(environ.get("PATH_INFO", "")):
                    content = self._answer(route, environ, found[1], start_response)
                    return self.inner(environ, start_response) if content is None else [content]
        return self.inner(environ, start_response)

    def _answer(
        self, route: Route, environ: WSGIEnvironment, given: str, start_response: StartResponse
    ) -> bytes | None:
        started = time.perf_counter()
        request_id = environ[GIVEN_ID] = access_log.begin(environ.get(GIVEN_ID, ""))
        try:
            text = route.answer(Request(environ, populate_request=False), given)
        except Exception:  # Flask's way of it may still be open to the worker
            log.exception("unexpected", rule=route.rule)
            return None
        if text is None:
            return None
        content = text.encode()
        about = ("Content-Type", "application/json"), ("Content-Length", str(len(content)))
        start_response("200 OK", [*about, *OF_DATA, (access_log.HEADER, request_id)])
        took = time.perf_counter() - started
        self.counters.count("POST", route.endpoint, 200, took)
        access_log.note("POST", route.rule, 200, seconds=took)
        return content
