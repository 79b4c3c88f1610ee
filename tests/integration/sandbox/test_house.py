"""The sandbox in one process: who may turn its hands, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from crowd.clock import utc_now
from crowd.db import connect
from crowd.errors import Misconfigured
from crowd.models import Worker
from crowd.models.market import MarketAccount
from crowd.sandbox.faults import Conditions
from crowd.sandbox.front import front
from crowd.sandbox.house import House, place
from crowd.sandbox.world import Ground, Plan, lay_ground
from crowd.services.market import requirements as known
from crowd.services.market.scores import standing

PLAN = Plan("sandbox", "sandbox", workers=2, mix={"good": 1.0})


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ground]:
    folder = tmp_path_factory.mktemp("sandbox")
    return folder, lay_ground(place(folder, 1), PLAN)


@pytest.fixture
def hands(ground: tuple[Path, Ground]) -> Iterator[Client]:
    house = House(PLAN, ground[1], None)
    yield Client(front(house))
    house.close()


def call(hands: Client, method: str, path: str, body: Any = None, **more: Any) -> Any:
    here = {"base_url": "http://127.0.0.1", "environ_overrides": {"REMOTE_ADDR": "127.0.0.1"}}
    answer = hands.open(f"/_admin{path}", method=method, json=body, **here | more)
    return answer.status_code, answer.get_json()


def test_it_tells_the_time_what_is_in_force_and_who_works(hands: Client):
    status, told = call(hands, "GET", "/")
    assert status == 200
    assert (told["workers"], told["ahead_seconds"], told["faults"]["plan"]) == (2, 0.0, [])
    assert "/work/enter/cww_" in told["work_by_hand"]


def test_everybody_has_what_programs_usually_ask_for(ground: tuple[Path, Ground]):
    asked = (known.LOCALE, known.ADULT, known.MASTERS_SANDBOX, known.NUMBER_APPROVED, known.PERCENT_APPROVED)
    with connect(ground[1].url).read() as session:
        account = session.scalars(select(MarketAccount)).one()
        scores = [
            standing(session, account, worker, asked, now=utc_now()).scores
            for worker in session.scalars(select(Worker))
        ]
    assert len(scores) == 3
    for held in scores:
        assert held[known.LOCALE] == {"US"}
        assert held[known.ADULT] == held[known.MASTERS_SANDBOX] == 1
        assert held[known.NUMBER_APPROVED] >= 1000
        assert held[known.PERCENT_APPROVED] == 100


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"environ_overrides": {"REMOTE_ADDR": "10.0.0.1"}}, "own machine"),
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, "proxy"),
        ({"headers": {"Forwarded": "for=127.0.0.1"}}, "proxy"),
        ({"base_url": "http://sandbox.example"}, "loopback"),
        ({"headers": {"Origin": "http://127.0.0.1"}}, "loopback"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/dump"), ("POST", "/reset"), ("PUT", "/faults")])
def test_it_answers_nobody_but_programs_on_this_machine(
    hands: Client, method: str, path: str, given: dict[str, Any], message: str
):
    status, told = call(hands, method, path, None if method == "GET" else {}, **given)
    assert status == 403
    assert message in told["error"]


def test_the_clock_goes_forward_for_everybody(hands: Client):
    assert call(hands, "POST", "/clock", {"advance": 3600})[0] == 200
    assert call(hands, "GET", "/")[1]["ahead_seconds"] == 3600.0
    status, told = call(hands, "POST", "/clock", {"set": "2099-01-01T00:00:00Z"})
    assert (status, told["now"][:10]) == (200, "2099-01-01")


@pytest.mark.parametrize(
    "body",
    [{}, {"advance": "1"}, {"advance": -1}, {"advance": 1e300}, {"set": "soon"}, {"set": 5}, [], {"add": 1}],
)
def test_a_clock_that_cannot_be_set_so_says_why(hands: Client, body: Any):
    status, told = call(hands, "POST", "/clock", body)
    assert status == 422
    assert told["error"]


def test_faults_are_ordered_and_shown(hands: Client):
    asked = {"plan": [{"op": "GetHIT", "nth": 2, "kind": "drop"}], "calls_per_second": 5}
    status, told = call(hands, "PUT", "/faults", asked)
    assert (status, told["calls_per_second"], told["plan"][0]["nth"]) == (200, 5, [2])
    assert call(hands, "GET", "/")[1]["faults"] == told
    status, told = call(hands, "PUT", "/faults", {"plan": [{"kind": "drop"}]})
    assert (status, "nth" in told["error"]) == (422, True)


def test_money_and_tables_can_be_looked_at(hands: Client):
    (account,) = call(hands, "GET", "/balance")[1]["accounts"]
    assert account == {"available": "10000.00", "held": "0.00", "spent": "0.00", "moved": {}}
    dumped = call(hands, "GET", "/dump")[1]
    assert [row["access_key_id"] for row in dumped["access_key"]] == ["sandbox"]


def test_only_a_database_of_its_own_can_be_reset(hands: Client):
    status, told = call(hands, "POST", "/reset", {})
    assert (status, "start it anew" in told["error"]) == (409, True)


def test_a_reset_begins_anew_under_the_same_conditions(tmp_path: Path):
    plan = Plan("sandbox", "sandbox", conditions=Conditions(lag_seconds=3))
    house = House(plan, lay_ground(place(tmp_path, 1), plan), tmp_path)
    hands = Client(front(house))
    call(hands, "POST", "/clock", {"advance": 3600})
    old = call(hands, "GET", "/")[1]["work_by_hand"]
    told = call(hands, "POST", "/reset", {})[1]
    house.close()
    assert (told["ahead_seconds"], told["faults"]["lag_seconds"]) == (0.0, 3)
    assert told["work_by_hand"] != old


def test_a_database_that_is_in_use_is_left_alone(ground: tuple[Path, Ground]):
    with pytest.raises(Misconfigured, match="needs an empty database"):
        lay_ground(ground[1].url, PLAN)
    connect(ground[1].url).dispose()
