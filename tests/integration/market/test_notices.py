"""What programs are told of their HITs, by queue, topic and webhook: all of it, at least once, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto import mock_aws
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crowd.app import create_app
from crowd.db import Database
from crowd.jobs.chores import jobs, post_of, prune
from crowd.models import Worker
from crowd.models.market import AccessKey, Notice
from crowd.services import erasure
from crowd.services.access.keys import Principal
from crowd.services.market import notices, transport
from crowd.services.market.profile import Profile
from crowd.services.market.transport import Outgoing, Undelivered
from crowd.settings import Outlets, Settings, new_secret
from tests.integration.market.conftest import Clock, Market
from tests.integration.market.receiver import Receiver, listening

ALL = (
    *("AssignmentAccepted", "AssignmentAbandoned", "AssignmentReturned", "AssignmentSubmitted"),
    *("AssignmentRejected", "AssignmentApproved"),
    *("HITCreated", "HITExtended", "HITDisposed", "HITReviewable", "HITExpired"),
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def market(database: Database, profile: Profile) -> Market:
    """As everywhere, with queues and private webhooks allowed."""
    clock = Clock()
    outlets = Outlets(endpoint="aws", private_webhooks=True)
    settings = Settings(secret_key=new_secret(), market=profile, outlets=outlets)
    app = create_app(settings, database=database, clock=clock)
    app.config["TESTING"] = True
    market = Market(app, database, settings, clock)
    market.pair = market.key_pair()
    market.client = market.connect(market.pair)
    return market


def wanted(destination: str, *events: str, **more: Any) -> dict[str, Any]:
    given = {"Destination": destination, "Transport": "SNS", "Version": "2014-08-15"}
    return {**given, "EventTypes": list(events or ALL), **more}


def told_type(market: Market, notification: dict[str, Any], **terms: Any) -> str:
    hit_type = market.hit_type(**terms)
    market.client.update_notification_settings(HITTypeId=hit_type, Notification=notification, Active=True)
    return hit_type


def deliver(market: Market, post: Callable[[Outgoing], None] | None = None) -> int:
    carrier = post or post_of(market.settings, market.settings.secret_key)
    return notices.deliver(market.database, carrier, market.clock)


def stored(market: Market) -> list[Notice]:
    with market.database.read() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def code(error: pytest.ExceptionInfo[Any]) -> str:
    response = error.value.response
    return str(response.get("TurkErrorCode") or response["Error"]["Code"]).removeprefix("AWS.MechanicalTurk.")


# --- settings


@pytest.mark.contract(73)
def test_one_of_notification_and_active_has_to_be_given(market: Market):
    with pytest.raises(market.client.exceptions.ClientError, match="must be specified") as refused:
        market.client.update_notification_settings(HITTypeId=market.hit_type())
    assert code(refused) == "ParameterValidationError"


@pytest.mark.contract(73)
def test_there_is_nothing_to_activate_without_a_specification(market: Market):
    with pytest.raises(market.client.exceptions.ClientError, match="no notification specification"):
        market.client.update_notification_settings(HITTypeId=market.hit_type(), Active=True)


@pytest.mark.contract(73)
def test_ping_is_only_for_tests(market: Market, receiver: Receiver):
    ping = wanted(receiver.url, "HITCreated", "Ping")
    with pytest.raises(
        market.client.exceptions.ClientError, match="only valid for SendTestEventNotification"
    ):
        market.client.update_notification_settings(HITTypeId=market.hit_type(), Notification=ping)
    market.client.send_test_event_notification(Notification=ping, TestEventType="Ping")
    assert deliver(market) == 1
    [document] = receiver.documents
    assert document["Events"] == [{"EventType": "Ping", "EventTimestamp": "2026-01-01T00:00:00Z"}]


def test_a_test_event_comes_whatever_the_specification_names(market: Market, receiver: Receiver):
    market.client.send_test_event_notification(
        Notification=wanted(receiver.url, "HITCreated"), TestEventType="AssignmentSubmitted"
    )
    deliver(market)
    [event] = receiver.documents[0]["Events"]
    assert (event["EventType"], event["AssignmentId"]) == ("AssignmentSubmitted", "TESTASSIGNMENT")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Transport": "Email", "Destination": "a@b.example"}, "InvalidTransportEndpoint"),
        ({"Destination": "http://hooks.example/"}, "InvalidTransportEndpoint"),
        ({"Version": "1999-01-01"}, "ParameterValidationError"),
        ({"EventTypes": []}, "ParameterValidationError"),
        ({"EventTypes": ["HITEaten"]}, "ValidationException"),
    ],
)
def test_what_cannot_be_sent_is_refused(market: Market, more: dict[str, Any], expected: str):
    given = wanted("https://hooks.example/x", **more)
    for call in (
        lambda: market.client.update_notification_settings(HITTypeId=market.hit_type(), Notification=given),
        lambda: market.client.send_test_event_notification(Notification=given, TestEventType="Ping"),
    ):
        with pytest.raises(market.client.exceptions.ClientError) as refused:
            call()
        assert code(refused) == expected
    assert stored(market) == []


def test_a_first_specification_is_in_force_until_it_is_switched_off(market: Market, receiver: Receiver):
    hit_type = market.hit_type()
    update = market.client.update_notification_settings
    update(HITTypeId=hit_type, Notification=wanted(receiver.url, "HITCreated"))
    market.create(HITTypeId=hit_type)
    update(HITTypeId=hit_type, Active=False)
    market.create(HITTypeId=hit_type)
    update(HITTypeId=hit_type, Notification=wanted(receiver.url, "HITCreated", "HITExpired"))
    market.create(HITTypeId=hit_type)  # replaced, and still off
    update(HITTypeId=hit_type, Active=True)
    market.create(HITTypeId=hit_type)
    assert len(stored(market)) == 2


# --- events


def test_every_event_of_a_hits_life_is_told_in_order(market: Market, receiver: Receiver):
    hit_type = told_type(market, wanted(receiver.url), AutoApprovalDelayInSeconds=86_400)
    hit_id = market.create(HITTypeId=hit_type, MaxAssignments=1)["HITId"]
    market.give_back(market.accept("bo", hit_id))
    market.accept("bo", hit_id)
    market.clock.forward(seconds=601)
    market.sweep()
    first = market.done("cy", hit_id)
    market.client.create_additional_assignments_for_hit(HITId=hit_id, NumberOfAdditionalAssignments=1)
    second = market.done("di", hit_id)
    market.client.approve_assignment(AssignmentId=first)
    market.client.reject_assignment(AssignmentId=second, RequesterFeedback="no")
    market.clock.forward(days=2)
    market.sweep()
    market.client.delete_hit(HITId=hit_id)
    assert deliver(market) == len(stored(market))
    assert receiver.events == [
        "HITCreated",
        "AssignmentAccepted",
        "AssignmentReturned",
        "AssignmentAccepted",
        "AssignmentAbandoned",
        "AssignmentAccepted",
        "AssignmentSubmitted",
        "HITReviewable",
        "HITExtended",
        "AssignmentAccepted",
        "AssignmentSubmitted",
        "HITReviewable",
        "AssignmentApproved",
        "AssignmentRejected",
        "HITExpired",
        "HITDisposed",
    ]


def test_a_document_has_the_members_that_were_observed(market: Market, receiver: Receiver):
    hit_type = told_type(market, wanted(receiver.url, "AssignmentSubmitted"))
    hit = market.create(HITTypeId=hit_type)
    assignment_id = market.done("bo", hit["HITId"])
    deliver(market)
    [document] = receiver.documents
    assert document == {
        "Events": [
            {
                "HITGroupId": hit["HITGroupId"],
                "EventType": "AssignmentSubmitted",
                "EventTimestamp": "2026-01-01T00:00:00Z",
                "HITId": hit["HITId"],
                "AssignmentId": assignment_id,
                "WorkerId": market.person("bo"),
                "HITTypeId": hit_type,
            }
        ],
        "EventDocId": stored(market)[0].document_id,
        "SourceAccount": f"{market.account.id:012}",
        "CustomerId": market.account.external_id,
        "EventDocVersion": "2014-08-15",
    }


def test_only_what_a_type_names_is_told(market: Market, receiver: Receiver):
    hit_type = told_type(market, wanted(receiver.url, "AssignmentSubmitted"))
    market.done("bo", market.create(HITTypeId=hit_type)["HITId"])
    market.done("bo", market.create(HITTypeId=market.hit_type(Title="Another"))["HITId"])
    deliver(market)
    assert receiver.events == ["AssignmentSubmitted"]


def test_what_is_rolled_back_is_not_told(market: Market, receiver: Receiver):
    hit_type = told_type(market, wanted(receiver.url))
    with pytest.raises(market.client.exceptions.ClientError):
        market.create(HITTypeId=hit_type, MaxAssignments=10**6)
    assert stored(market) == []


# --- delivery


def test_a_webhook_can_check_who_sent_it(market: Market, receiver: Receiver):
    told_type(market, wanted(receiver.url, "HITCreated"))
    market.client.send_test_event_notification(Notification=wanted(receiver.url), TestEventType="Ping")
    deliver(market)
    [(headers, body)] = receiver.got
    signed = dict(part.split("=", 1) for part in headers[transport.SIGNATURE].split(","))
    key_id, secret = market.pair
    expected = hmac.new(secret.encode(), f"{signed['t']}.{body}".encode(), hashlib.sha256).hexdigest()
    assert (signed["k"], signed["v1"]) == (key_id, expected)
    assert headers["Content-Type"] == "application/json"


def test_what_does_not_arrive_is_sent_again_later_and_later(market: Market, receiver: Receiver):
    receiver.statuses = [500, 302, 404]
    market.client.send_test_event_notification(Notification=wanted(receiver.url), TestEventType="Ping")
    waits = []
    for _ in range(3):
        assert deliver(market) == 0
        assert deliver(market) == 0  # not before its time
        [notice] = stored(market)
        waits.append((notice.next_at - market.clock()).total_seconds())
        market.clock.now = notice.next_at
    assert waits == [15, 30, 60]
    assert notice.error == "127.0.0.1 answered 404"
    assert deliver(market) == 1
    assert len({document["EventDocId"] for document in receiver.documents}) == 1
    assert [(each.state, each.attempts, each.error) for each in stored(market)] == [("sent", 4, None)]


def test_what_arrived_is_forgotten_after_a_month_and_what_waits_is_not(market: Market, receiver: Receiver):
    for url in (receiver.url, "http://127.0.0.1:9/"):
        market.client.send_test_event_notification(Notification=wanted(url), TestEventType="Ping")
    deliver(market)
    market.clock.forward(days=29)
    prune(market.database, market.clock)
    assert len(stored(market)) == 2
    market.clock.forward(days=2)
    prune(market.database, market.clock)
    assert [each.state for each in stored(market)] == ["waiting"]


def test_a_receiver_that_never_answers_is_given_up_at_last(market: Market):
    market.client.send_test_event_notification(
        Notification=wanted("http://127.0.0.1:9/"), TestEventType="Ping"
    )
    tries = 0
    while (notice := stored(market)[0]).state == "waiting":
        market.clock.now = max(market.clock.now, notice.next_at)
        deliver(market)
        tries += 1
    assert (notice.state, tries) == ("failed", notices.MOST_ATTEMPTS)
    assert "could not be reached" in (notice.error or "")


def test_one_dead_destination_is_asked_once_and_does_not_hold_up_another(market: Market, receiver: Receiver):
    for _ in range(3):
        for url in ("http://127.0.0.1:9/", receiver.url):
            market.client.send_test_event_notification(Notification=wanted(url), TestEventType="Ping")
    asked: list[str] = []
    carrier = post_of(market.settings, market.settings.secret_key)

    def post(outgoing: Outgoing) -> None:
        asked.append(outgoing.destination)
        carrier(outgoing)

    assert deliver(market, post) == 3
    assert asked.count("http://127.0.0.1:9/") == 1


def test_a_crash_between_sending_and_noting_sends_again(market: Market):
    market.client.send_test_event_notification(
        Notification=wanted("https://hooks.example/"), TestEventType="Ping"
    )
    sent: list[str] = []

    def crash(outgoing: Outgoing) -> None:
        sent.append(json.loads(outgoing.body)["EventDocId"])
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        deliver(market, crash)
    assert deliver(market, lambda outgoing: sent.append(json.loads(outgoing.body)["EventDocId"])) == 1
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_the_job_sends_and_a_server_without_a_post_has_none(market: Market, receiver: Receiver):
    market.client.send_test_event_notification(Notification=wanted(receiver.url), TestEventType="Ping")
    post = post_of(market.settings, market.settings.secret_key)
    [job] = [job for job in jobs(step_seconds=0, post=post) if job.name == "notices"]
    assert job.work(market.database, market.clock) == 1
    assert not [job for job in jobs(step_seconds=0) if job.name == "notices"]


def test_a_name_that_leads_inside_is_not_followed(market: Market, monkeypatch: pytest.MonkeyPatch):
    """A webhook's name was public when it was given; when it is sent to, it leads to this machine."""
    inside = [(2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(transport.socket, "getaddrinfo", lambda *_, **__: inside)
    post = transport.Post(Outlets(), lambda _: "secret")
    with pytest.raises(Undelivered, match="leads to a private address"):
        post(Outgoing("webhook", "https://hooks.example/", "{}", "AK"))


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate of this machine that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(today - timedelta(days=1))
    builder = builder.not_valid_after(today + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    path = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


def test_only_a_receiver_with_a_certificate_of_its_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tls, path = certificate(tmp_path)
    post = transport.Post(Outlets(private_webhooks=True), lambda _: "secret")
    with listening(tls) as receiver:
        outgoing = Outgoing("webhook", receiver.url, "{}", "AK")
        with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
            post(outgoing)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        post(outgoing)
        with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
            post(replace(outgoing, destination=receiver.url.replace("localhost", "127.0.0.1")))
    assert [headers["Host"] for headers, _ in receiver.got] == [receiver.url.split("/")[2]]


def test_a_receiver_that_only_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport, "POST_SECONDS", 0.3)
    reply, dripped = "HTTP/1.1 200 OK" * 10, []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connected, _ = server.accept()
            with connected, suppress(OSError):
                for letter in reply:
                    connected.sendall(letter.encode())
                    dripped.append(letter)
                    time.sleep(0.1)

        thread = Thread(target=drip)
        thread.start()
        post = transport.Post(Outlets(private_webhooks=True), lambda _: "secret")
        with pytest.raises(Undelivered):
            post(Outgoing("webhook", f"http://127.0.0.1:{server.getsockname()[1]}/", "{}", "AK"))
        thread.join()
    assert len(dripped) < len(reply)


def test_what_the_operator_no_longer_allows_waits(market: Market, receiver: Receiver):
    market.client.send_test_event_notification(Notification=wanted(receiver.url), TestEventType="Ping")
    closed = transport.Post(Outlets(), lambda _: "secret")
    assert deliver(market, closed) == 0
    assert "private address" in (stored(market)[0].error or "")


def test_without_a_key_to_sign_with_nothing_is_sent(market: Market, receiver: Receiver):
    post = post_of(market.settings, market.settings.secret_key)
    with pytest.raises(Undelivered, match="no access key"):
        post(Outgoing("webhook", receiver.url, "{}", None))
    assert receiver.got == []


# --- queues and topics


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def queue_of(name: str) -> tuple[Any, str]:
    sqs = boto3.client("sqs", region_name="us-east-1")
    return sqs, sqs.create_queue(QueueName=name)["QueueUrl"]


def bodies(sqs: Any, url: str) -> list[dict[str, Any]]:
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


@pytest.mark.usefixtures("aws")
def test_a_queue_gets_the_document_plainly(market: Market):
    sqs, url = queue_of("hits")
    market.client.send_test_event_notification(
        Notification=wanted(url, Transport="SQS"), TestEventType="HITReviewable"
    )
    assert deliver(market) == 1
    [document] = bodies(sqs, url)
    assert document["EventDocId"] == stored(market)[0].document_id
    assert document["Events"][0]["EventType"] == "HITReviewable"


@pytest.mark.usefixtures("aws")
def test_a_topic_puts_the_document_into_its_envelope(market: Market):
    sqs, url = queue_of("subscribed")
    sns = boto3.client("sns", region_name="us-east-1")
    topic = sns.create_topic(Name="hits")["TopicArn"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    market.client.send_test_event_notification(Notification=wanted(topic), TestEventType="HITReviewable")
    assert deliver(market) == 1
    [envelope] = bodies(sqs, url)
    assert envelope["Type"] == "Notification"
    assert json.loads(envelope["Message"])["EventDocId"] == stored(market)[0].document_id


@pytest.mark.usefixtures("aws")
def test_a_queue_that_is_not_there_waits(market: Market):
    url = queue_of("hits")[1].replace("hits", "gone")
    market.client.send_test_event_notification(
        Notification=wanted(url, Transport="SQS"), TestEventType="Ping"
    )
    assert deliver(market) == 0
    assert "NonExistentQueue" in (stored(market)[0].error or "")


def test_a_service_of_ones_own_is_reached_whatever_the_queues_address_says(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    endpoint = receiver.url.partition("/hook")[0]
    post = transport.Post(Outlets(endpoint=endpoint), lambda _: "")
    post(Outgoing("SQS", "http://169.254.169.254/latest", '{"a": 1}', None))
    [(_, body)] = receiver.got
    assert json.loads(body)["MessageBody"] == '{"a": 1}'


def test_notices_survive_their_session(market: Market):
    """A notice is one row of the transaction in which its event happened."""
    hit_type = told_type(market, wanted("https://hooks.example/", "HITCreated"))

    def fail(session: Session) -> None:
        notices.emit(session, session.merge(market.hit(hit_id)), "HITCreated", now=market.clock())
        raise RuntimeError

    hit_id = market.create(HITTypeId=hit_type)["HITId"]
    with pytest.raises(RuntimeError):
        market.do(fail)
    assert len(stored(market)) == 1


def signer(receiver: Receiver) -> str:
    headers, _ = receiver.got[-1]
    return dict(part.split("=", 1) for part in headers[transport.SIGNATURE].split(","))["k"]


def test_a_message_is_signed_under_the_key_that_asked_for_it_while_that_is_in_force(
    market: Market, receiver: Receiver
):
    hit_type = told_type(market, wanted(receiver.url, "HITCreated"))
    asked, newer = market.pair[0], market.key_pair(funds="0")[0]
    market.create(HITTypeId=hit_type)
    deliver(market)
    assert signer(receiver) == asked
    ended = update(AccessKey).where(AccessKey.access_key_id == asked).values(revoked_at=market.clock())
    market.client.send_test_event_notification(Notification=wanted(receiver.url), TestEventType="Ping")
    market.do(lambda session: session.execute(ended))
    deliver(market)
    assert signer(receiver) == newer


def test_who_is_erased_has_another_id_and_nothing_that_waits_names_the_old_one(
    market: Market, receiver: Receiver
):
    hit_type = told_type(market, wanted(receiver.url, "AssignmentSubmitted"))
    hit_id = market.create(HITTypeId=hit_type, MaxAssignments=2)["HITId"]
    assignment_id = market.done("bo", hit_id)
    market.done("cy", hit_id)
    old, other, worker = market.person("bo"), market.person("cy"), market.worker("bo")
    owner = Principal("operator:ann", market.account.requester_id, frozenset({"admin"}))
    erased = market.do(
        lambda session: erasure.erase(session, owner, session.get_one(Worker, worker.id), now=market.clock())
    )
    assert erased.endpoint_ids == 2  # the person, and one message
    deliver(market)
    told = [event for document in receiver.documents for event in document["Events"]]
    assert [event.get("WorkerId") for event in told] == [None, other]
    done = market.client.list_assignments_for_hit(HITId=hit_id)["Assignments"]
    [mine] = [each for each in done if each["AssignmentId"] == assignment_id]
    assert mine["WorkerId"] not in (old, other)
    with pytest.raises(market.client.exceptions.ClientError):
        market.client.create_worker_block(WorkerId=old, Reason="x")
