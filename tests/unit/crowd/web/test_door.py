"""The door answers what is ordinary, and hands on everything else as it came."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from werkzeug import Request
from werkzeug.test import Client

from crowd.web.door import Door
from crowd.web.metrics import Counters


@dataclass(frozen=True)
class Way:
    """The path /at/<name>."""

    answer: Callable[[Request, str], str | None]
    path: re.Pattern[str] = re.compile(r"/at/([a-z]+)")
    rule: str = "/at/<name>"
    endpoint: str = "at"


def inner(environ, start_response):
    start_response("202 Accepted", [("Content-Length", "5")])
    return [environ["wsgi.input"].read()]


@pytest.fixture
def counted() -> list[tuple[str, str, int]]:
    return []


@pytest.fixture
def client(counted):
    def make(answer: Callable[[Request, str], str | None]) -> Client:
        counters = Counters(CollectorRegistry(), lambda *seen: counted.append(seen[:3]))
        return Client(Door(inner, [Way(answer)], counters))

    return make


def test_what_a_route_answers_is_json_with_the_headers_of_data(client, counted):
    reply = client(lambda _, name: f'{{"name":"{name}"}}').post("/at/here", headers={"X-Request-Id": "r1"})
    assert (reply.status_code, reply.get_json()) == (200, {"name": "here"})
    assert reply.headers["X-Request-Id"] == "r1"
    assert reply.headers["Cache-Control"] == "no-store"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert counted == [("POST", "at", 200)]


def test_it_has_a_line_in_the_log_under_its_rule(client):
    with capture_logs() as lines:
        client(lambda *_: "{}").post("/at/here")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["rule"], line["status"]) == ("POST", "/at/<name>", 200)


def test_a_forged_request_id_is_replaced(client):
    reply = client(lambda *_: "{}").post("/at/here", headers={"X-Request-Id": "a b"})
    assert re.fullmatch("[0-9a-f]{16}", reply.headers["X-Request-Id"])


def test_what_a_route_leaves_is_handed_on_with_its_body(client, counted):
    def read(sent: Request, _name: str) -> None:
        content = sent.environ["wsgi.input"].read()
        sent.environ["wsgi.input"] = BytesIO(content)

    reply = client(read).post("/at/here", data=b"hello")
    assert (reply.status_code, reply.data, counted) == (202, b"hello", [])


@pytest.mark.parametrize(("method", "path"), [("GET", "/at/here"), ("POST", "/at/here/"), ("POST", "/at/H1")])
def test_other_requests_are_not_looked_at(client, method, path):
    assert client(lambda *_: pytest.fail("asked")).open(path, method=method).status_code == 202


def test_a_fault_is_logged_and_the_request_handed_on(client, capsys):
    def fail(_sent: Request, _name: str) -> str:
        raise RuntimeError("broken")

    assert client(fail).post("/at/here").status_code == 202
    said = capsys.readouterr()
    assert "RuntimeError" in said.out + said.err
