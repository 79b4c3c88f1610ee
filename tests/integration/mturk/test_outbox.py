"""A call is written down once, exactly, with a token that the same call always has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from crowd.models import OutboxEntry
from crowd.services.mturk import outbox
from tests.integration.mturk.conftest import Shop

FakeShop = Callable[..., Shop]


def plan(shop: Shop, subject: str = "assignment:1", **parameters: Any) -> OutboxEntry:
    return shop.world.do(
        lambda s, p: outbox.plan(s, p, "ApproveAssignment", subject, parameters, now=shop.clock())
    )


def test_the_same_subject_is_the_same_row(fake_shop: FakeShop) -> None:
    shop = fake_shop()
    first, again = plan(shop, AssignmentId="A"), plan(shop, AssignmentId="B")
    assert (first.id, first.parameters) == (again.id, {"AssignmentId": "A"})
    assert plan(shop, "assignment:2", AssignmentId="A").token != first.token


@pytest.mark.contract(22)
def test_a_database_restored_from_a_copy_makes_the_same_token_for_the_same_call_only(
    fake_shop: FakeShop,
) -> None:
    shop = fake_shop()
    first = plan(shop, AssignmentId="A")

    def forget(session: Any, _: Any) -> None:
        session.delete(session.get_one(OutboxEntry, first.id))

    shop.world.do(forget)
    assert plan(shop, AssignmentId="A").token == first.token
    shop.world.do(lambda s, _: s.query(OutboxEntry).delete())
    assert plan(shop, AssignmentId="B").token != first.token
    other = fake_shop(slug="other")
    assert plan(other, AssignmentId="A").token != first.token


def test_a_token_is_as_long_as_an_endpoint_takes(fake_shop: FakeShop) -> None:
    assert len(plan(fake_shop(), AssignmentId="A").token) <= 64


@pytest.mark.contract(15)
@pytest.mark.parametrize("value", [0.05, {"a": [1, 0.5]}, datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_is_not_exact_is_never_written_down(fake_shop: FakeShop, value: object) -> None:
    shop = fake_shop()
    with pytest.raises(AssertionError, match="is not exact"):
        plan(shop, Given=value)
    assert shop.entries() == []


@pytest.mark.contract(15)
def test_a_moment_keeps_its_zone(fake_shop: FakeShop) -> None:
    kept = plan(fake_shop(), ExpireAt=datetime(2026, 1, 1, tzinfo=UTC)).parameters
    assert kept == {"ExpireAt": "2026-01-01T00:00:00+00:00"}
