"""A running sandbox over real sockets: faults that a program must survive, a clock that is put forward."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.acceptance.sandbox.conftest import Sandbox, until

QUESTION = (
    '<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/'
    'HTMLQuestion.xsd"><HTMLContent><![CDATA[<!DOCTYPE html><form action="/mturk/externalSubmit">'
    '<p>Is it a cat?</p><select name="cat"><option>yes<option>no</select></form>]]></HTMLContent>'
    "<FrameHeight>0</FrameHeight></HTMLQuestion>"
)
ONCE = Config(retries={"total_max_attempts": 1})
# Who nobody is: what is posted for them stays as it is.
NOBODY = [
    {"QualificationTypeId": "00000000000000000040", "Comparator": "GreaterThan", "IntegerValues": [10_000]}
]


def order(**terms: Any) -> dict[str, Any]:
    usual = {"Title": "Cats", "Description": "Look", "Reward": "0.10", "LifetimeInSeconds": 86_400}
    return {**usual, "AssignmentDurationInSeconds": 600, "Question": QUESTION} | terms


def strike(sandbox: Sandbox, *plan: dict[str, Any], **conditions: Any) -> None:
    sandbox.admin("faults", {"plan": list(plan), **conditions}, method="PUT")


def held(sandbox: Sandbox) -> str:
    (account,) = sandbox.admin("balance")["accounts"]
    return str(account["held"])


@pytest.mark.contract(21)
@pytest.mark.parametrize(
    ("when", "hits", "money"), [("before_commit", 0, "0.00"), ("after_commit", 1, "0.12")]
)
def test_a_call_without_a_reply_was_done_or_was_not(sandbox: Sandbox, when: str, hits: int, money: str):
    client = sandbox.client(config=ONCE)
    strike(sandbox, {"op": "CreateHIT", "nth": 1, "when": when, "kind": "drop"})
    with pytest.raises(ConnectionClosedError):
        client.create_hit(**order(QualificationRequirements=NOBODY, UniqueRequestToken="t"))
    assert client.list_hits()["NumResults"] == hits
    assert held(sandbox) == money
    if hits:
        with pytest.raises(ClientError, match="already exists"):
            client.create_hit(**order(QualificationRequirements=NOBODY, UniqueRequestToken="t"))
    assert held(sandbox) == money


def test_what_boto3_repeats_by_itself_is_one_invocation_with_several_attempts(sandbox: Sandbox):
    strike(sandbox, {"op": "CreateHIT", "nth": [1, 2], "when": "after_commit", "kind": "drop"})
    sandbox.client().create_hit(**order(QualificationRequirements=NOBODY))
    calls = [each for each in sandbox.admin("calls")["calls"] if each["operation"] == "CreateHIT"]
    assert [(each["attempt"], each["status"]) for each in calls] == [("1", 0), ("2", 0), ("3", 200)]
    assert len({each["invocation"] for each in calls}) == 1
    # Without a token each attempt posted a HIT of its own.
    assert sandbox.client().list_hits()["NumResults"] == 3


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("servicefault", "ServiceFault"),
        ("505", "505"),
        ("html500", "500"),
    ],
)
def test_faults_arrive_as_boto3_knows_them(used_sandbox: Sandbox, kind: str, code: str):
    strike(used_sandbox, {"op": "GetAccountBalance", "nth": 1, "kind": kind})
    client = used_sandbox.client(config=ONCE)
    with pytest.raises(ClientError) as caught:
        client.get_account_balance()
    assert caught.value.response["Error"]["Code"] == code
    assert client.get_account_balance()["AvailableBalance"] == "10000.00"


def test_a_stalled_call_ends_without_a_reply(used_sandbox: Sandbox):
    strike(used_sandbox, {"op": "GetAccountBalance", "nth": 1, "kind": "stall", "seconds": 1})
    started = time.monotonic()
    with pytest.raises(ConnectionClosedError):
        used_sandbox.client(config=ONCE).get_account_balance()
    assert time.monotonic() - started >= 1


def test_a_rate_is_kept(used_sandbox: Sandbox):
    strike(used_sandbox, calls_per_second=0.5)
    client = used_sandbox.client(config=ONCE)

    def is_refused() -> bool:
        try:
            client.get_account_balance()
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "ThrottlingException")
        return False

    assert not is_refused()
    until(is_refused)
    until(lambda: not is_refused())


@pytest.mark.contract(50)
def test_what_waits_for_a_week_happens_when_the_clock_is_put_forward(used_sandbox: Sandbox):
    client = used_sandbox.client()
    hit_id = client.create_hit(**order(AutoApprovalDelayInSeconds=7 * 86_400))["HIT"]["HITId"]
    until(lambda: client.list_assignments_for_hit(HITId=hit_id)["NumResults"])
    before = datetime.fromisoformat(used_sandbox.admin("")["now"])
    after = datetime.fromisoformat(used_sandbox.admin("clock", {"advance": 8 * 86_400})["now"])
    assert timedelta(days=8) <= after - before < timedelta(days=8, minutes=1)
    (assignment,) = client.list_assignments_for_hit(HITId=hit_id)["Assignments"]
    assert assignment["AssignmentStatus"] == "Approved"
    # Sessions of people have ended meanwhile: they sign in again.
    again = client.create_hit(**order())["HIT"]["HITId"]
    until(lambda: client.list_assignments_for_hit(HITId=again)["NumResults"])


@pytest.mark.contract(60)
def test_play_money_is_always_all_there_while_the_ledger_goes_on(sandbox: Sandbox):
    client = sandbox.client()
    hit_id = client.create_hit(**order(Reward="5.00", MaxAssignments=3))["HIT"]["HITId"]
    until(lambda: client.get_hit(HITId=hit_id)["HIT"]["HITStatus"] == "Reviewable")
    for each in client.list_assignments_for_hit(HITId=hit_id)["Assignments"]:
        client.approve_assignment(AssignmentId=each["AssignmentId"])
    (account,) = sandbox.admin("balance")["accounts"]
    assert account["moved"] == {"hold": "18.00", "pay": "15.00", "fee": "3.00"}
    assert (account["held"], account["spent"]) == ("0.00", "18.00")
    assert client.get_account_balance()["AvailableBalance"] == account["available"] == "10000.00"


def test_lists_lag_behind_where_that_is_asked_for(sandbox: Sandbox):
    strike(sandbox, lag_seconds=3600)
    client = sandbox.client()
    client.create_hit(**order(QualificationRequirements=NOBODY))
    assert client.list_hits()["NumResults"] == 0
    sandbox.admin("clock", {"advance": 3601})
    assert client.list_hits()["NumResults"] == 1


def test_everything_can_be_looked_at_and_is_gone_after_a_reset(sandbox: Sandbox):
    sandbox.client().create_hit(**order(QualificationRequirements=NOBODY, RequesterAnnotation="mine"))
    (hit,) = sandbox.admin("dump")["market_hit"]
    assert hit["annotation"] == "mine"
    sandbox.reset()
    assert sandbox.admin("dump")["market_hit"] == []
    assert sandbox.admin("calls")["calls"] == []


def test_you_can_come_in_by_the_link(used_sandbox: Sandbox):
    with urllib.request.urlopen(used_sandbox.admin("")["work_by_hand"], timeout=30) as page:
        assert b"you" in page.read()


def test_a_sandbox_with_faults_and_a_key_of_its_own(start: Callable[..., Any], tmp_path: Path):
    (tmp_path / "faults.json").write_text('{"plan": [{"kind": "throttle", "nth": 1}]}')
    with start(tmp_path, "--key", "MINE:hush", "--faults", "faults.json") as found:
        assert found.variables["AWS_ACCESS_KEY_ID"] == "MINE"
        client = found.client(config=ONCE)
        with pytest.raises(ClientError, match="Rate exceeded"):
            client.get_account_balance()
        assert client.get_account_balance()["AvailableBalance"] == "10000.00"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(
                urllib.request.Request(f"{found.site}/_admin/", headers={"X-Forwarded-For": "10.0.0.1"}),
                timeout=30,
            )
