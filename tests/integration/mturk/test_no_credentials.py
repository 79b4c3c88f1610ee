"""Two channels and no credentials for the endpoint: the own people go on, and the reason is said once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from crowd.cli import cli
from crowd.db import Database
from crowd.errors import Misconfigured
from crowd.jobs import chores, endpoints
from crowd.services import loop
from crowd.services.mturk import channel
from tests.integration.mturk.two_channels import PATIENCE, Shared, shared

WHY = "no credentials for the endpoint"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    channel.caller_of.cache_clear()
    channel.say_once.cache_clear()


def step(shop: Shared) -> loop.Turn:
    return loop.step(shop.world.database, shop.world.project_id, clock=shop.world.clock)


@pytest.mark.parametrize("own", ["pool", "mturk"])
def test_the_own_people_go_on(database: Database, own: str) -> None:
    shop = shared(database, own=own, when="tie_break", items=2, overlap=1, hit_size=2)
    if own == "pool":
        shop.answer("p1", "a")
    turn = step(shop)
    assert turn.decided.enough == (2 if own == "pool" else 0)
    assert (turn.unreached or "").startswith(WHY)


def test_nothing_is_handed_over_to_an_endpoint_that_cannot_be_asked(database: Database) -> None:
    shop = shared(database, overlap=1, hit_size=2)
    shop.wait(PATIENCE)
    assert step(shop).handed_over == 0
    assert shop.answer("p1") == 2
    shop.exact()


def test_a_project_of_one_channel_has_nobody_else_and_is_refused(database: Database) -> None:
    shop = shared(database, when="tie_break")
    shop.world.configure(channel="mturk", second_channel=None, second_when=None, second_price_micros=None)
    with pytest.raises(Misconfigured, match=WHY):
        step(shop)


def test_the_jobs_say_it_once(database: Database) -> None:
    shop = shared(database, when="tie_break", items=2, overlap=1, hit_size=2)
    clock: Any = shop.world.clock
    shop.publish()  # there were credentials then
    with capture_logs() as said:
        for _ in range(2):
            chores.step_endpoints(database, clock)
            chores.reconcile_endpoints(database, clock)
            endpoints.collect(database, clock)
    said = [line for line in said if line["log_level"] in ("warning", "error")]
    assert [line["event"] for line in said] == ["endpoint not asked"]
    assert said[0]["why"].startswith(WHY)


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_the_command_says_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shared(database, when="tie_break", slug="demo", items=2, overlap=1, hit_size=2)
    monkeypatch.setenv("CROWD_DATABASE_URL", str(shop.world.database.engine.url))
    outcome = CliRunner().invoke(cli, ["step", "demo", "--json"])
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)["unreached"].startswith(WHY)
