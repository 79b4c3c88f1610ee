"""Every call of the protocol is written down; what strikes it leaves the reply as told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from crowd.sandbox.faults import Conditions, Fault, Weather
from crowd.sandbox.gate import Gate

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
Send = Callable[..., TestResponse]


class Market:
    """An application that counts what it carried out."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.reply = reply
        self.done = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.done += 1
        if Request(environ).path == "/page":
            return Response("a page")(environ, start_response)
        return Response(json.dumps(self.reply), content_type="application/x-amz-json-1.1")(
            environ, start_response
        )


@pytest.fixture
def market() -> Market:
    return Market({"NumResults": 0, "HITs": []})


def gate(market: Market, **conditions: Any) -> Gate:
    return Gate(market, lambda: NOON, Weather(Conditions(**conditions)))


def send(at: Gate, operation: str = "ListHITs", **headers: str) -> TestResponse:
    target = {"X-Amz-Target": f"MTurkRequesterServiceV20170117.{operation}"}
    return Client(at).post("/mturk", headers=target | headers, data="{}")


def test_a_call_passes_and_is_written_down(market: Market):
    at = gate(market)
    reply = send(at, **{"amz-sdk-invocation-id": "abc", "amz-sdk-request": "attempt=2; max=3"})
    assert json.loads(reply.data) == market.reply
    (call,) = at.calls.after(0, limit=10)
    assert call.pop("seconds") >= 0
    assert call == {
        "number": 1,
        "at": "2030-01-31T12:00:00+00:00",
        "operation": "ListHITs",
        "invocation": "abc",
        "attempt": "2",
        "status": 200,
        "error": "",
        "fault": "",
    }


def test_calls_can_be_read_on_from_where_one_was(market: Market):
    at = gate(market)
    for _ in range(5):
        send(at)
    assert [each["number"] for each in at.calls.after(2, limit=2)] == [3, 4]


def test_what_is_no_call_of_the_protocol_meets_no_fault(market: Market):
    at = gate(market, plan=(Fault("505", prob=1.0),))
    assert Client(at).get("/page").text == "a page"
    assert at.calls.after(0, limit=10) == []


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [("throttle", 400, "ThrottlingException"), ("servicefault", 500, "ServiceFault")],
)
def test_an_error_of_the_service_looks_like_one(market: Market, kind: str, status: int, error: str):
    at = gate(market, plan=(Fault(kind, prob=1.0),))
    reply = send(at)
    assert reply.status_code == status
    body = json.loads(reply.data)
    assert body["__type"] == error
    assert body["Message"].endswith(f"({int(NOON.timestamp() * 1000)})")
    assert market.done == 0
    assert [each["error"] for each in at.calls.after(0, limit=10)] == [error]


@pytest.mark.parametrize(("kind", "status"), [("505", 505), ("html500", 500)])
def test_an_error_on_the_way_is_no_json(market: Market, kind: str, status: int):
    reply = send(gate(market, plan=(Fault(kind, prob=1.0, when="after_commit"),)))
    assert (reply.status_code, reply.mimetype, market.done) == (status, "text/html", 1)


def test_a_reply_may_be_cut_off(market: Market):
    reply = send(gate(market, plan=(Fault("truncated_json", prob=1.0),)))
    assert (reply.status_code, market.done) == (200, 1)
    with pytest.raises(ValueError, match=r".+"):
        json.loads(reply.data)


@pytest.mark.parametrize(("when", "done"), [("before_commit", 0), ("after_commit", 1)])
def test_a_dropped_call_gets_no_reply(market: Market, when: str, done: int):
    at = gate(market, plan=(Fault("drop", prob=1.0, when=when),))
    with pytest.raises(ConnectionResetError):
        send(at)
    assert market.done == done
    assert [each["status"] for each in at.calls.after(0, limit=10)] == [0]


def test_lists_lag_behind(market: Market):
    young, old = ((NOON - timedelta(seconds=age)).timestamp() for age in (2, 10))
    rows = [{"HITId": "YOUNG", "CreationTime": young}, {"HITId": "OLD", "CreationTime": old}]
    market.reply = {"NumResults": 2, "HITs": rows, "NextToken": "more"}
    assert json.loads(send(gate(market, lag_seconds=5)).data) == {
        "NumResults": 1,
        "HITs": rows[1:],
        "NextToken": "more",
    }
