"""Verdicts reach the endpoint once, and our ledger says what it says, to the cent."""

from __future__ import annotations

from datetime import datetime

import pytest

from crowd.db import Database
from crowd.errors import Conflict, Unprocessable
from crowd.models import OutboxEntry
from crowd.services.mturk import bonuses, compensation, people
from tests.fakes.turk import Turk
from tests.integration.mturk.stall import Stall, reread, stall

DAY = 86_400
CENT = 10_000


@pytest.fixture
def shop(database: Database) -> Stall:
    return stall(database, items=1, hit_size=1, overlap=3)


def worked(shop: Stall, *workers: str) -> list[int]:
    (hit,) = shop.published()
    shop.work(hit, *workers)
    shop.collect()
    return [page.id for page in shop.assignments()]


@pytest.mark.contract(49)
@pytest.mark.parametrize("kind", ["drop_after", "fault_after", "html_after", "505_after"])
def test_an_approval_whose_reply_was_lost_is_one_approval(shop: Stall, kind: str) -> None:
    worked(shop, "AW1")
    shop.judge()
    shop.turk.faults.add(kind, "ApproveAssignment", times=2)
    shop.send()
    assert shop.called()["ApproveAssignment"] == 3
    assert reread(shop, shop.assignments()) == [("accepted", "paid")]
    assert len(shop.turk.paid) == 1
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


@pytest.mark.contract(51)
def test_what_the_endpoint_approved_by_itself_is_on_record_as_that(database: Database) -> None:
    shop = stall(database, items=1, overlap=1, review="manual", posting={"auto_approval_seconds": DAY})
    worked(shop, "AW1")
    shop.shop.clock.forward(DAY + 1)
    shop.collect()
    assert reread(shop, shop.assignments()) == [("accepted", "paid")]
    (entry,) = shop.audited("assignment.approved")
    assert entry.actor == "system:endpoint"
    assert shop.posted() == shop.turk.spent() > 0
    shop.shop.world.sound()


@pytest.mark.contract(51)
def test_a_rejection_after_the_endpoint_has_paid_is_too_late(database: Database) -> None:
    shop = stall(database, items=1, overlap=1, review="manual", posting={"auto_approval_seconds": DAY})
    (page,) = worked(shop, "AW1")
    shop.review("rejected", page, reason="all wrong")
    shop.shop.clock.forward(DAY + 1)  # before the rejection is sent
    sent = shop.send()
    assert (sent.done, sent.failed) == (1, 0)
    assert reread(shop, shop.assignments()) == [("overturned", "paid")]
    assert len(shop.audited("assignment.too_late")) == 1
    assert shop.posted() == shop.turk.spent() > 0
    shop.shop.world.sound()


@pytest.mark.contract(52)
def test_a_rejection_needs_a_reason_and_the_worker_is_told(shop: Stall) -> None:
    shop.shop.world.configure(review="manual")
    first, second = worked(shop, "AW1", "AW2")
    for empty in ("", "  ", "\x01"):
        with pytest.raises(Unprocessable, match="reason"):
            shop.review("rejected", first, reason=empty)
    shop.review("rejected", first, reason="every answer\x02 is the same")
    shop.review("accepted", second)
    shop.send()
    assert {task.feedback for task in shop.turk.tasks} == {"every answer  is the same", ""}
    assert all(c.given["RequesterFeedback"] for c in shop.turk.calls if c.operation == "RejectAssignment")
    assert reread(shop, shop.assignments()) == [("rejected", "none"), ("accepted", "paid")]
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


def test_a_softly_rejected_page_is_paid_and_does_not_count(shop: Stall) -> None:
    shop.shop.world.configure(review="manual")
    (page,) = worked(shop, "AW1")
    shop.review("soft_rejected", page, reason="careless")
    shop.send()
    assert reread(shop, shop.assignments()) == [("soft_rejected", "paid")]
    assert [task.status for task in shop.turk.tasks] == ["Approved"]
    shop.shop.world.sound()


def test_a_rejection_can_be_taken_back_for_thirty_days(shop: Stall) -> None:
    shop.shop.world.configure(review="manual")
    first, second = worked(shop, "AW1", "AW2")
    shop.review("rejected", first, second, reason="wrong")
    with pytest.raises(Conflict, match="not at the endpoint yet"):
        shop.review("overturned", first)
    shop.send()
    shop.shop.clock.forward(10 * DAY)
    shop.review("overturned", first)
    shop.send()
    assert reread(shop, shop.assignments()) == [("overturned", "paid"), ("rejected", "none")]
    assert shop.posted() == shop.turk.spent() > 0
    shop.shop.clock.forward(21 * DAY)
    with pytest.raises(Conflict, match="30 days"):
        shop.review("overturned", second)
    shop.shop.world.sound()


@pytest.mark.contract(54)
@pytest.mark.parametrize(
    ("posting", "verdict"),
    [
        ({}, "accepted"),
        ({"bad_work": "rejected", "bad_least": 3}, "accepted"),  # not enough gold to tell
        ({"bad_work": "rejected", "bad_least": 2}, "rejected"),
        ({"bad_work": "soft_rejected", "bad_least": 2}, "soft_rejected"),
    ],
)
def test_gold_alone_rejects_nobody(database: Database, posting: dict[str, object], verdict: str) -> None:
    shop = stall(database, items=2, gold=2, hit_size=2, overlap=1, posting=posting)
    shop.shop.world.configure(gold_share=1.0)
    for hit in shop.published():
        shop.work(hit, "AW1", label="c")
    shop.collect()
    shop.judge()
    assert {review for review, _ in reread(shop, shop.assignments())} == {verdict}
    shop.send()
    assert shop.posted() == shop.turk.spent()
    if verdict != "accepted":
        (entry,) = shop.audited(f"review.{verdict}")
        assert all(record == {"right": 0, "graded": 2} for record in entry.details["gold"].values())
    shop.shop.world.sound()


def give_bonus(shop: Stall, page: int, cents: int, reason: str = "well done") -> OutboxEntry:
    from crowd.models import Assignment

    now: datetime = shop.shop.clock()
    return shop.shop.world.do(
        lambda s, p: bonuses.bonus(s, p, s.get_one(Assignment, page), cents * CENT, reason, now=now)
    )


@pytest.mark.contract(57)
@pytest.mark.parametrize("kind", ["drop", "drop_after", "fault_after", "truncated", "throttle", "505_after"])
def test_a_bonus_is_paid_once_whatever_happens_to_its_call(shop: Stall, kind: str) -> None:
    (page,) = worked(shop, "AW1")
    give_bonus(shop, page, 100)
    give_bonus(shop, page, 100)  # another operator decides the same
    shop.turk.faults.add(kind, "SendBonus", times=2)
    shop.send()
    shop.send()
    (paid,) = [paid for paid in shop.turk.paid if paid.kind == "bonus"]
    assert (paid.worker, paid.cents, paid.fee) == ("AW1", 100, 20)
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


@pytest.mark.contract(57)
@pytest.mark.parametrize("kind", ["drop", "drop_after"])
def test_a_bonus_in_doubt_for_days_is_looked_up_before_it_is_paid(shop: Stall, kind: str) -> None:
    (page,) = worked(shop, "AW1")
    give_bonus(shop, page, 50)
    shop.turk.faults.add(kind, "SendBonus")
    shop.turk.faults.add("drop", "SendBonus", times=100)
    shop.send()
    shop.turk.faults.planned.clear()
    shop.shop.clock.forward(2 * DAY)  # the endpoint has forgotten the token
    shop.send()
    assert len([paid for paid in shop.turk.paid if paid.kind == "bonus"]) == 1
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


def test_one_reason_pays_one_amount(shop: Stall) -> None:
    (page,) = worked(shop, "AW1")
    give_bonus(shop, page, 50)
    with pytest.raises(Conflict, match=r"\$0.50"):
        give_bonus(shop, page, 60)
    give_bonus(shop, page, 60, "and once more")
    shop.send()
    assert sum(paid.cents for paid in shop.turk.paid if paid.kind == "bonus") == 110


@pytest.mark.contract(29)
def test_verdicts_wait_for_funds_and_go_on(shop: Stall) -> None:
    worked(shop, "AW1", "AW2")
    shop.judge()
    left, shop.turk.balance = shop.turk.balance, 0
    shop.send()
    assert shop.turk.paid == []
    shop.turk.balance = left
    assert shop.shop.resume() == 2
    shop.send()
    assert len(shop.turk.paid) == 2
    assert shop.posted() == shop.turk.spent()


@pytest.mark.contract(71)
def test_a_qualification_whose_name_is_taken_is_found_though_lists_lag(database: Database) -> None:
    shop = stall(database, Turk(), items=1)
    shop.turk.faults.add("drop_after", "CreateQualificationType")
    now = shop.shop.clock()
    shop.shop.world.do(lambda s, p: people.qualification(s, p, "has worked here", "text", now=now))
    shop.send()
    (made,) = shop.turk.skills
    (entry,) = shop.shop.entries()
    assert people.id_of(entry) == made
    assert shop.called()["ListQualificationTypes"] == 2


@pytest.mark.contract(72)
def test_who_has_worked_gets_the_qualification_that_keeps_them_out(database: Database) -> None:
    shop = stall(database, items=1, hit_size=1, overlap=2, posting={"worked": "3QWORKED"})
    (hit,) = shop.published()
    (wanted,) = [kind["QualificationRequirements"] for kind in shop.turk.types.values()]
    assert wanted == [{"QualificationTypeId": "3QWORKED", "Comparator": "DoesNotExist"}]
    shop.work(hit, "AW1")
    shop.turn()
    assert shop.turk.granted == {("3QWORKED", "AW1"): 1}
    grants = [c.given for c in shop.turk.calls if c.operation == "AssociateQualificationWithWorker"]
    assert [grant["SendNotification"] for grant in grants] == [False]


def test_a_letter_goes_out_once_and_says_whom_it_missed(shop: Stall) -> None:
    worked(shop, "AW1", "AW2")
    now = shop.shop.clock()
    for _ in range(2):
        shop.shop.world.do(lambda s, p: people.notify(s, p, ["AW1", "AW2"], "Thanks", "Well done", now=now))
    shop.turk.tasks[1].worker = "AW9"  # the endpoint knows no AW2 any more
    shop.send()
    assert [letter["WorkerIds"] for letter in shop.turk.letters] == [["AW1", "AW2"]]
    (entry,) = shop.shop.entries(OutboxEntry.operation == "NotifyWorkers")
    assert entry.result == {"missed": ["AW2"]}


def test_the_endpoint_is_told_everyones_skill(database: Database) -> None:
    shop = stall(database, items=2, gold=2, hit_size=2, overlap=1, posting={"skilled": "3QSKILL"})
    shop.shop.world.configure(gold_share=1.0)
    for hit in shop.published():
        shop.work(hit, "AW1", label="a")
    shop.turn()
    ((kind, worker), percent) = next(iter(shop.turk.granted.items()))
    assert (kind, worker) == ("3QSKILL", "AW1")
    assert 0 < percent < 100
    before = shop.called()["AssociateQualificationWithWorker"]
    shop.turn()
    assert shop.called()["AssociateQualificationWithWorker"] == before


def test_who_could_not_hand_in_is_paid_by_a_hit_of_their_own(shop: Stall) -> None:
    (hit,) = shop.published()
    shop.turk.faults.add("drop_after", "CreateQualificationType")
    now = shop.shop.clock()
    for wanted in (True, False):  # the second time it is planned already
        made = shop.shop.world.do(
            lambda s, p: compensation.compensate(s, p, "AW5", 40 * CENT, "the page did not load", now=now)
        )
        assert (made is not None) is wanted
    shop.send()
    (skill,) = shop.turk.skills
    assert shop.turk.granted == {(skill, "AW5"): 1}
    (own,) = set(shop.turk.hits) - {hit}
    (wanted_of,) = shop.turk.types[shop.turk.hits[own]["type"]]["QualificationRequirements"]
    assert (wanted_of["QualificationTypeId"], wanted_of["Comparator"]) == (skill, "Exists")
    assert "the page did not load" in shop.turk.hits[own]["question"]
    assert [letter["WorkerIds"] for letter in shop.turk.letters] == [["AW5"]]
    shop.turk.work(own, "AW5", [("crowd", '{"answers": {}}')])
    shop.turn()
    ((paid),) = shop.turk.paid
    assert (paid.worker, paid.cents, paid.fee) == ("AW5", 40, 8)
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()
