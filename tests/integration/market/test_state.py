"""What a HIT comes to, step by step, and by time alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from crowd.services.market.profile import AWS, Profile
from crowd.services.market.refusals import Refused
from tests.integration.market.conftest import Market


def told(market: Market, hit_id: str) -> tuple[str, int, int, int]:
    """Return status, available, pending and completed as GetHIT has them."""
    hit = market.get(hit_id)
    counts = (hit[f"NumberOfAssignments{name}"] for name in ("Available", "Pending", "Completed"))
    return hit["HITStatus"], *counts


def submitted(market: Market, hit_id: str, **options: Any) -> list[str]:
    reply = market.client.list_assignments_for_hit(HITId=hit_id, **options)
    return [each["AssignmentId"] for each in reply["Assignments"]]


@pytest.mark.contract(31)
def test_the_counters_follow_the_documented_table(market: Market):
    hit_id = market.create(MaxAssignments=5)["HITId"]
    assert told(market, hit_id) == ("Assignable", 5, 0, 0)
    taken = [market.accept(name, hit_id) for name in ("a", "b", "c")]
    assert told(market, hit_id) == ("Assignable", 2, 3, 0)
    taken += [market.accept(name, hit_id) for name in ("d", "e")]
    market.submit(taken[0])
    market.submit(taken[1])
    assert told(market, hit_id) == ("Unassignable", 0, 3, 0)
    market.give_back(taken[2])
    assert told(market, hit_id) == ("Assignable", 1, 2, 0)
    taken[2] = market.accept("f", hit_id)
    for assignment_id in taken[2:]:
        market.submit(assignment_id)
    assert told(market, hit_id) == ("Reviewable", 0, 0, 0)
    market.client.approve_assignment(AssignmentId=taken[0])
    market.client.reject_assignment(AssignmentId=taken[1], RequesterFeedback="no")
    assert told(market, hit_id) == ("Reviewable", 0, 0, 2)


@pytest.mark.contract(32)
def test_a_worker_has_one_assignment_of_a_hit_and_every_hit_of_a_type(market: Market):
    first, second = (market.create(MaxAssignments=2)["HITId"] for _ in range(2))
    market.accept("wim", first)
    with pytest.raises(Refused, match="already"):
        market.accept("wim", first)
    assert market.accept("wim", second)


def test_a_worker_who_gave_a_hit_back_may_take_it_again(market: Market):
    hit_id = market.create()["HITId"]
    market.give_back(market.accept("wim", hit_id))
    assert market.accept("wim", hit_id)


def test_no_more_workers_than_places(market: Market):
    hit_id = market.create()["HITId"]
    market.accept("wim", hit_id)
    with pytest.raises(Refused, match="no more places"):
        market.accept("ida", hit_id)


@pytest.mark.contract(33)
@pytest.mark.parametrize("way", ["returned", "timed out", "timed out and swept"])
def test_what_is_not_submitted_reopens_its_place_and_is_never_listed(market: Market, way: str):
    hit_id = market.create()["HITId"]
    first = market.accept("wim", hit_id)
    if way == "returned":
        market.give_back(first)
    else:
        market.clock.forward(seconds=600)
    if way == "timed out and swept":
        assert market.sweep() == 1
    assert told(market, hit_id) == ("Assignable", 1, 0, 0)
    assert submitted(market, hit_id) == []
    with pytest.raises(Refused):
        market.submit(first)
    assert submitted(market, hit_id) == []
    assert market.done("ida", hit_id)
    assert len(submitted(market, hit_id)) == 1


@pytest.mark.contract(34)
def test_the_next_worker_may_get_the_id_that_was_given_back(market: Market):
    hit_id = market.create()["HITId"]
    first = market.accept("wim", hit_id)
    market.give_back(first)
    assert market.accept("ida", hit_id) == first
    market.submit(first, label="of ida")
    work = market.client.get_assignment(AssignmentId=first)["Assignment"]
    assert work["WorkerId"] == market.person("ida")


class TestWithoutReuse:
    """On a crowd server every assignment has an id of its own."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, reuses_ids=False)

    @pytest.mark.contract(34)
    def test_the_next_worker_gets_a_new_id(self, market: Market):
        hit_id = market.create()["HITId"]
        first = market.accept("wim", hit_id)
        market.give_back(first)
        assert market.accept("ida", hit_id) != first


@pytest.mark.contract(36)
def test_an_assignment_still_worked_on_cannot_be_got(market: Market):
    assignment_id = market.accept("wim", market.create()["HITId"])
    with pytest.raises(ClientError, match="status of: Reviewable,Approved,Rejected") as caught:
        market.client.get_assignment(AssignmentId=assignment_id)
    assert caught.value.response["Error"]["Code"] == "RequestError"


@pytest.mark.contract(37)
def test_an_expired_hit_takes_no_workers_and_waits_for_those_it_has(market: Market):
    hit_id = market.create(MaxAssignments=3)["HITId"]
    mine, other = market.accept("wim", hit_id), market.accept("ida", hit_id)
    market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=0)
    with pytest.raises(Refused, match="no more places"):
        market.accept("eva", hit_id)
    assert told(market, hit_id) == ("Unassignable", 0, 2, 0)
    market.clock.forward(seconds=599)
    market.submit(mine)
    assert told(market, hit_id) == ("Unassignable", 0, 1, 0)
    market.clock.forward(seconds=1)
    assert told(market, hit_id) == ("Reviewable", 0, 0, 0)
    with pytest.raises(Refused, match="time for this HIT is over"):
        market.submit(other)


@pytest.mark.contract(42)
def test_a_hit_is_deleted_only_when_it_is_over_and_decided(market: Market):
    hit_id = market.create(MaxAssignments=2)["HITId"]
    for stage in ("open", "taken"):
        with pytest.raises(ClientError, match="can be called with a status of: Reviewing,Reviewable"):
            market.client.delete_hit(HITId=hit_id)
        if stage == "open":
            taken = [market.accept(name, hit_id) for name in ("a", "b")]
    for assignment_id in taken:
        market.submit(assignment_id)
    market.client.reject_assignment(AssignmentId=taken[0], RequesterFeedback="no")
    with pytest.raises(ClientError, match="not approved or rejected"):
        market.client.delete_hit(HITId=hit_id)
    market.client.approve_assignment(AssignmentId=taken[1])
    market.client.update_hit_review_status(HITId=hit_id)
    market.client.delete_hit(HITId=hit_id)
    for call in (
        lambda: market.client.get_hit(HITId=hit_id),
        lambda: market.client.get_assignment(AssignmentId=taken[1]),
        lambda: market.client.approve_assignment(AssignmentId=taken[0], OverrideRejection=True),
    ):
        with pytest.raises(ClientError, match="does not exist") as caught:
            call()
        assert caught.value.response["TurkErrorCode"].endswith("DoesNotExist")
    assert market.client.list_hits()["HITs"] == []


@pytest.mark.contract(43)
def test_a_hit_under_review_goes_back_only_by_revert(market: Market):
    hit_id = market.create()["HITId"]
    review = market.client.update_hit_review_status
    for options in ({}, {"Revert": True}):
        with pytest.raises(ClientError, match="wrong status"):
            review(HITId=hit_id, **options)
    market.done("wim", hit_id)
    with pytest.raises(ClientError, match="status of: Reviewing"):
        review(HITId=hit_id, Revert=True)
    review(HITId=hit_id)
    assert told(market, hit_id)[0] == "Reviewing"
    with pytest.raises(ClientError, match="status of: Reviewable"):
        review(HITId=hit_id, Revert=False)
    reviewing = market.client.list_reviewable_hits(Status="Reviewing")["HITs"]
    assert [hit["HITId"] for hit in reviewing] == [hit_id]
    assert market.client.list_reviewable_hits()["HITs"] == []
    review(HITId=hit_id, Revert=True)
    assert told(market, hit_id)[0] == "Reviewable"
    assert [hit["HITId"] for hit in market.client.list_reviewable_hits()["HITs"]] == [hit_id]


@pytest.mark.contract(44)
def test_a_hit_changes_its_type_until_somebody_accepts_it(market: Market):
    hit_id = market.create()["HITId"]
    other, third = (market.hit_type(Title=title) for title in ("Other", "Third"))
    market.client.update_hit_type_of_hit(HITId=hit_id, HITTypeId=other)
    assert market.get(hit_id)["Title"] == "Other"
    market.give_back(market.accept("wim", hit_id))
    with pytest.raises(ClientError, match="accepted by a worker"):
        market.client.update_hit_type_of_hit(HITId=hit_id, HITTypeId=third)
    assert market.get(hit_id)["Title"] == "Other"


@pytest.mark.contract(45)
def test_a_small_hit_never_becomes_a_large_one(market: Market):
    hit_id = market.create(MaxAssignments=7)["HITId"]
    extend = market.client.create_additional_assignments_for_hit
    extend(HITId=hit_id, NumberOfAdditionalAssignments=2)
    with pytest.raises(ClientError) as caught:
        extend(HITId=hit_id, NumberOfAdditionalAssignments=1)
    assert caught.value.response["TurkErrorCode"].endswith(".InvalidMaximumAssignmentsIncrease")
    assert market.get(hit_id)["MaxAssignments"] == 9
    large = market.create(MaxAssignments=10)["HITId"]
    extend(HITId=large, NumberOfAdditionalAssignments=5)
    assert told(market, large) == ("Assignable", 15, 0, 0)


def test_a_hit_that_was_over_is_open_again_after_an_extension(market: Market):
    hit_id = market.create()["HITId"]
    market.done("wim", hit_id)
    market.client.update_hit_review_status(HITId=hit_id)
    market.client.create_additional_assignments_for_hit(HITId=hit_id, NumberOfAdditionalAssignments=1)
    assert told(market, hit_id) == ("Assignable", 1, 0, 0)
    market.done("ida", hit_id)
    assert told(market, hit_id)[0] == "Reviewable"


def test_a_full_hit_whose_worker_ran_out_of_time_is_not_reviewable(market: Market):
    hit_id = market.create()["HITId"]
    market.accept("wim", hit_id)
    assert market.client.list_reviewable_hits()["HITs"] == []
    market.clock.forward(seconds=600)
    assert told(market, hit_id)[0] == "Assignable"
    assert market.client.list_reviewable_hits()["HITs"] == []
    market.clock.forward(days=1)
    assert told(market, hit_id)[0] == "Reviewable"
    assert len(market.client.list_reviewable_hits()["HITs"]) == 1


class TestSettling:
    """For some seconds a new HIT could only be expired."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, settling_seconds=5)

    @pytest.mark.contract(28)
    def test_a_new_hit_can_only_be_expired(self, market: Market):
        hit_id, other = market.create()["HITId"], market.hit_type(Title="Other")
        changes = (
            lambda: market.client.update_hit_type_of_hit(HITId=hit_id, HITTypeId=other),
            lambda: market.client.create_additional_assignments_for_hit(
                HITId=hit_id, NumberOfAdditionalAssignments=1
            ),
            lambda: market.client.update_expiration_for_hit(
                HITId=hit_id, ExpireAt=market.clock() + timedelta(days=2)
            ),
        )
        for change in changes:
            with pytest.raises(ClientError, match="just created"):
                change()
        market.clock.forward(seconds=5)
        for change in changes:
            change()
        fresh = market.create()["HITId"]
        market.client.update_expiration_for_hit(HITId=fresh, ExpireAt=0)
        assert told(market, fresh)[0] == "Reviewable"


@pytest.mark.contract(47)
def test_the_same_expiration_twice_is_a_replay(market: Market):
    hit_id, later = market.create()["HITId"], market.clock() + timedelta(days=3)
    market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=later)
    with pytest.raises(ClientError, match=r"idempotency token .* already been processed"):
        market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=later)
    assert market.get(hit_id)["Expiration"] == later


class TestPlainExpiration:
    """A crowd server takes the same value twice, and may refuse a sooner one."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, refuses_same_expiration=False, may_shorten=False)

    @pytest.mark.contract(47)
    def test_the_same_expiration_twice_is_taken(self, market: Market):
        hit_id, later = market.create()["HITId"], market.clock() + timedelta(days=3)
        for _ in range(2):
            market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=later)
        assert market.get(hit_id)["Expiration"] == later

    def test_a_sooner_one_is_refused_unless_it_is_now(self, market: Market):
        hit_id = market.create()["HITId"]
        with pytest.raises(ClientError, match="can only be later"):
            market.client.update_expiration_for_hit(
                HITId=hit_id, ExpireAt=market.clock() + timedelta(hours=1)
            )
        market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=market.clock())
        assert told(market, hit_id)[0] == "Reviewable"


@pytest.mark.parametrize("way", ["lazily", "by the sweep"])
def test_a_forgotten_hit_disposes_of_itself_once_all_is_decided(market: Market, way: str):
    hit_id = market.create()["HITId"]
    market.done("wim", hit_id)
    market.clock.forward(days=119)
    market.sweep()
    assert market.get(hit_id)["NumberOfAssignmentsCompleted"] == 1
    market.clock.forward(days=2)
    if way == "lazily":
        with pytest.raises(ClientError, match="does not exist"):
            market.client.update_hit_review_status(HITId=hit_id)
    market.sweep()
    with pytest.raises(ClientError, match="does not exist"):
        market.client.get_hit(HITId=hit_id)
    assert market.sweep() == 0
