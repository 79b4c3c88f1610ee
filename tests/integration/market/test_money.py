"""What HITs cost, what is held for them, and that no cent is lost or made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crowd.models.market import MarketAccount
from crowd.services.market import money
from crowd.services.market.profile import AWS, PLAIN, Profile
from crowd.services.market.refusals import Refused
from crowd.services.market.requirements import MASTERS
from tests.integration.market.conftest import Market
from workers.money import dollars


def balance(market: Market) -> str:
    return str(market.client.get_account_balance()["AvailableBalance"])


def books(market: Market) -> tuple[str, str, str]:
    """Return what the account can spend, holds and has spent, after a look at its entries."""
    account = market.account
    sums: Counter[str] = Counter()
    with market.database.read() as session:
        for entry in money.entries(session, account):
            sums[entry.kind] += entry.amount_micros
    gone = sums["pay"] + sums["fee"] + sums["bonus"]
    assert account.deposited == sums["deposit"]
    assert account.spent == gone
    assert account.held == sums["hold"] - sums["release"] - gone
    assert account.held >= 0
    free = account.deposited - account.held - account.spent
    assert account.play or free >= 0
    return dollars(free), dollars(account.held), dollars(account.spent)


@pytest.mark.contract(58)
@pytest.mark.parametrize(
    ("reward", "count", "masters", "held"),
    [
        ("0.05", 9, False, "0.54"),  # 9 x (0.05 + 0.01)
        ("1.00", 10, False, "14.00"),  # 10 x (1.00 + 0.40)
        ("1.00", 9, False, "10.80"),
        ("0.01", 1, False, "0.02"),  # never less than a cent
        ("1.00", 1, True, "1.25"),
        ("0.13", 1, False, "0.16"),  # 2.6 cents are 3
        ("0.12", 1, False, "0.14"),  # 2.4 cents are 2
        ("0.12", 10, False, "1.70"),  # 4.8 cents are 5
        ("0.10", 1, True, "0.13"),  # 2.5 cents are 3: half up
        ("0", 3, False, "0.03"),
    ],
)
def test_a_hit_holds_its_price_with_the_fee(
    market: Market, reward: str, count: int, masters: bool, held: str
):
    wanted = [{"QualificationTypeId": MASTERS, "Comparator": "Exists"}] if masters else []
    hit_type = market.hit_type(Reward=reward, QualificationRequirements=wanted)
    market.create(HITTypeId=hit_type, MaxAssignments=count)
    assert books(market)[1] == held


@pytest.mark.contract(58)
def test_a_bonus_costs_a_fifth_on_top():
    assert money.bonus_fee(1_000_000, profile=AWS) == 200_000
    assert money.bonus_fee(10_000, profile=AWS) == 10_000
    assert money.bonus_fee(1_000_000, profile=PLAIN) == 0


class TestPlain:
    """On a crowd server nobody takes a fee."""

    @pytest.fixture
    def profile(self) -> Profile:
        return PLAIN

    def test_a_hit_holds_its_rewards(self, market: Market):
        market.create(MaxAssignments=10)
        assert books(market)[1] == "0.50"


class TestPlay:
    """Play money never runs out, and is counted all the same."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, is_play=True)

    @pytest.mark.contract(60)
    def test_the_balance_never_changes(self, market: Market):
        assert balance(market) == "10000.00"
        dear = market.hit_type(Reward="9000")
        for _ in range(3):
            market.create(HITTypeId=dear)
        assert balance(market) == "10000.00"
        assert books(market)[1] == "32400.00"


class TestChargedAtApproval:
    """A HIT holds nothing, and every approval is charged by itself."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, holds_money=False)

    def test_only_what_is_approved_leaves_the_balance(self, market: Market):
        hit_id = market.create(MaxAssignments=3)["HITId"]
        first, second = market.done("wim", hit_id), market.done("ida", hit_id)
        market.client.create_additional_assignments_for_hit(HITId=hit_id, NumberOfAdditionalAssignments=1)
        assert books(market) == ("1000.00", "0.00", "0.00")
        market.client.approve_assignment(AssignmentId=first)
        assert books(market) == ("999.94", "0.00", "0.06")
        market.client.reject_assignment(AssignmentId=second, RequesterFeedback="no")
        assert books(market) == ("999.94", "0.00", "0.06")
        market.client.approve_assignment(AssignmentId=second, OverrideRejection=True)
        assert books(market) == ("999.88", "0.00", "0.12")

    @pytest.mark.contract(60)
    def test_an_approval_without_funds_is_refused_and_changes_nothing(self, market: Market):
        hit_type = market.hit_type(Reward="600")
        first, second = (market.done("wim", market.create(HITTypeId=hit_type)["HITId"]) for _ in range(2))
        market.client.approve_assignment(AssignmentId=first)
        with pytest.raises(ClientError, match="insufficient funds"):
            market.client.approve_assignment(AssignmentId=second)
        state = market.client.get_assignment(AssignmentId=second)["Assignment"]["AssignmentStatus"]
        assert state == "Submitted"
        assert books(market) == ("280.00", "0.00", "720.00")

    def test_time_approves_what_the_account_cannot_pay_as_soon_as_it_can(self, market: Market):
        hit_type = market.hit_type(Reward="600", AutoApprovalDelayInSeconds=60)
        for _ in range(2):
            market.done("wim", market.create(HITTypeId=hit_type)["HITId"])
        market.clock.forward(seconds=61)
        market.sweep()
        assert books(market)[2] == "720.00"
        market.do(
            lambda s: money.deposit(
                s, s.get_one(MarketAccount, market.account.id), 10**9, key="more", now=market.clock()
            )
        )
        market.clock.forward(hours=1)
        market.sweep()
        assert books(market) == ("560.00", "0.00", "1440.00")


def test_what_nobody_took_is_released_when_a_hit_is_over(market: Market):
    hit_id = market.create(MaxAssignments=3)["HITId"]
    market.done("wim", hit_id)
    late = market.accept("ida", hit_id)
    assert books(market) == ("999.82", "0.18", "0.00")
    market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=0)
    assert books(market)[1] == "0.18"
    market.submit(late)
    assert books(market)[1] == "0.12"
    market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=market.clock().timestamp() + 60)
    assert books(market)[1] == "0.18"
    market.clock.forward(seconds=60)
    assert market.sweep() == 1
    assert books(market) == ("999.88", "0.12", "0.00")


def test_approval_pays_and_rejection_releases(market: Market):
    hit_id = market.create(MaxAssignments=2)["HITId"]
    first, second = market.done("wim", hit_id), market.done("ida", hit_id)
    market.client.approve_assignment(AssignmentId=first)
    assert books(market) == ("999.88", "0.06", "0.06")
    market.client.reject_assignment(AssignmentId=second, RequesterFeedback="no")
    assert books(market) == ("999.94", "0.00", "0.06")
    market.client.approve_assignment(AssignmentId=second, OverrideRejection=True)
    assert books(market) == ("999.88", "0.00", "0.12")


def test_another_type_costs_what_it_costs(market: Market):
    hit_id = market.create()["HITId"]
    market.client.update_hit_type_of_hit(HITId=hit_id, HITTypeId=market.hit_type(Reward="1.00"))
    assert books(market)[1] == "1.20"
    market.client.approve_assignment(AssignmentId=market.done("wim", hit_id))
    assert books(market) == ("998.80", "0.00", "1.20")


@pytest.mark.contract(60)
@pytest.mark.parametrize("count", [17, 20_000])
def test_no_call_makes_the_balance_negative(market: Market, count: int):
    dear = market.hit_type(Reward="50")
    with pytest.raises(ClientError) as caught:
        market.create(HITTypeId=dear, MaxAssignments=count)
    assert caught.value.response["TurkErrorCode"] == "AWS.MechanicalTurk.InsufficientFunds"
    assert "insufficient funds" in caught.value.response["Message"]
    assert books(market) == ("1000.00", "0.00", "0.00")
    hit_id = market.create(HITTypeId=dear, MaxAssignments=8)["HITId"]
    assert balance(market) == "520.00"
    rejected = market.done("wim", hit_id)
    market.client.reject_assignment(AssignmentId=rejected, RequesterFeedback="no")
    market.create(HITTypeId=dear, MaxAssignments=9)
    for call in (
        lambda: market.client.approve_assignment(AssignmentId=rejected, OverrideRejection=True),
        lambda: market.client.create_additional_assignments_for_hit(
            HITId=hit_id, NumberOfAdditionalAssignments=1
        ),
        lambda: market.client.update_hit_type_of_hit(
            HITId=market.create()["HITId"], HITTypeId=market.hit_type(Reward="900")
        ),
    ):
        with pytest.raises(ClientError, match="insufficient funds"):
            call()
    assert market.client.get_assignment(AssignmentId=rejected)["Assignment"]["AssignmentStatus"] == "Rejected"
    assert books(market)[0] == "39.94"


class _Life:
    """What can happen to an account, by number."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._hits: list[str] = []
        self._held: list[str] = []
        self._submitted: list[str] = []
        self._workers = (f"w{number}" for number in range(10**6))
        self._type = market.hit_type(Reward="0.37", AutoApprovalDelayInSeconds=3600)

    def do(self, act: int, which: int) -> None:
        acts: list[Callable[[int], Any]] = [
            self._create,
            self._create,
            self._accept,
            self._accept,
            self._submit,
            self._submit,
            self._give_back,
            self._approve,
            self._reject,
            self._override,
            self._extend,
            self._expire,
            self._reopen,
            self._delete,
            self._wait,
        ]
        with suppress(ClientError, Refused):
            acts[act % len(acts)](which)

    def _create(self, which: int) -> None:
        count = (1, 2, 9, 10, 900, 4000)[which % 6]
        self._hits.append(self._market.create(HITTypeId=self._type, MaxAssignments=count)["HITId"])

    def _accept(self, which: int) -> None:
        if self._hits:
            self._held.append(self._market.accept(next(self._workers), self._hits[which % len(self._hits)]))

    def _submit(self, which: int) -> None:
        if self._held:
            assignment_id = self._held.pop(which % len(self._held))
            self._market.submit(assignment_id)
            self._submitted.append(assignment_id)

    def _give_back(self, which: int) -> None:
        if self._held:
            self._market.give_back(self._held.pop(which % len(self._held)))

    def _approve(self, which: int, **options: Any) -> None:
        if self._submitted:
            assignment_id = self._submitted[which % len(self._submitted)]
            self._market.client.approve_assignment(AssignmentId=assignment_id, **options)

    def _override(self, which: int) -> None:
        self._approve(which, OverrideRejection=True)

    def _reject(self, which: int) -> None:
        if self._submitted:
            assignment_id = self._submitted[which % len(self._submitted)]
            self._market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no")

    def _extend(self, which: int) -> None:
        if self._hits:
            self._market.client.create_additional_assignments_for_hit(
                HITId=self._hits[which % len(self._hits)], NumberOfAdditionalAssignments=1 + which % 40
            )

    def _expire(self, which: int) -> None:
        if self._hits:
            hit_id = self._hits[which % len(self._hits)]
            self._market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=which)

    def _reopen(self, which: int) -> None:
        if self._hits:
            hit_id, later = (
                self._hits[which % len(self._hits)],
                self._market.clock().timestamp() + 100 + which,
            )
            self._market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=later)

    def _delete(self, which: int) -> None:
        if self._hits:
            self._market.client.delete_hit(HITId=self._hits[which % len(self._hits)])

    def _wait(self, which: int) -> None:
        self._market.clock.forward(minutes=which % 90)
        if which % 2:
            self._market.sweep()


@pytest.mark.contract(60)
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 10**4)), min_size=10, max_size=40))
def test_whatever_happens_the_books_balance(market: Market, acts: list[tuple[int, int]]):
    life = _Life(market)
    for act, which in acts:
        life.do(act, which)
        books(market)


def test_two_accounts_hold_their_own(market: Market):
    bob = market.client_of("bob", funds="1.00")
    market.create(MaxAssignments=9)
    assert bob.get_account_balance()["AvailableBalance"] == "1.00"


def test_a_deposit_has_a_limit(market: Market):
    account = market.account
    with pytest.raises(Refused, match="that much"):
        market.do(
            lambda s: money.deposit(
                s, s.get_one(MarketAccount, account.id), money.MOST, key="x", now=market.clock()
            )
        )
