"""A call goes the short way: replies and failures are understood as botocore understands them."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from botocore import parsers
from urllib3 import ProxyManager

from crowd.channels.mturk import client as clients
from crowd.channels.mturk import wire as short
from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.errors import Lost, Unreached, Unreadable
from crowd.turk.model import service
from tests.fakes import wire
from tests.fakes.turk import Turk

TYPE = {"Title": "t", "Description": "d", "Reward": "0.05", "AssignmentDurationInSeconds": 60}
HIT = {"HITId": "3A", "CreationTime": 1767225600.5, "Reward": "0.05", "Keywords": None, "Novelty": {"a": 1}}


def told(operation: str, status: int, body: bytes) -> dict[str, Any]:
    return short.told(service().operation_model(operation), short.Response(status, {}, body))


def by_botocore(operation: str, status: int, body: bytes) -> dict[str, Any]:
    parts = {"status_code": status, "headers": {}, "body": body, "context": {}}
    parsed: dict[str, Any] = parsers.create_parser("json").parse(
        parts, service().operation_model(operation).output_shape
    )
    return parsed


def test_a_reply_is_read_as_botocore_reads_it() -> None:
    body = json.dumps({"HIT": HIT, "Unheard": "of"}).encode()
    ours, theirs = told("GetHIT", 200, body), by_botocore("GetHIT", 200, body)
    assert ours == {"HIT": theirs["HIT"]}
    assert ours["HIT"]["CreationTime"] == datetime(2026, 1, 1, microsecond=500_000, tzinfo=UTC)


def test_a_time_may_be_written_out() -> None:
    body = b'{"HIT": {"CreationTime": "2026-01-01T00:00:00Z"}}'
    assert told("GetHIT", 200, body)["HIT"]["CreationTime"] == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"HIT": {"HITId"', b'{"HIT": "3A"}', b"\xff{}", b"<html>"])
def test_what_is_no_reply_of_the_protocol_is_not_read(body: bytes) -> None:
    with pytest.raises(Unreadable):
        told("GetHIT", 200, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"__type": "RequestError", "Message": "no", "TurkErrorCode": "AWS.MechanicalTurk.X"}'),
        (500, b'{"__type": "a.b#ServiceFault", "message": "no"}'),
        (500, b"<html>busy</html>"),
        (503, b""),
        (505, b"plain"),
    ],
)
def test_a_refusal_is_read_as_botocore_reads_it(status: int, body: bytes) -> None:
    ours, theirs = told("GetHIT", status, body), by_botocore("GetHIT", status, body)
    assert ours["Error"] == theirs["Error"]
    assert ours["ResponseMetadata"]["HTTPStatusCode"] == status
    assert ours.get("TurkErrorCode") == ("AWS.MechanicalTurk.X" if status == 400 else None)


def test_where_nobody_listens_nothing_was_done() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Unreached):
            Caller(clients.connect(address, **wire.KEYS)).call("CreateHITType", **TYPE)


def test_a_connection_that_breaks_may_have_done_it() -> None:
    turk = Turk()
    turk.faults.add("drop_after", times=1)
    with wire.served(turk) as url, pytest.raises(Lost):
        Caller(clients.connect(url, **wire.KEYS)).call("CreateHITType", **TYPE)
    assert len(turk.types) == 1


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_way_leads_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}me:se%40cret@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    timeout = urllib3.Timeout(1)
    through = short.pool("https://host.test/mturk", None, connections=1, timeout=timeout)
    assert isinstance(through, ProxyManager)
    assert through.proxy is not None
    assert (through.proxy.host, through.proxy.port) == ("proxy.test", 3128)
    assert through.proxy_headers == {"proxy-authorization": "Basic bWU6c2VAY3JldA=="}
    assert not isinstance(
        short.pool("https://inside.test", None, connections=1, timeout=timeout), ProxyManager
    )
