"""What the endpoint has beside what we know: nothing is made twice, nothing of ours is left alone there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, update

from crowd.jobs import chores
from crowd.models import Hit, HitQuestion, OutboxEntry
from crowd.services.mturk import channel
from tests.fakes.turk import Turk
from tests.integration.mturk.conftest import Shop

FakeShop = Callable[..., Shop]
CREATE = OutboxEntry.operation == "CreateHITWithHITType"
DAY = 86_400


def forget(shop: Shop, **values: Any) -> None:
    """Bring the rows of HITs back to what they were before their calls were answered."""
    fresh = {"state": "sent", "finished_at": None, "result": None, **values}
    shop.world.do(lambda session, _: session.execute(update(OutboxEntry).where(CREATE).values(**fresh)))
    shop.world.do(lambda session, _: session.execute(update(Hit).values(external_id=None)))


@pytest.mark.contract(26)
def test_hits_whose_ids_were_never_learned_are_found_by_their_annotation(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop = fake_shop(items=30, hit_size=1)
    shop.publish()
    made = [hit.external_id for hit in shop.hits()]
    forget(shop)
    shop.clock.forward(3 * DAY)
    found = shop.reconcile()
    assert found is not None
    assert (found.adopted, found.released, found.orphans, found.duplicates) == (30, 0, 0, 0)
    assert [hit.external_id for hit in shop.hits()] == made
    assert shop.publish().tried == 0
    assert len(turk.hits) == 30
    shop.world.sound()


@pytest.mark.contract(26)
def test_what_the_endpoint_does_not_have_is_sent_after_all(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=4, hit_size=1)
    shop.publish()
    forget(shop)
    turk.hits.clear()
    shop.clock.forward(3 * DAY)
    found = shop.reconcile()
    assert found is not None
    assert (found.adopted, found.released) == (0, 4)
    assert shop.publish().done == 4
    assert {hit.external_id for hit in shop.hits()} == set(turk.hits)


def test_a_hit_that_no_row_knows_is_ended(fake_shop: FakeShop, turk: Turk) -> None:
    """The database was restored from a copy that is older than the HITs."""
    shop = fake_shop(items=4, hit_size=1)
    shop.publish()
    lost = shop.hits()[-1]

    def restore(session: Any, _: Any) -> None:
        session.execute(delete(OutboxEntry).where(OutboxEntry.subject == f"hit:{lost.id}"))
        session.execute(delete(HitQuestion).where(HitQuestion.hit_id == lost.id))
        session.execute(delete(Hit).where(Hit.id == lost.id))

    shop.world.do(restore)
    found = shop.reconcile()
    assert found is not None
    assert (found.orphans, found.duplicates) == (1, 0)
    shop.channel.send(shop.world.database, clock=shop.clock)
    assert [hit for hit in turk.hits if turk.hits[hit]["expires"] <= turk.now] == [lost.external_id]
    again = shop.reconcile()
    assert again is not None
    assert len([entry for entry in shop.entries() if entry.subject.startswith("stray:")]) == 1


def test_a_second_hit_of_one_row_is_ended_and_the_first_is_kept(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=1, hit_size=1)
    shop.publish()
    kept = shop.hits()[0].external_id
    assert kept is not None
    turk.hits["3HTWICE"] = turk.hits[kept] | {"id": "3HTWICE", "created": turk.now + 1}
    found = shop.reconcile()
    assert found is not None
    assert (found.orphans, found.duplicates) == (0, 1)
    shop.channel.send(shop.world.database, clock=shop.clock)
    assert turk.hits["3HTWICE"]["expires"] <= turk.now < turk.hits[kept]["expires"]
    assert shop.hits()[0].external_id == kept


def test_hits_of_other_programs_and_other_databases_are_let_alone(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=1, hit_size=1)
    shop.publish()
    known = next(iter(turk.hits.values()))
    for number, annotation in enumerate(["", "batch 7", f"crowd-{'0' * 12}-{'1' * 40}"]):
        turk.hits[f"3HOTHER{number}"] = known | {"id": f"3HOTHER{number}", "annotation": annotation}
    found = shop.reconcile()
    assert found is not None
    assert found.differences == 0


def test_every_hour_each_endpoint_is_compared_once(
    fake_shop: FakeShop, turk: Turk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = fake_shop(items=2, hit_size=1)
    fake_shop(slug="other", items=1, hit_size=1)
    shop.publish()
    forget(shop)
    monkeypatch.setattr(channel, "caller_of", lambda _: shop.caller)
    before = len(turk.calls)
    assert chores.reconcile_endpoints(shop.world.database, shop.clock) == 2
    listed = [call.operation for call in turk.calls[before:]]
    assert listed == ["ListHITs", "ListHITs"]  # the one page there is, and the empty one after it
    assert [job.seconds for job in chores.jobs(step_seconds=0) if job.name == "reconcile"] == [3600]
