"""A notification is taken from whoever holds the secret, and a queue is asked where its address says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from crowd.channels.mturk import notices
from crowd.channels.mturk.notices import confirm, own_secret, queue, verify
from crowd.channels.mturk.posting import Posting, faults
from crowd.errors import Forbidden
from crowd.services.market.transport import signature
from crowd.settings import Outlets

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b'{"Events": []}'
TOPIC = "arn:aws:sns:eu-west-1:123456789012:hits"
KEYS = {"AKCRME": "s3cret"}


def header(*, at: datetime = NOW, key: str = "AKCRME", secret: str = "s3cret", body: bytes = BODY) -> str:
    stamp = str(int(at.timestamp()))
    return f"t={stamp},k={key},v1={signature(secret, stamp, body.decode())}"


def test_what_the_endpoint_signs_is_taken_for_five_minutes():
    for late in (timedelta(0), timedelta(minutes=5), timedelta(minutes=-5)):
        verify(header(at=NOW - late), BODY, KEYS.get, now=NOW)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "sign the message"),
        ("t=soon,k=AKCRME,v1=00", "sign the message"),
        (header(key="AKCRYOU"), "subscribe again"),
        (header(secret="guess"), "not that of this message"),
        (header(body=b"{}"), "not that of this message"),
        (header().replace("v1=", "v1=é"), "not that of this message"),
        (header().rpartition(",")[0], "not that of this message"),
        (header(at=NOW - timedelta(minutes=6)), "too old"),
        (header(at=NOW + timedelta(minutes=6)), "too old"),
    ],
)
def test_anything_else_is_refused(given: str, said: str):
    with pytest.raises(Forbidden, match=said):
        verify(given, BODY, KEYS.get, now=NOW)


@pytest.fixture
def own_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKCRME")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    notices._credentials.cache_clear()
    yield
    notices._credentials.cache_clear()


@pytest.mark.usefixtures("own_keys")
def test_only_the_secret_of_the_key_we_call_with_is_known():
    assert (own_secret("AKCRME"), own_secret("AKCRYOU")) == ("s3cret", None)


@pytest.mark.parametrize(
    ("url", "region", "address"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/1/q", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"),
        ("http://localstack:4566/000000000000/q", "eu-north-1", "http://localstack:4566"),
    ],
)
@pytest.mark.usefixtures("own_keys")
def test_a_queue_is_asked_where_its_address_says(url: str, region: str, address: str):
    client = queue(url, Outlets(region="eu-north-1")).client
    assert (client.meta.region_name, client.meta.endpoint_url) == (region, address)


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("", "https://sns.eu-west-1.amazonaws.com"),
        ("aws", "https://sns.eu-west-1.amazonaws.com"),
        ("http://localstack:4566", "http://localstack:4566"),
    ],
)
def test_a_topic_is_confirmed_at_the_service_that_the_operator_names(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, address: str
):
    asked: list[tuple[str, Any]] = []
    session = notices._session

    def watched(*given: str) -> Any:
        made = session(*given)
        register = made.events.register

        def answer(request: Any, **_: object) -> Any:
            from botocore.awsrequest import AWSResponse

            asked.append((request.url.rstrip("/"), request.headers.get("Authorization")))
            return AWSResponse(request.url, 200, {"Content-Type": "text/xml"}, Raw())

        register("before-send.sns", answer)
        return made

    monkeypatch.setattr(notices, "_session", watched)
    confirm(TOPIC, "yes", Outlets(endpoint=endpoint))
    assert asked == [(address, None)]


class Raw:
    """The body of a reply, as botocore reads it."""

    def stream(self, *_: object, **__: object) -> Any:
        yield b"<ConfirmSubscriptionResponse><ConfirmSubscriptionResult/></ConfirmSubscriptionResponse>"


@pytest.mark.parametrize(
    ("stored", "wrong"),
    [
        ({"queue": "https://sqs.us-east-1.amazonaws.com/1/q"}, []),
        ({"topic": TOPIC}, []),
        ({"webhook": "https://labels.example.org/mturk/notices/1/x"}, []),
        ({"queue": "q"}, ["posting.queue"]),
        ({"topic": "arn:aws:sqs:eu-west-1:1:q"}, ["posting.topic"]),
        ({"topic": "arn:aws:sns::1:q"}, ["posting.topic"]),
        ({"webhook": "labels.example.org"}, ["posting.webhook"]),
        ({"queue": "https://q.example/1", "topic": TOPIC}, ["posting"]),
    ],
)
def test_a_project_is_told_in_one_way(stored: dict[str, Any], wrong: list[str]):
    assert [where for where, _ in faults(stored, "http://127.0.0.1:8081/mturk")] == wrong


def test_a_webhook_is_a_destination_of_sns():
    assert Posting(queue="https://q/1").told == ("SQS", "https://q/1")
    assert Posting(topic=TOPIC).told == ("SNS", TOPIC)
    assert Posting(webhook="https://h/1").told == ("SNS", "https://h/1")
    assert Posting().told is None


@pytest.mark.usefixtures("own_keys")
def test_a_queue_gives_messages_until_they_are_deleted():
    with mock_aws():
        made = boto3.client("sqs", region_name="us-east-1")
        url = made.create_queue(QueueName="hits", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
        made.send_message(QueueUrl=url, MessageBody="first")
        found = queue(url, Outlets())
        for _ in range(2):
            messages = found.receive(wait_seconds=0)
            assert [each.body for each in messages] == ["first"]
        found.delete(messages)
        assert found.receive(wait_seconds=0) == []
