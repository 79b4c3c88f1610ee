"""`crowd collect` and `crowd mturk …`: what a requester does at an endpoint, from the command line."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crowd.channels.mturk import client as clients
from crowd.cli import cli
from crowd.db import connect
from crowd.services.mturk import channel
from tests.fakes import wire
from tests.fakes.turk import Turk
from tests.integration.mturk.conftest import caller
from tests.integration.mturk.conftest import shop as make_shop
from tests.integration.mturk.stall import Stall
from tests.integration.world import Clock

ROOT = Path(__file__).parents[3]


@pytest.fixture
def turk() -> Turk:
    return Turk(now=time.time())


@pytest.fixture
def stall(
    turk: Turk, migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stall]:
    """A published project in a file, whose endpoint is a fake on a port of its own."""
    shutil.copyfile(migrated_file, tmp_path / "crowd.db")
    database = connect(f"sqlite:///{tmp_path}/crowd.db")
    monkeypatch.setenv("CROWD_DATABASE_URL", f"sqlite:///{tmp_path}/crowd.db")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    channel.caller_of.cache_clear()
    with wire.served(turk) as url:
        clock = Clock()
        clock.now = datetime.now(UTC)
        shop = make_shop(database, clients.connect(url, **wire.KEYS), url, clock, items=1, overlap=3)
        shop.caller = caller(shop.caller.client, clock)
        yield Stall(shop, turk)
    channel.caller_of.cache_clear()
    database.dispose()


def run(*words: str) -> dict[str, Any]:
    outcome = CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def test_what_was_handed_in_is_collected_and_paid(stall: Stall) -> None:
    (hit,) = stall.published()
    stall.work(hit, "AW1", "AW2")
    assert run("collect", "demo") == {
        "submissions": 2,
        "ended": 0,
        "failed": 0,
        "open": 1,
        "verdicts": {"accepted": 2},
    }
    assert stall.posted() == stall.turk.spent() > 0
    assert run("collect", "demo")["submissions"] == 0


def test_every_verdict_has_a_command(stall: Stall) -> None:
    stall.shop.world.configure(review="manual")
    (hit,) = stall.published()
    stall.work(hit, "AW1", "AW2", "AW3")
    assert run("collect", "demo")["verdicts"] == {}
    first, second, third = (str(page.id) for page in stall.assignments())
    assert run("mturk", "approve", "demo", first)["changed"] == 1
    assert run("mturk", "drop", "demo", second, "--reason", "careless")["changed"] == 1
    assert run("mturk", "reject", "demo", third, "--reason", "wrong")["calls"]["done"] == 1
    assert [task.status for task in stall.turk.tasks] == ["Approved", "Approved", "Rejected"]
    assert run("mturk", "override", "demo", third)["calls"]["done"] == 1
    for _ in range(2):
        assert run("mturk", "bonus", "demo", first, "0.50", "--reason", "thanks")["cost"] == "0.60"
    assert [paid.cents for paid in stall.turk.paid if paid.kind == "bonus"] == [50]
    assert stall.posted() == stall.turk.spent()
    stall.shop.world.sound()


def test_offers_end_letters_go_out_and_qualifications_have_ids(stall: Stall) -> None:
    (hit,) = stall.published()
    stall.work(hit, "AW1")
    run("collect", "demo")
    assert run("mturk", "notify", "demo", "AW1", "--subject", "Hi", "--text", "Thanks")["letters"] == 1
    assert run("mturk", "qualify", "demo", "was here")["id"] in stall.turk.skills
    assert run("mturk", "compensate", "demo", "AW7", "0.20", "--reason", "page broke")["new"] is True
    assert run("mturk", "expire", "demo", hit) == {
        "expired": 1,
        "calls": {"done": 1, "later": 0, "waiting": 0, "failed": 0, "busy": False},
    }
    stall.turk.forward(60)  # the fake's clock stands still by itself
    assert stall.turk.available(stall.turk.hits[hit]) == 0
    path = run("mturk", "notices", "demo")["path"]
    assert path.startswith(f"/mturk/notices/{stall.project_id}/")


def test_the_commands_of_the_page_on_hearing_from_endpoints_work(stall: Stall) -> None:
    stall.published()
    page = (ROOT / "docs/how-to/hear-from-an-endpoint.md").read_text()
    blocks = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).splitlines():
        run(*line.removeprefix("crowd ").replace(" pets", " demo", 1).split())
    told = [each.get("Notification", {}).get("Destination") for each in stall.turk.told]
    address = run("mturk", "notices", "demo")["path"]
    assert told == [
        "https://sqs.us-east-1.amazonaws.com/123456789012/pets",
        f"https://labels.example.org{address}",
        "arn:aws:sns:us-east-1:123456789012:pets",
        None,
    ]
    assert [each["Active"] for each in stall.turk.told] == [True, True, True, False]


def test_whoever_subscribes_before_the_first_hit_reads_that_it_will_be_told(stall: Stall) -> None:
    queue = "https://sqs.test/1/pets"
    told = run("mturk", "subscribe", "demo", "--queue", queue)
    assert told["hit_types"] == 0
    assert "those to come are subscribed" in told["later"]
    run("publish", "demo")
    assert "later" not in run("mturk", "subscribe", "demo", "--queue", queue)
    assert [each["Notification"]["Destination"] for each in stall.turk.told] == [queue]


@pytest.mark.parametrize("words", [(), ("--queue", "https://q/1", "--topic", "arn:x")])
def test_one_way_is_subscribed_at_a_time(stall: Stall, words: tuple[str, ...]) -> None:
    outcome = CliRunner().invoke(cli, ["mturk", "subscribe", "demo", *words])
    assert outcome.exit_code == 2
    assert "give one of --queue, --topic and --webhook" in outcome.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mturk", "bonus", "demo", "1", "0.005", "--reason", "x"), "no page 1"),
        (("mturk", "expire", "demo", "3HNONE"), "'3HNONE'"),
        (("mturk", "notify", "demo", "A1", "--subject", "x", "--text", "y"), "no worker 'A1'"),
        (("mturk", "reject", "demo", "9", "--reason", "x"), "no page 9"),
        (("collect", "nothing"), "nothing"),
    ],
)
def test_what_cannot_be_done_is_said(stall: Stall, words: tuple[str, ...], said: str) -> None:
    outcome = CliRunner().invoke(cli, list(words))
    assert outcome.exit_code != 0
    assert said in outcome.output
