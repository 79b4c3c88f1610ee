"""Notifications are hints: heard once, in any order, and never the only way work comes back."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from crowd.app import create_app
from crowd.db import Database
from crowd.jobs import endpoints
from crowd.models import ReceivedNotice
from crowd.services.mturk import channel, notices
from crowd.settings import Settings
from tests.integration.mturk.stall import Stall, stall

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def shop(database: Database) -> Stall:
    return stall(database, items=4, overlap=2)


@pytest.fixture
def visitor(shop: Stall) -> FlaskClient:
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    return app.test_client()


def address(shop: Stall) -> str:
    return f"/mturk/notices/{shop.project_id}/{notices.token(SECRET, shop.project_id)}"


def document(name: str, *events: tuple[str, str]) -> dict[str, object]:
    listed = [
        {"EventType": kind, "HITId": hit, "EventTimestamp": "2026-01-01T00:00:00Z"} for kind, hit in events
    ]
    return {"Events": listed, "EventDocId": name, "EventDocVersion": "2014-08-15"}


def heard(shop: Stall) -> list[ReceivedNotice]:
    from sqlalchemy import select

    return shop.shop.world.rows(select(ReceivedNotice).order_by(ReceivedNotice.id))


@pytest.mark.contract(74)
def test_a_notice_counts_once_in_whatever_order_and_envelope(shop: Stall, visitor: FlaskClient) -> None:
    first = document("doc1", ("AssignmentSubmitted", "3HA"), ("HITReviewable", "3HB"))
    second = document("doc2", ("AssignmentAccepted", "3HC"))
    wrapped = {"Type": "Notification", "MessageId": "m", "Message": json.dumps(first)}
    for body in (second, first, wrapped, second, first):
        assert visitor.post(address(shop), json=body).status_code == 200
    assert {notice.document_id: notice.hits for notice in heard(shop)} == {"doc1": ["3HA", "3HB"], "doc2": []}


@pytest.mark.contract(74)
def test_a_hint_has_its_hits_collected_soon_and_once(
    shop: Stall, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "caller_of", lambda _: shop.shop.caller)
    hits = shop.published()
    shop.work(hits[0], "AW1")
    shop.work(hits[1], "AW1")
    told = document("doc1", ("AssignmentSubmitted", hits[0]), ("AssignmentSubmitted", hits[0]))
    for _ in range(3):
        visitor.post(address(shop), json=told)
    shop.shop.clock.forward(endpoints.HINT_SECONDS)
    before = Counter(shop.called())
    assert endpoints.follow_hints(shop.database, shop.shop.clock) == 1
    made = shop.called() - before
    assert made["ListAssignmentsForHIT"] <= 2
    shop.shop.clock.forward(endpoints.HINT_SECONDS)
    assert endpoints.follow_hints(shop.database, shop.shop.clock) == 0
    assert len(shop.assignments()) == 1


@pytest.mark.contract(75)
def test_with_every_notice_lost_polling_completes_the_batch(
    shop: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "caller_of", lambda _: shop.shop.caller)
    for hit in shop.published():
        shop.work(hit, "AW1", "AW2")
    assert endpoints.collect(shop.database, shop.shop.clock) == 4
    assert shop.posted() == shop.turk.spent() > 0
    assert all(hit.collected_at for hit in shop.shop.hits())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Events": 1}', b"\xff", b'{"Type": "Notification"}'])
def test_what_is_no_notice_is_refused(shop: Stall, visitor: FlaskClient, body: bytes) -> None:
    assert visitor.post(address(shop), data=body).status_code == 422
    assert heard(shop) == []


def test_no_address_is_opened_to_confirm_a_subscription(shop: Stall, visitor: FlaskClient) -> None:
    body = {"Type": "SubscriptionConfirmation", "TopicArn": "arn:x", "SubscribeURL": "http://10.0.0.1/"}
    assert visitor.post(address(shop), json=body).status_code == 403


def test_a_wrong_token_and_a_body_too_long_are_refused(shop: Stall, visitor: FlaskClient) -> None:
    assert visitor.post(f"/mturk/notices/{shop.project_id}/wrong", json={}).status_code == 404
    assert visitor.post(f"/mturk/notices/{shop.project_id}/é", json={}).status_code == 404
    assert visitor.post(address(shop), data=b" " * 300_000).status_code == 413


def test_hints_of_another_time_are_not_followed(shop: Stall, visitor: FlaskClient) -> None:
    visitor.post(address(shop), json=document("doc1", ("HITReviewable", "3HA")))
    now = shop.shop.clock()
    with shop.database.read() as session:
        assert notices.hinted(session, now, now + timedelta(seconds=1)) == {shop.project_id: {"3HA"}}
        assert notices.hinted(session, now - timedelta(seconds=1), now) == {}
