"""Calls go out exact, once, and every failure says what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crowd.channels.mturk.calls import Caller, checked
from crowd.channels.mturk.errors import (
    CallError,
    Faulty,
    Lost,
    Missing,
    NameTaken,
    NoFunds,
    Refused,
    Replayed,
    Throttled,
    WrongStatus,
    understood,
)
from crowd.channels.mturk.pacing import Pace
from crowd.errors import Misconfigured, Unprocessable
from tests.fakes import wire
from tests.fakes.turk import Turk

TYPE = {"Title": "t", "Description": "d", "Reward": "0.05", "AssignmentDurationInSeconds": 60}


class Time:
    """A time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def turk() -> Turk:
    return Turk()


@pytest.fixture
def caller(turk: Turk) -> Caller:
    time = Time()
    return Caller(wire.inside(turk), Pace(time, time.sleep))


@pytest.mark.contract(15)
@pytest.mark.parametrize(
    "parameters",
    [
        {"Reward": 0.05},
        {"BonusAmount": 1},
        {"Reward": "0.005"},
        {"Reward": "five"},
        {"ExpireAt": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"ExpireAt": "2026-01-01T00:00:00"},
        {"QualificationRequirements": [{"IntegerValues": [1.5]}]},
        {"Deep": {"er": [datetime(2026, 1, 1)]}},  # noqa: DTZ001
    ],
)
def test_no_float_and_no_naive_time_ever_goes_out(
    turk: Turk, caller: Caller, parameters: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError, match=r"exact|amount"):
        caller.call("CreateHITType", **TYPE | parameters)
    assert turk.calls == []


@pytest.mark.contract(15)
def test_a_moment_that_was_kept_as_text_goes_out_as_that_moment() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert checked({"ExpireAt": "2026-01-01T14:00:00+02:00"})["ExpireAt"] == moment


@pytest.mark.contract(30)
@pytest.mark.parametrize("kind", ["drop", "drop_after", "fault", "505", "html", "html_after", "truncated"])
def test_what_spends_goes_out_once_and_a_read_three_times(turk: Turk, caller: Caller, kind: str) -> None:
    turk.faults.add(kind, times=10)
    with pytest.raises((Faulty, Lost)):
        caller.call("CreateHITType", **TYPE)
    assert len(turk.calls) == 1
    with pytest.raises((Faulty, Lost)):
        caller.call("GetAccountBalance")
    assert len(turk.calls) == 4


@pytest.mark.contract(30)
def test_a_throttled_call_asks_again_for_a_while_for_nothing_was_done(turk: Turk, caller: Caller) -> None:
    turk.faults.add("throttle", times=5)
    caller.call("CreateHITType", **TYPE)
    assert len(turk.calls) == 6
    turk.faults.add("throttle", times=10_000)
    with pytest.raises(Throttled):
        caller.call("CreateHITType", **TYPE)
    assert len(turk.types) == 1


@pytest.mark.contract(24, 30)
@pytest.mark.parametrize(
    ("code", "turk_code", "text", "meaning"),
    [
        (
            "RequestError",
            "AWS.MechanicalTurk.HitAlreadyExists",
            'The HIT with ID "3AB" already exists.',
            Replayed,
        ),
        ("RequestError", "AWS.MechanicalTurk.HITALREADYEXISTS", "", Replayed),
        ("RequestError", "", 'The HIT with ID "3AB" already exists.', Replayed),
        ("RequestError", "", 'The idempotency token "x" has already been processed.', Replayed),
        ("RequestError", "AWS.MechanicalTurk.InsufficientFunds", "", NoFunds),
        ("RequestError", "", "This Requester has insufficient funds in their account to …", NoFunds),
        ("RequestError", "", "This operation can be called with a status of: Submitted", WrongStatus),
        ("RequestError", "AWS.MechanicalTurk.HITDoesNotExist", "Hit 3 does not exist", Missing),
        ("RequestError", "", "You have already created a QualificationType with this name.", NameTaken),
        ("RequestError", "AWS.MechanicalTurk.XMLParseError", "…", Refused),
        ("ThrottlingException", "", "Rate exceeded", Throttled),
        ("ServiceFault", "AWS.ServiceUnavailable", "", Faulty),
        ("505", "", "HTTP Version Not Supported", Faulty),
        ("ValidationException", "", "", Refused),
        ("AccessDeniedException", "", "", Refused),
    ],
)
def test_every_known_error_has_its_meaning(
    code: str, turk_code: str, text: str, meaning: type[CallError]
) -> None:
    status = int(code) if code.isdigit() else 500 if code == "ServiceFault" else 400
    reply = {
        "Error": {"Code": code, "Message": text},
        "TurkErrorCode": turk_code,
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    error = understood("CreateHIT", reply)
    assert type(error) is meaning
    assert error.operation == "CreateHIT"


@pytest.mark.contract(23)
def test_the_id_of_the_hit_that_was_made_is_read_from_the_message() -> None:
    text = 'The HIT with ID "3AB9" already exists. (1767225600000)'
    assert Replayed("CreateHIT", "RequestError", text).hit == "3AB9"
    assert Replayed("CreateHIT", "RequestError", "already there").hit is None


def test_rows_of_a_list_come_page_by_page(turk: Turk, caller: Caller) -> None:
    type_id = caller.call("CreateHITType", **TYPE)["HITTypeId"]
    for _ in range(205):
        caller.call("CreateHITWithHITType", HITTypeId=type_id, LifetimeInSeconds=60, Question="q")
    assert [len(page) for page in caller.pages("ListHITs", "HITs")] == [100, 100, 5]


def test_an_address_that_is_none_is_refused() -> None:
    from crowd.channels.mturk import client

    with pytest.raises(Unprocessable, match="not an address"):
        client.connect("sandbox", **wire.KEYS)


def test_without_credentials_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from crowd.channels.mturk import client

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(Misconfigured, match="AWS_ACCESS_KEY_ID"):
        client.connect("http://127.0.0.1:1/mturk")
