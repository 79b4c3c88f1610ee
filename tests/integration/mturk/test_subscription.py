"""An endpoint is asked to tell what happens to HITs, and what it tells is taken from where it should come."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crowd.app import create_app
from crowd.channels.mturk.notices import SIGNATURE, Message, Queue
from crowd.clock import utc_now
from crowd.db import Database
from crowd.errors import Unprocessable
from crowd.jobs import queues
from crowd.jobs.chores import post_of
from crowd.models import ReceivedNotice
from crowd.services.market import notices as outgoing
from crowd.services.market import transport
from crowd.services.market.transport import signature
from crowd.services.mturk import notices, subscription
from crowd.settings import Settings
from crowd.web import turk_pages
from tests.integration.market.conftest import Market
from tests.integration.mturk.conftest import Shop
from tests.integration.mturk.stall import Stall, stall

SECRET = "0123456789abcdef0123456789abcdef"
QUEUE = "https://sqs.us-east-1.amazonaws.com/1/hits"
TOPIC = "arn:aws:sns:us-east-1:123456789012:hits"
HOOK = "https://labels.example.org/mturk/notices/1/x"


@pytest.fixture
def shop(database: Database) -> Stall:
    return stall(database, items=2, overlap=1)


@pytest.fixture
def visitor(shop: Stall, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(turk_pages, "own_secret", {"AKCRME": "s3cret"}.get)
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    return app.test_client()


def address(shop: Stall) -> str:
    return f"/mturk/notices/{shop.project_id}/{notices.token(SECRET, shop.project_id)}"


def document(name: str, *hits: str) -> dict[str, Any]:
    return {"Events": [{"EventType": "HITReviewable", "HITId": hit} for hit in hits], "EventDocId": name}


def change(shop: Stall, **wanted: str) -> int:
    return shop.shop.world.do(lambda s, p: subscription.change(s, p, wanted, now=shop.shop.clock()))


def heard(shop: Stall) -> dict[tuple[int, str], list[str]]:
    rows = shop.shop.world.rows(select(ReceivedNotice))
    return {(row.project_id, row.document_id): row.hits for row in rows}


# --- what the endpoint is asked for


def test_hit_types_that_are_out_and_those_to_come_tell_until_nobody_listens(shop: Stall) -> None:
    assert change(shop, queue=QUEUE) == 0
    shop.published()
    assert change(shop, queue=QUEUE) == 0  # it was told with the type
    shop.send()
    [told] = shop.turk.told
    assert told["Active"] is True
    assert told["Notification"]["Destination"] == QUEUE
    assert told["Notification"]["Transport"] == "SQS"
    assert set(told["Notification"]["EventTypes"]) == notices.TELLING
    assert change(shop) == 1
    shop.send()
    assert change(shop) == 0
    assert shop.turk.told[1:] == [{"HITTypeId": told["HITTypeId"], "Active": False}]


def test_the_last_word_is_the_newest(shop: Stall) -> None:
    shop.published()
    change(shop, queue=QUEUE)
    change(shop)
    change(shop, topic=TOPIC)
    for _ in range(3):
        shop.send()
    said = [told.get("Notification", {}).get("Destination") for told in shop.turk.told]
    assert said == [QUEUE, None, TOPIC]


def test_what_is_no_address_is_refused_and_other_settings_stay(shop: Stall) -> None:
    shop.shop.world.configure(posting={"keywords": "cats"})
    with pytest.raises(Unprocessable, match=r"posting\.queue"):
        change(shop, queue="hits")
    change(shop, queue=QUEUE)
    assert shop.shop.world.do(lambda _, p: p.posting) == {"keywords": "cats", "queue": QUEUE}
    change(shop)
    assert shop.shop.world.do(lambda _, p: p.posting) == {"keywords": "cats"}


# --- a webhook


def test_a_webhook_is_heard_only_where_it_is_signed(shop: Stall, visitor: FlaskClient) -> None:
    change(shop, webhook=HOOK)
    body, stamp = json.dumps(document("doc", "3HA")), str(int(utc_now().timestamp()))
    right = {SIGNATURE: f"t={stamp},k=AKCRME,v1={signature('s3cret', stamp, body)}"}
    wrong = {SIGNATURE: f"t={stamp},k=AKCRME,v1={signature('guess', stamp, body)}"}
    for headers in ({}, wrong):
        assert visitor.post(address(shop), data=body, headers=headers).status_code == 403
    assert heard(shop) == {}
    assert visitor.post(address(shop), data=body, headers=right).status_code == 200
    assert heard(shop) == {(shop.project_id, "doc"): ["3HA"]}


def test_a_wrong_signature_is_refused_even_where_none_is_needed(shop: Stall, visitor: FlaskClient) -> None:
    given = {SIGNATURE: "t=1,k=AKCRME,v1=00"}
    assert visitor.post(address(shop), json=document("doc", "3HA"), headers=given).status_code == 403


def test_what_crowds_own_endpoint_sends_is_heard(
    open_shop: Callable[..., Shop], market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = open_shop(items=2, overlap=1)
    secret, number = market.settings.secret_key, project.world.project_id
    path = f"/mturk/notices/{number}/{notices.token(secret, number)}"
    hook = f"https://labels.example.org{path}"
    project.world.do(lambda s, p: subscription.change(s, p, {"webhook": hook}, now=project.clock()))
    project.publish()
    [hit] = project.hits()
    assert hit.external_id is not None
    market.done("bo", hit.external_id)
    answers: list[int] = []

    def carry(address: Any, body: str, headers: dict[str, str], _outlets: object) -> None:
        answers.append(market.app.test_client().post(address.path, data=body, headers=headers).status_code)

    monkeypatch.setattr(transport, "_post", carry)
    monkeypatch.setattr(turk_pages, "own_secret", dict([market.pair]).get)
    outgoing.deliver(market.database, post_of(market.settings, secret), market.clock)
    assert answers == [200, 200]  # submitted, and reviewable
    kept = project.world.rows(select(ReceivedNotice))
    assert [row.hits for row in kept] == [[hit.external_id]] * 2


# --- a topic


def envelope(kind: str, topic: str, **more: Any) -> dict[str, Any]:
    return {"Type": kind, "TopicArn": topic, "SubscribeURL": "http://10.0.0.1/", **more}


def test_only_the_topic_that_was_subscribed_to_is_confirmed(
    shop: Stall, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed: list[tuple[str, str]] = []
    monkeypatch.setattr(
        turk_pages, "confirm", lambda topic, token, _outlets: confirmed.append((topic, token))
    )
    change(shop, topic=TOPIC)
    ask = envelope("SubscriptionConfirmation", f"{TOPIC}2", Token="no")
    assert visitor.post(address(shop), json=ask).status_code == 403
    ask = envelope("SubscriptionConfirmation", TOPIC, Token="yes")
    assert visitor.post(address(shop), json=ask).data == b"confirmed"
    assert confirmed == [(TOPIC, "yes")]
    assert visitor.post(address(shop), json=envelope("UnsubscribeConfirmation", TOPIC)).status_code == 200
    assert visitor.post(address(shop), json=envelope("SubscriptionConfirmation", TOPIC)).status_code == 422


def test_a_topic_that_does_not_answer_asks_again(
    shop: Stall, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(turk_pages, "confirm", fail)
    change(shop, topic=TOPIC)
    ask = envelope("SubscriptionConfirmation", TOPIC, Token="yes")
    assert visitor.post(address(shop), json=ask).status_code == 502


def test_what_another_topic_says_or_nobody_wraps_is_refused(shop: Stall, visitor: FlaskClient) -> None:
    change(shop, topic=TOPIC)
    plain, said = document("doc", "3HA"), json.dumps(document("doc", "3HA"))
    for body in (plain, envelope("Notification", f"{TOPIC}2", Message=said)):
        assert visitor.post(address(shop), json=body).status_code == 403
    assert visitor.post(address(shop), json=envelope("Notification", TOPIC, Message=said)).status_code == 200
    assert heard(shop) == {(shop.project_id, "doc"): ["3HA"]}


# --- a queue


class Broker:
    """A boto3 client for one queue: a message comes again until it is deleted."""

    def __init__(self, *bodies: object) -> None:
        self.left = {
            f"r{n}": body if isinstance(body, str) else json.dumps(body) for n, body in enumerate(bodies)
        }
        self.waits: list[int] = []
        self.on_delete: Callable[[], None] = lambda: None

    def receive_message(self, **given: Any) -> dict[str, Any]:
        self.waits.append(given["WaitTimeSeconds"])
        rows = list(self.left.items())[: given["MaxNumberOfMessages"]]
        return {"Messages": [{"ReceiptHandle": name, "Body": body} for name, body in rows]} if rows else {}

    def delete_message_batch(self, **given: Any) -> None:
        self.on_delete()
        for entry in given["Entries"]:
            del self.left[entry["ReceiptHandle"]]


def poll(shop: Stall, broker: Broker) -> int:
    return queues.poll(lambda url: Queue(url, broker), shop.database, shop.shop.clock)


def test_a_queue_is_read_to_its_end_and_waited_for_once(shop: Stall) -> None:
    broker = Broker(*(document(f"doc{n}", "3HA") for n in range(12)))
    assert poll(shop, broker) == 0  # nobody has subscribed
    change(shop, queue=QUEUE)
    assert poll(shop, broker) == 12
    assert broker.left == {}
    assert broker.waits == [queues.WAIT_SECONDS, 0, 0]
    assert len(heard(shop)) == 12


@pytest.mark.contract(74)
def test_a_message_is_kept_before_it_is_deleted_and_once_however_often_it_comes(shop: Stall) -> None:
    change(shop, queue=QUEUE)
    broker = Broker(document("doc", "3HA"), document("doc", "3HA"))

    def die() -> None:
        raise OSError("cut off")

    broker.on_delete = die
    assert poll(shop, broker) == 1
    assert heard(shop) == {(shop.project_id, "doc"): ["3HA"]}
    broker.on_delete = lambda: None
    assert poll(shop, broker) == 0
    assert broker.left == {}


def test_what_is_no_notification_is_dropped_and_the_rest_is_kept(shop: Stall) -> None:
    change(shop, queue=QUEUE)
    wrapped = {"Type": "Notification", "Message": json.dumps(document("doc", "3HA"))}
    broker = Broker("nonsense", {"Type": "SubscriptionConfirmation"}, wrapped)
    assert poll(shop, broker) == 1
    assert broker.left == {}


def test_projects_that_read_one_queue_keep_what_is_about_their_own_hits(shop: Stall) -> None:
    other = stall(shop.database, shop.turk, items=2, overlap=1, slug="other")
    first, second = shop.published()[0], other.published()[0]
    for each in (shop, other):
        change(each, queue=QUEUE)
    broker = Broker(document("doc1", first, second), document("doc2", "3HNOBODY"))
    assert poll(shop, broker) == 2
    assert heard(shop) == {(shop.project_id, "doc1"): [first], (other.project_id, "doc1"): [second]}


def test_a_queue_that_fails_does_not_keep_others_from_theirs(shop: Stall) -> None:
    other = stall(shop.database, shop.turk, items=2, overlap=1, slug="other")
    change(shop, queue=QUEUE)
    change(other, queue=f"{QUEUE}2")
    broker = Broker(document("doc", "3HA"))

    def open_queue(url: str) -> Queue:
        if url == QUEUE:
            raise OSError("no such host")
        return Queue(url, broker)

    assert queues.poll(open_queue, shop.database, shop.shop.clock) == 1


def test_messages_have_a_receipt() -> None:
    assert Queue(QUEUE, Broker("x")).receive(wait_seconds=0) == [Message("r0", "x")]
