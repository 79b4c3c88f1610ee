"""`crowd publish`: what it costs, what it offers, and how it goes on when the money was short."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from crowd.services.mturk import channel
from tests.fakes.turk import Turk
from tests.fakes.wire import KEYS, served

Crowd = Callable[..., Result]
NAMES = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}


@pytest.fixture
def turk() -> Turk:
    return Turk()


@pytest.fixture
def pets(
    crowd: Crowd, turk: Turk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., dict[str, Any]]]:
    """Make a project that asks about four items at an endpoint; return a way to publish it."""
    monkeypatch.setenv("CROWD_DATABASE_URL", f"sqlite:///{tmp_path}/crowd.db")
    for name, value in KEYS.items():
        monkeypatch.setenv(NAMES[name], value)
    items = tmp_path / "items.csv"
    items.write_text("item,text\n" + "".join(f"i{n},about {n}\n" for n in range(4)))
    channel.caller_of.cache_clear()
    with served(turk) as endpoint:
        options = ["--price", "0.015", "--overlap", 2, "--hit-size", 2, "--gold-share", 0, "--cap", 10]
        at = ["--channel", "mturk", "--endpoint", endpoint, "--hit-keywords", "cat, dog"]
        assert crowd("project", "create", "pets", "--labels", "cat,dog", *options, *at).exit_code == 0
        assert crowd("items", "add", "pets", items).exit_code == 0
        assert crowd("batch", "create", "pets").exit_code == 0

        def publish(*options: str) -> dict[str, Any]:
            result = crowd("publish", "pets", *options, "--json")
            assert result.exit_code == 0, result.output
            found: dict[str, Any] = json.loads(result.stdout)
            return found

        yield publish
    channel.caller_of.cache_clear()


def test_a_dry_run_says_what_it_costs_and_offers_nothing(
    pets: Callable[..., dict[str, Any]], crowd: Crowd, turk: Turk
) -> None:
    said = pets("--dry-run")
    assert (said["hits"], said["assignments"]) == (2, 4)
    assert (said["reward"], said["fee"], said["cost"]) == ("0.12", "0.04", "0.16")
    assert turk.calls == []
    shown = crowd("publish", "pets", "--dry-run").output
    assert "2 HITs cost $0.16: $0.12 for workers, $0.04 in fees" in shown


@pytest.mark.contract(29)
def test_short_money_is_said_and_the_rest_is_published_when_there_is_more(
    pets: Callable[..., dict[str, Any]], crowd: Crowd, turk: Turk
) -> None:
    turk.balance = 10
    first = pets()
    assert (first["state"], first["calls"]["waiting"]) == ("paused_funds", 1)
    assert len(turk.hits) == 1
    assert "paused_funds: 1 calls wait for money" in crowd("publish", "pets").output
    turk.balance = 1000
    assert pets("--resume")["state"] == "active"
    assert len(turk.hits) == 2
    assert {kind["Keywords"] for kind in turk.types.values()} == {"cat, dog"}


def test_a_refusal_is_shown_with_its_reason(
    pets: Callable[..., dict[str, Any]], crowd: Crowd, turk: Turk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fakes import rules
    from tests.fakes.turk import No

    def refuse(*_: object) -> None:
        raise No("Lifetime is too long", "InvalidParameterValue")

    monkeypatch.setitem(rules.RULES, "CreateHITWithHITType", refuse)  # type: ignore[arg-type]
    shown = crowd("publish", "pets").output
    assert "2 calls were refused, the last: CreateHITWithHITType" in shown
    assert "Lifetime is too long" in shown


def test_a_project_of_our_own_pool_has_nowhere_to_publish(crowd: Crowd, tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path}/crowd.db"]
    assert crowd("project", "create", "own", "--labels", "a,b", *database).exit_code == 0
    result = crowd("publish", "own", *database)
    assert result.exit_code == 1
    assert "it has no endpoint" in result.stderr


def test_settings_of_the_endpoint_are_checked_and_kept(crowd: Crowd, tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path}/crowd.db"]
    at = ["--channel", "mturk", "--endpoint", "http://host.test"]
    bad = crowd("project", "create", "x", "--labels", "a,b", *at, "--lifetime-seconds", 7, *database)
    assert bad.exit_code == 2
    assert "posting.lifetime_seconds: lies between 30 and 31536000" in bad.stderr
    assert crowd("project", "create", "x", "--labels", "a,b", *at, "--masters", *database).exit_code == 0
    changed = crowd("project", "update", "x", "--lifetime-seconds", 60, *database, "--json")
    assert json.loads(changed.stdout)["posting"] == {"masters": True, "lifetime_seconds": 60}
