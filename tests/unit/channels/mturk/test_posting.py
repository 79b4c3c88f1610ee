"""How HITs are offered: settings are checked, and what they cost follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.channels.mturk.client import PRODUCTION, SANDBOX
from crowd.channels.mturk.posting import Posting, cost, dollars, faults, is_production
from workers.money import to_micros

ENDPOINT = "http://127.0.0.1:8081"


def wrong(stored: dict[str, Any], endpoint: str | None = ENDPOINT) -> dict[str, str]:
    return dict(faults(stored, endpoint))


@pytest.mark.contract(61)
@pytest.mark.parametrize(
    "endpoint", [PRODUCTION, f"{PRODUCTION}/", PRODUCTION.upper().replace("HTTPS", "https")]
)
def test_production_is_refused_until_the_project_says_otherwise(endpoint: str) -> None:
    assert "AWS closed" in wrong({}, endpoint)["endpoint"]
    assert wrong({"allow_production": True}, endpoint) == {}


@pytest.mark.parametrize("endpoint", [SANDBOX, ENDPOINT, "https://crowd.example/mturk"])
def test_any_other_endpoint_is_taken(endpoint: str) -> None:
    assert wrong({}, endpoint) == {}
    assert not is_production(endpoint)


@pytest.mark.parametrize("endpoint", [None, "", "127.0.0.1:8081", "ftp://host", "https://"])
def test_an_endpoint_is_an_address(endpoint: str | None) -> None:
    assert "endpoint" in wrong({}, endpoint)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "iframe"),
        ("description", "x" * 2001),
        ("keywords", 7),
        ("assignment_seconds", 29),
        ("lifetime_seconds", 31_536_001),
        ("auto_approval_seconds", -1),
        ("requirements", [{"QualificationTypeId": "X"}]),
        ("masters", "yes"),
        ("fees", "free"),
        ("most_assignments", 0),
        ("submit_hosts", ["host"]),
        ("url", "http://host"),
        ("frame_height", True),
        ("colour", "red"),
    ],
)
def test_every_setting_is_checked(name: str, value: object) -> None:
    assert f"posting.{name}" in wrong({name: value})


def test_external_needs_to_know_where_workers_reach_us() -> None:
    assert "posting.url" in wrong({"mode": "external"})
    assert wrong({"mode": "external", "url": "https://host.test"}) == {}


@pytest.mark.contract(58)
@pytest.mark.parametrize(
    ("price", "questions", "assignments", "stored", "reward", "fee"),
    [
        ("0.05", 1, 9, {}, "0.05", "0.01"),
        ("0.10", 10, 10, {}, "1.00", "0.40"),
        ("0.001", 3, 1, {}, "0.01", "0.01"),
        ("0.015", 3, 1, {}, "0.05", "0.01"),
        ("1", 1, 1, {"masters": True}, "1", "0.25"),
        ("1", 1, 1, {"fees": "none", "masters": True}, "1", "0"),
        ("0", 5, 3, {}, "0", "0.01"),
    ],
)
def test_an_assignment_costs_whole_cents_and_a_fee(
    price: str, questions: int, assignments: int, stored: dict[str, Any], reward: str, fee: str
) -> None:
    found = cost(
        Posting.read(stored), price_micros=to_micros(price), questions=questions, assignments=assignments
    )
    assert (found.reward, found.fee) == (to_micros(reward), to_micros(fee))


@pytest.mark.contract(15)
@pytest.mark.parametrize(("micros", "text"), [(50_000, "0.05"), (1_000_000, "1.00"), (123_450_000, "123.45")])
def test_money_is_text_on_the_wire(micros: int, text: str) -> None:
    assert dollars(micros) == text


@pytest.mark.contract(15)
def test_what_is_no_whole_cent_never_goes_out() -> None:
    with pytest.raises(AssertionError, match="whole cents"):
        dollars(1)


@pytest.mark.contract(65)
@pytest.mark.parametrize(
    ("stored", "endpoint", "hosts"),
    [
        ({}, "https://crowd.example:443/mturk", ("https://crowd.example",)),
        ({}, ENDPOINT, (ENDPOINT,)),
        ({}, SANDBOX, ("https://workersandbox.mturk.com",)),
        ({}, PRODUCTION, ("https://www.mturk.com",)),
        (
            {"submit_hosts": ["https://a.test/x/", "http://B.test:80"]},
            ENDPOINT,
            ("https://a.test", "http://b.test"),
        ),
    ],
)
def test_answers_may_go_to_the_endpoints_own_host_or_to_those_named(
    stored: dict[str, Any], endpoint: str, hosts: tuple[str, ...]
) -> None:
    assert Posting.read(stored).hosts(endpoint) == hosts


def test_masters_are_a_requirement_by_the_id_of_the_endpoint() -> None:
    own = {"QualificationTypeId": "X", "Comparator": "Exists"}
    posting = Posting.read({"masters": True, "requirements": [own]})
    ids = [
        [each["QualificationTypeId"] for each in posting.qualifications(at)] for at in (SANDBOX, PRODUCTION)
    ]
    assert ids == [["X", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"], ["X", "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH"]]
