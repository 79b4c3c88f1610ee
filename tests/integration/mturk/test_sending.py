"""Whatever happens to a call, one planned page becomes one HIT, and we know it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Reply
from crowd.models import OutboxEntry
from crowd.services.mturk import channel, posting, sender
from crowd.services.mturk.effects import EFFECTS
from crowd.services.mturk.outbox import Effect
from tests.fakes.faults import AFTER, KINDS
from tests.fakes.turk import Turk
from tests.integration.mturk.conftest import Shop

FakeShop = Callable[..., Shop]
CREATE = "CreateHITWithHITType"
DAY = 86_400


def one_hit_each(shop: Shop, turk: Turk) -> None:
    """Fail unless every page is one HIT at the endpoint, and every HIT there is known here."""
    assert Counter(hit["annotation"] for hit in turk.hits.values()) == Counter(
        entry.token for entry in shop.entries(OutboxEntry.operation == CREATE)
    )
    assert {hit.external_id for hit in shop.hits()} == set(turk.hits)
    shop.world.sound()


def finish(shop: Shop) -> None:
    for _ in range(40):
        shop.publish()
        if not shop.entries(OutboxEntry.state.in_(("planned", "sent", "ambiguous"))):
            return
        shop.clock.forward(400)


@pytest.mark.contract(30, 23)
@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_for_now_is_sent_again_with_its_token(
    fake_shop: FakeShop, turk: Turk, kind: str
) -> None:
    shop = fake_shop(items=4)
    turk.faults.add(kind, CREATE, times=3)
    finish(shop)
    one_hit_each(shop, turk)
    tokens = Counter(call.given["UniqueRequestToken"] for call in turk.calls if call.operation == CREATE)
    assert len(tokens) == 2
    assert tokens.total() == 2 + 3


@pytest.mark.contract(23)
def test_with_every_reply_lost_the_id_comes_from_the_refusal_to_make_it_twice(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop = fake_shop(items=6)
    turk.faults.add("drop_after", CREATE, times=3)
    finish(shop)
    one_hit_each(shop, turk)
    refused = [call.outcome for call in turk.calls if call.operation == CREATE and call.fault is None]
    assert refused == ["HitAlreadyExists"] * 3
    assert "ListHITs" not in {call.operation for call in turk.calls}


@pytest.mark.contract(24)
@pytest.mark.parametrize("code", ["HitAlreadyExists", "HITAlreadyExists", "hitalreadyexists"])
def test_a_hit_whose_id_is_not_said_is_found_by_its_annotation(
    fake_shop: FakeShop, turk: Turk, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fakes import rules
    from tests.fakes.turk import No

    make = rules.RULES[CREATE]

    def mute(turk: Turk, given: dict[str, object]) -> dict[str, object]:
        try:
            return make(turk, given)
        except No as no:
            raise No("There is one.", code) from no

    monkeypatch.setitem(rules.RULES, CREATE, mute)
    shop = fake_shop(items=30, hit_size=1)
    turk.faults.add("drop_after", CREATE, times=2)
    finish(shop)
    one_hit_each(shop, turk)


@pytest.mark.contract(30)
def test_a_call_that_is_refused_is_not_sent_again_until_somebody_says_so(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop = fake_shop(items=4)
    shop.world.configure(posting={"lifetime_seconds": 60})
    turk.types = Refusing()
    sent = shop.publish()
    assert sent.failed == 1
    shop.clock.forward(DAY)
    assert shop.publish().tried == 0
    assert turk.hits == {}
    turk.types = {}
    assert shop.resume() == 1
    finish(shop)
    one_hit_each(shop, turk)


class Refusing(dict):  # type: ignore[type-arg]
    """HIT types that cannot be made."""

    def items(self):  # type: ignore[no-untyped-def]
        from tests.fakes.turk import No

        raise No("Title is not allowed", "InvalidParameterValue")


@pytest.mark.contract(29)
def test_a_batch_that_runs_out_of_funds_waits_and_goes_on_where_it_stopped(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop = fake_shop(items=20, overlap=1)
    each = 6 + 1  # cents
    turk.balance = 4 * each + 3
    shop.publish()
    assert len(turk.hits) == 4
    known = {hit.external_id for hit in shop.hits()} - {None}
    assert known == set(turk.hits)
    assert shop.world.do(channel.is_paused)
    assert Counter(entry.state for entry in shop.entries(OutboxEntry.operation == CREATE)) == {
        "done": 4,
        "waiting": 6,
    }
    shop.world.ask_again("i00")
    calls = len(turk.calls)
    assert shop.publish().tried == 0  # nothing is planned or tried meanwhile
    assert len(turk.calls) == calls
    turk.balance = 100_000
    assert shop.resume() == 6
    assert not shop.world.do(channel.is_paused)
    finish(shop)
    assert len(turk.hits) == 10 + 1
    one_hit_each(shop, turk)


@pytest.mark.contract(26)
@pytest.mark.parametrize("fault", ["drop_after", "drop"])
def test_what_is_older_than_a_token_is_looked_for_before_it_is_sent_again(
    fake_shop: FakeShop, turk: Turk, fault: str
) -> None:
    shop = fake_shop(items=2)
    turk.faults.add(fault, CREATE)
    sender.send(shop.world.database, shop.caller, endpoint=shop.endpoint, clock=shop.clock)
    shop.world.do(lambda s, p: posting.publish(s, p, now=shop.clock()))
    sender.send(shop.world.database, shop.caller, endpoint=shop.endpoint, clock=shop.clock)
    assert [entry.state for entry in shop.entries(OutboxEntry.operation == CREATE)] == ["ambiguous"]
    shop.clock.forward(2 * DAY)
    seen = len(turk.calls)
    # The sender alone never touches it.
    sender.send(shop.world.database, shop.caller, endpoint=shop.endpoint, clock=shop.clock)
    assert [call.operation for call in turk.calls[seen:]] == []
    finish(shop)
    assert turk.calls[seen].operation == "ListHITs"
    one_hit_each(shop, turk)


@pytest.mark.contract(22)
def test_every_call_that_spends_carries_a_token_that_was_committed_before(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop, unknown = fake_shop(items=6), []
    answer = turk.answer

    def watched(operation: str, body: bytes) -> tuple[int, bytes] | None:
        import json

        token = json.loads(body).get("UniqueRequestToken")
        if operation == CREATE and not shop.entries(
            OutboxEntry.token == token, OutboxEntry.first_sent_at.is_not(None)
        ):
            unknown.append(token)
        return answer(operation, body)

    turk.answer = watched  # type: ignore[method-assign]
    finish(shop)
    assert len(turk.hits) == 3
    assert unknown == []


@pytest.mark.contract(27)
def test_two_publishers_on_one_database_make_each_page_once(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=40, hit_size=1)
    gate, busy = threading.Barrier(2), []

    def publish() -> None:
        gate.wait()
        busy.append(shop.publish().is_busy)

    threads = [threading.Thread(target=publish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish(shop)
    one_hit_each(shop, turk)
    assert len(turk.hits) == 40
    assert Counter(call.operation for call in turk.calls)[CREATE] == 40


@pytest.mark.contract(27)
def test_a_sender_whose_term_has_ended_sends_nothing_more(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=40, hit_size=1)
    shop.world.do(lambda s, p: posting.publish(s, p, now=shop.clock()))
    database, endpoint, others = shop.world.database, shop.endpoint, []

    def lose(_: int) -> None:
        if not others:  # a long pause: the lease runs out, and another process takes it
            shop.clock.now += timedelta(seconds=10_000)
            others.append(
                database.transact(
                    lambda s: sender.lease.acquire(
                        s, name=f"send:{endpoint}", holder="another", seconds=600, now=shop.clock()
                    )
                )
            )

    sender.send(database, shop.caller, endpoint=shop.endpoint, clock=shop.clock, watch=lose, threads=1)
    made = len(turk.hits)
    assert made <= 1 + sender.AHEAD
    assert sender.send(database, shop.caller, endpoint=shop.endpoint, clock=shop.clock).is_busy
    assert len(turk.hits) == made


def test_a_storm_of_faults_leaves_one_hit_for_every_page(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=60, hit_size=1)
    turk.faults.chance, turk.faults.spared = 0.4, ("ListHITs",)
    for _ in range(60):
        shop.publish()
        if not shop.entries(OutboxEntry.state.in_(("planned", "sent", "ambiguous"))):
            break
        shop.clock.forward(60)
    one_hit_each(shop, turk)
    assert len(turk.hits) == 60
    assert any(call.fault in AFTER for call in turk.calls)


@pytest.mark.contract(61)
def test_what_was_made_at_one_endpoint_is_never_sent_to_another(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=4)
    shop.publish()
    hit = shop.hits()[0]
    shop.world.configure(endpoint="http://elsewhere.test")
    from crowd.services.mturk import hits

    shop.world.do(lambda s, p: hits.expire(s, p, s.get_one(type(hit), hit.id), now=shop.clock()).id)
    elsewhere = Turk()
    from tests.fakes.wire import inside
    from tests.integration.mturk.conftest import caller

    there = caller(inside(elsewhere, endpoint="http://elsewhere.test"), shop.clock)
    sender.send(shop.world.database, there, endpoint="http://elsewhere.test", clock=shop.clock)
    assert elsewhere.calls == []
    sent = sender.send(shop.world.database, shop.caller, endpoint=hit.endpoint or "", clock=shop.clock)
    assert sent.done == 1
    assert turk.calls[-1].given["HITId"] == hit.external_id


def test_a_row_for_one_endpoint_and_a_hit_for_another_stop_the_sender(
    fake_shop: FakeShop, turk: Turk
) -> None:
    shop = fake_shop(items=2)
    shop.world.do(lambda s, p: posting.publish(s, p, now=shop.clock()))
    shop.world.do(lambda s, _: s.execute(update(type(shop.hits()[0])).values(endpoint="http://x.test")))
    with pytest.raises(AssertionError, match=r"is for http://x\.test"):
        shop.publish()
    assert turk.hits == {}


@pytest.mark.contract(47)
def test_a_repeated_expiry_counts_as_done_once_the_endpoint_says_so(fake_shop: FakeShop, turk: Turk) -> None:
    from crowd.services.mturk import hits

    shop = fake_shop(items=2)
    shop.publish()
    hit = shop.hits()[0]
    turk.faults.add("drop_after", "UpdateExpirationForHIT")
    shop.world.do(lambda s, p: hits.expire(s, p, s.get_one(type(hit), hit.id), now=shop.clock()).id)
    finish(shop)
    calls = [call.outcome for call in turk.calls if call.operation == "UpdateExpirationForHIT"]
    assert calls == ["done", "RequestError"]
    assert turk.calls[-1].operation == "GetHIT"
    assert shop.entries(OutboxEntry.operation == "UpdateExpirationForHIT")[0].state == "done"
    assert shop.hits()[0].expires_at <= shop.clock()


def test_waiting_for_what_was_put_off_has_an_end(fake_shop: FakeShop, turk: Turk) -> None:
    shop = fake_shop(items=2)
    turk.faults.chance = 1.0
    turk.faults.kinds = ("drop",)
    begun = shop.clock()
    shop.publish()
    assert shop.clock() - begun < timedelta(minutes=10)
    assert turk.hits == {}


def test_what_cannot_be_recorded_keeps_nothing_else_from_being(
    fake_shop: FakeShop, turk: Turk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = fake_shop(items=8, hit_size=1)
    effect, unlucky = EFFECTS[CREATE], set[int]()

    def all_done(session: Session, made: Sequence[tuple[OutboxEntry, Reply]], now: datetime) -> None:
        ids = {entry.id for entry, _ in made}
        unlucky.add(min(unlucky or ids))
        if ids & unlucky:
            raise ArithmeticError("a fault of ours")
        assert effect.all_done is not None
        effect.all_done(session, made, now)

    monkeypatch.setitem(cast("dict[str, Effect]", EFFECTS), CREATE, replace(effect, all_done=all_done))
    with pytest.raises(ArithmeticError):
        shop.publish()
    left = [entry.id for entry in shop.entries(OutboxEntry.operation == CREATE, OutboxEntry.state != "done")]
    assert set(left) == unlucky
    monkeypatch.undo()
    finish(shop)
    one_hit_each(shop, turk)
