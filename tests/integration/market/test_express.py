"""The express way of calls does what the general way does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import AuditEntry
from crowd.models.market import MarketEntry, MarketHit, SpentToken
from crowd.services.access import keys
from crowd.services.market import access, express
from tests.integration.market.conftest import OWNER, QUESTION, Market

# What differs between any two HITs.
OWN = {"HITId", "RequesterAnnotation"}
ROW = {"id", "external_id", "annotation"}


@pytest.fixture
def general(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Close the express way from here on."""
    return lambda: monkeypatch.setattr(Database, "express", lambda _database, _work: None)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each call whether the express way did it."""
    found: list[bool] = []
    for name in ("create", "listed"):
        known = getattr(express, name)

        def watched(*args: Any, known: Any = known, **given: Any) -> Any:
            made = known(*args, **given)
            found.append(made is not None)
            return made

        monkeypatch.setattr(express, name, watched)
    return found


def made(market: Market, kind: str, name: str, **given: Any) -> dict[str, Any]:
    order = {"Question": QUESTION, "LifetimeInSeconds": 600, "MaxAssignments": 3}
    found: dict[str, Any] = market.client.create_hit_with_hit_type(
        HITTypeId=kind, UniqueRequestToken=name, RequesterAnnotation=name, **order | given
    )["HIT"]
    return found


def rows(market: Market, of: Any) -> list[dict[str, Any]]:
    with market.database.read() as session:
        names = [column.key for column in of.__mapper__.column_attrs]
        return [{name: getattr(row, name) for name in names} for row in session.scalars(select(of))]


def test_a_hit_is_the_same_whichever_way_it_was_made(
    market: Market, ways: list[bool], general: Callable[[], None]
) -> None:
    kind = market.hit_type()
    first = made(market, kind, "one")
    general()
    second = made(market, kind, "two")
    assert ways == [market.database.engine.dialect.name == "sqlite"]
    assert {n: v for n, v in first.items() if n not in OWN} == {
        n: v for n, v in second.items() if n not in OWN
    }
    stored = [{n: v for n, v in row.items() if n not in ROW} for row in rows(market, MarketHit)]
    assert stored[0] == stored[1]
    spent = {(row["operation"], row["subject"]) for row in rows(market, SpentToken)}
    assert spent == {("CreateHITWithHITType", each["HITId"]) for each in (first, second)}
    assert market.client.get_hit(HITId=first["HITId"])["HIT"]["RequesterAnnotation"] == "one"


def test_both_ways_move_the_same_money_and_are_in_the_audit_chain(
    market: Market, general: Callable[[], None]
) -> None:
    kind = market.hit_type()
    made(market, kind, "one")
    general()
    made(market, kind, "two")
    holds = [row["amount_micros"] for row in rows(market, MarketEntry) if row["kind"] == "hold"]
    assert len(holds) == 2
    assert len(set(holds)) == 1
    noted = [row for row in rows(market, AuditEntry) if row["action"] == "market.create"]
    assert [row["details"] for row in noted] == [{"held_micros": holds[0]}] * 2
    assert noted[1]["previous"] == noted[0]["digest"]


@pytest.mark.parametrize(
    "special",
    [
        {"RequesterAnnotation": "x" * 256},
        {"LifetimeInSeconds": 29},
        {"Question": "<HTMLQuestion>"},
        {"UniqueRequestToken": "spent"},
    ],
)
def test_a_refusal_is_the_same_whichever_way_it_comes(
    market: Market, general: Callable[[], None], special: dict[str, Any]
) -> None:
    order = {"Question": QUESTION, "LifetimeInSeconds": 600, "HITTypeId": market.hit_type()}
    market.client.create_hit_with_hit_type(**order, UniqueRequestToken="spent")
    before = rows(market, MarketEntry)

    def refused() -> str:
        with pytest.raises(ClientError) as caught:
            market.client.create_hit_with_hit_type(**order | special)
        return str(caught.value.response["Error"])

    first = refused()
    general()
    assert refused() == first
    assert rows(market, MarketEntry) == before


def test_a_hit_nobody_can_pay_for_leaves_no_trace(market: Market) -> None:
    kind = market.hit_type(Reward="500.00")
    with pytest.raises(ClientError, match="insufficient funds"):
        made(market, kind, "one", MaxAssignments=9)
    assert rows(market, SpentToken) == rows(market, MarketHit) == []


def test_work_is_listed_the_same_whichever_way_it_is_asked_for(
    market: Market, ways: list[bool], general: Callable[[], None]
) -> None:
    hit = made(market, market.hit_type(AutoApprovalDelayInSeconds=60), "one")["HITId"]
    assert market.client.list_assignments_for_hit(HITId=hit)["Assignments"] == []
    for name in ("ann", "bob", "cy"):
        market.done(name, hit)
    ids = [each["AssignmentId"] for each in market.client.list_assignments_for_hit(HITId=hit)["Assignments"]]
    market.client.reject_assignment(AssignmentId=ids[0], RequesterFeedback="no")
    market.client.approve_assignment(AssignmentId=ids[1])
    market.clock.now += timedelta(seconds=61)
    first = [page(market, hit, size) for size in (1, 3, 100)]
    assert ways[-3:] == [True] * 3
    general()
    assert [page(market, hit, size) for size in (1, 3, 100)] == first
    assert [len(each["Assignments"]) for each in first] == [1, 3, 3]
    assert {each["AssignmentStatus"] for each in first[1]["Assignments"]} == {"Rejected", "Approved"}


def page(market: Market, hit: str, size: int) -> dict[str, Any]:
    found = dict(market.client.list_assignments_for_hit(HITId=hit, MaxResults=size))
    found.pop("ResponseMetadata")
    return found


def test_a_revoked_key_finds_neither_way_open(market: Market) -> None:
    kind = market.hit_type()
    hit = made(market, kind, "one")["HITId"]

    def revoke(session: Session) -> None:
        owner = keys.operator(keys.requester(session, OWNER, now=market.clock()))
        access.revoke(session, owner, market.pair[0], now=market.clock())

    market.do(revoke)
    calls: list[Callable[[], object]] = [lambda: page(market, hit, 10), lambda: made(market, kind, "two")]
    for call in calls:
        with pytest.raises(ClientError, match="UnrecognizedClient"):
            call()
