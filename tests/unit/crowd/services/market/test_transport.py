"""Where messages may go, and what they are signed with."""

from __future__ import annotations

import hashlib
import hmac
import re
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest

from crowd.services.market.refusals import Refused
from crowd.services.market.transport import check_destination, is_public, signature
from crowd.settings import Outlets

CLOSED, OPEN = Outlets(), Outlets(endpoint="http://127.0.0.1:4566", private_webhooks=True)
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/hits"
TOPIC = "arn:aws:sns:us-east-1:123456789012:hits"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1",
     "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:0a00:0001::", "64:ff9b::10.0.0.1", "::"],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_addresses_outside_are_public(address: str):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "destination",
    ["https://hooks.example/x", "https://hooks.example:8443/x?y=1", "https://8.8.8.8/x"],
)
def test_a_webhook_is_any_https_address(destination: str):
    check_destination("SNS", destination, CLOSED)


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("http://hooks.example/x", "must begin with https"),
        ("ftp://hooks.example/x", "must begin with https"),
        ("https://user@hooks.example/x", "must be the ARN"),
        ("https://hooks.example/#x", "must be the ARN"),
        ("https://hooks.example:port/", "must be the ARN"),
        ("nonsense", "must be the ARN"),
        ("https://hooks.example/\r\nX: y", "printable ASCII"),
        ("https://hööks.example/", "printable ASCII"),
        ("https://hooks.example/" + "x" * 2000, "printable ASCII"),
        ("https://localhost/", "private address"),
        ("https://127.0.0.1/", "private address"),
        ("https://[::1]/", "private address"),
        ("https://169.254.169.254/latest/meta-data", "private address"),
        ("http://127.0.0.1:9000/", "private address"),
    ],
)
def test_other_addresses_are_refused_with_what_to_do(destination: str, said: str):
    with pytest.raises(Refused, match=said) as refused:
        check_destination("SNS", destination, CLOSED)
    assert refused.value.reason == "InvalidTransportEndpoint"


def test_the_operator_may_allow_private_webhooks_and_no_plain_ones_elsewhere():
    check_destination("SNS", "http://127.0.0.1:9000/x", OPEN)
    check_destination("SNS", "https://10.0.0.7/x", OPEN)
    with pytest.raises(Refused, match="must begin with https"):
        check_destination("SNS", "http://10.0.0.7/x", OPEN)


@pytest.mark.parametrize(("transport", "destination"), [("SQS", QUEUE), ("SNS", TOPIC)])
def test_queues_and_topics_need_a_service(transport: str, destination: str):
    check_destination(transport, destination, OPEN)
    with pytest.raises(Refused, match="CROWD_NOTICE_ENDPOINT"):
        check_destination(transport, destination, CLOSED)


def test_a_queue_is_an_address_a_topic_an_arn_and_mail_is_not_sent():
    for transport, destination in (("SQS", TOPIC), ("SNS", "arn:aws:sns")):
        with pytest.raises(Refused, match="Destination must be"):
            check_destination(transport, destination, OPEN)
    with pytest.raises(Refused, match="sends no e-mail"):
        check_destination("Email", "me@example.org", OPEN)


def test_the_signature_is_what_a_receiver_computes():
    expected = hmac.new(b"secret", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert signature("secret", "1700000000", '{"a": 1}') == expected


@pytest.fixture
def is_genuine():
    """Return the function that docs/how-to/receive-notifications.md gives receivers, at a fixed time."""
    page = (Path(__file__).parents[5] / "docs/how-to/receive-notifications.md").read_text()
    (block,) = re.findall(r"^```python\n(import hashlib.*?)^```", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "receive-notifications", "exec"), names)
    names["time"] = SimpleNamespace(time=lambda: 1700000000.0)
    return names["is_genuine"]


@pytest.mark.parametrize(
    ("stamp", "key", "secret", "body", "verdict"),
    [
        ("1700000000", "K", "secret", b'{"a": 1}', True),
        ("1699999701", "K", "secret", b'{"a": 1}', True),
        ("1699999700", "K", "secret", b'{"a": 1}', False),
        ("1700000000", "L", "secret", b'{"a": 1}', False),
        ("1700000000", "K", "other", b'{"a": 1}', False),
        ("1700000000", "K", "secret", b'{"a": 2}', False),
    ],
)
def test_the_receiver_of_the_page_believes_us_and_nobody_else(is_genuine, stamp, key, secret, body, verdict):
    signed = signature(secret, stamp, '{"a": 1}')
    header = f"t={stamp},k={key},v1={signed}"
    assert is_genuine(header, body, {"K": "secret"}) is verdict
