"""Mode external: our server composes the page in the endpoint's frame, and a preview changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from crowd.app import create_app
from crowd.db import Database
from crowd.models import OutboxEntry
from crowd.settings import Settings
from tests.integration.mturk.stall import Stall, stall

SECRET = "0123456789abcdef0123456789abcdef"
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
POSTING = {"mode": "external", "url": "https://crowd.example/"}


@pytest.fixture
def shop(database: Database) -> Stall:
    place = stall(database, items=2, gold=3, hit_size=3, overlap=3, posting=POSTING)
    place.shop.world.configure(gold_share=1.0)
    return place


@pytest.fixture
def visitor(shop: Stall) -> FlaskClient:
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    return app.test_client()


def page_of(shop: Stall, hit: str) -> str:
    """Return the path of the page whose address the endpoint was given."""
    question = shop.turk.hits[hit]["question"]
    found = re.search(r"<ExternalURL>https://crowd\.example(/mturk/pages/[^<]+)</ExternalURL>", question)
    assert found, question
    return found[1]


def asked(shop: Stall, hit: str) -> tuple[int, int]:
    """Return how many questions a HIT has, and how many of them are gold."""
    from sqlalchemy import select

    from crowd.models import Hit, HitQuestion

    query = select(HitQuestion.gold_id).join(Hit, Hit.id == HitQuestion.hit_id).where(Hit.external_id == hit)
    gold = shop.shop.world.rows(query)
    return len(gold), sum(each is not None for each in gold)


@pytest.mark.contract(64)
def test_a_preview_writes_nothing_and_shows_no_gold(shop: Stall, visitor: FlaskClient) -> None:
    hit = shop.published()[0]
    questions, gold = asked(shop, hit)
    assert gold > 0
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement.split(maxsplit=1)[0].upper())

    event.listen(shop.database.engine, "before_cursor_execute", note)
    preview = visitor.get(page_of(shop, hit), query_string={"assignmentId": PREVIEW})
    whole = visitor.get(page_of(shop, hit), query_string={"assignmentId": "3A", "workerId": "AW1"})
    event.remove(shop.database.engine, "before_cursor_execute", note)
    assert not {"INSERT", "UPDATE", "DELETE"} & set(statements)
    assert preview.text.count('class="question"') == questions - gold
    assert whole.text.count('class="question"') == questions
    assert "gold" not in whole.text.lower()
    assert "g00" not in preview.text
    with shop.database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM assignment")) == 0


@pytest.mark.contract(66)
def test_the_page_may_be_framed_by_the_endpoint_and_needs_no_cookie(
    shop: Stall, visitor: FlaskClient
) -> None:
    reply = visitor.get(page_of(shop, shop.published()[0]))
    assert reply.status_code == 200
    assert "X-Frame-Options" not in reply.headers
    assert "Set-Cookie" not in reply.headers
    policy = reply.headers["Content-Security-Policy"]
    assert "frame-ancestors http://fake.test https://*.mturk.com" in policy
    assert "form-action http://fake.test" in policy
    assert "allow-same-origin" not in policy


@pytest.mark.contract(62)
@pytest.mark.parametrize(
    "query", [{}, {"assignmentId": PREVIEW}, {"assignmentId": PREVIEW, "workerId": "AW1"}]
)
def test_a_preview_works_with_and_without_a_worker(
    shop: Stall, visitor: FlaskClient, query: dict[str, str]
) -> None:
    assert visitor.get(page_of(shop, shop.published()[0]), query_string=query).status_code == 200


@pytest.mark.contract(72)
def test_a_worker_who_has_answered_is_turned_away_before_any_qualification_landed(
    shop: Stall, visitor: FlaskClient
) -> None:
    hit = shop.published()[0]
    shop.work(hit, "AW1")
    shop.collect()
    assert shop.turk.granted == {}
    for worker, status in (("AW1", 403), ("AW2", 200)):
        reply = visitor.get(page_of(shop, hit), query_string={"assignmentId": "3A9", "workerId": worker})
        assert reply.status_code == status
    assert visitor.get(page_of(shop, hit), query_string={"workerId": "AW1"}).status_code == 200


@pytest.mark.contract(72)
def test_where_one_page_is_enough_a_second_is_refused(database: Database) -> None:
    shop = stall(database, items=4, overlap=2, posting=POSTING | {"worked": "3QWORKED"})
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    first, second = shop.published()
    (mine,) = shop.work(first, "AW1")
    shop.collect()
    query = {"assignmentId": "3A9", "workerId": "AW1"}
    reply = app.test_client().get(page_of(shop, second), query_string=query)
    assert (reply.status_code, "already" in reply.text) == (403, True)
    assert mine


def test_an_unknown_page_is_none(shop: Stall, visitor: FlaskClient) -> None:
    assert visitor.get("/mturk/pages/nothing").status_code == 404


def test_what_is_answered_there_is_collected_like_any_other_page(shop: Stall) -> None:
    for hit in shop.published():
        shop.work(hit, "AW1", "AW2", "AW3")
    shop.turn()
    assert len(shop.answers()) >= 6
    assert shop.posted() == shop.turk.spent() > 0
    assert all(entry.state == "done" for entry in shop.shop.entries(OutboxEntry.id > 0))
    shop.shop.world.sound()


def test_gold_a_worker_has_seen_is_exchanged_for_gold_they_have_not(database: Database) -> None:
    shop = stall(database, items=4, gold=4, hit_size=2, overlap=2, posting=POSTING)
    shop.shop.world.configure(gold_share=0.5)
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    hits = [hit for hit in shop.published() if asked(shop, hit) == (2, 1)]
    first, second = hits[:2]
    shop.work(first, "AW1")
    shop.collect()
    with_same_gold(shop, first, second)
    looks = [
        app.test_client().get(page_of(shop, second), query_string={"assignmentId": "3A", "workerId": worker})
        for worker in ("AW1", "AW2", "AW1")
    ]
    assert [look.status_code for look in looks] == [200, 200, 200]
    composed, whole, again = (set(re.findall(r"\bg\d+\b", look.text)) for look in looks)
    assert composed == again != whole
    shop.work(second, "AW1", "AW2")
    shop.collect()
    graded = gold_asked(shop)
    assert len(graded["AW1"]) == len(set(graded["AW1"])) == 2
    assert graded["AW2"] == graded["AW1"][:1]
    assert shop.quarantined() == []
    shop.shop.world.sound()


def with_same_gold(shop: Stall, first: str, second: str) -> None:
    """Let the second HIT ask the gold of the first, as a later publication may."""
    from sqlalchemy import select

    from crowd.models import Hit, HitQuestion

    def same(session: Any, _: Any) -> None:
        one, other = (
            session.scalars(
                select(HitQuestion)
                .join(Hit, Hit.id == HitQuestion.hit_id)
                .where(Hit.external_id == hit, HitQuestion.gold_id.is_not(None))
            ).one()
            for hit in (first, second)
        )
        other.item_id, other.gold_id = one.item_id, one.gold_id

    shop.shop.world.do(same)


def gold_asked(shop: Stall) -> dict[str, list[int]]:
    """Return the gold each worker has answered."""
    from sqlalchemy import select

    from crowd.models import Slot, Worker

    query = select(Worker.name, Slot.gold_id).join(Worker, Worker.id == Slot.worker_id)
    query = query.where(Slot.gold_id.is_not(None), Slot.state == "done").order_by(Slot.id)
    with shop.database.read() as session:
        found: dict[str, list[int]] = {}
        for name, gold in session.execute(query):
            found.setdefault(name, []).append(gold)
        return found
