"""The commands on the page about two channels, run as they stand there while both kinds of people work."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from crowd import migrations
from crowd.channels.mturk import client as clients
from crowd.cli import cli
from crowd.clock import utc_now
from crowd.db import connect
from crowd.models import Project
from crowd.services.access import keys
from crowd.services.mturk import channel
from tests.fakes import wire
from tests.fakes.turk import Turk
from tests.integration.mturk.conftest import Shop, caller
from tests.integration.mturk.stall import Stall
from tests.integration.mturk.two_channels import Shared
from tests.integration.world import Clock, World

PAGE = (Path(__file__).parents[3] / "docs/how-to/use-two-channels.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NAMED = "http://127.0.0.1:8081/mturk"


@pytest.fixture
def turk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turk]:
    """An endpoint on a port of its own, for commands that run where the items lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROWD_DATABASE_URL", f"sqlite:///{tmp_path}/crowd.db")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    Path("items.csv").write_text("item,text\none,Broke after two days\ntwo,Fine and cheap\n")
    yield Turk(now=time.time())
    channel.caller_of.cache_clear()


def run(block: str, endpoint: str) -> str:
    """Run the commands of a block; return what they printed."""
    printed = []
    for line in block.replace("\\\n", " ").replace(NAMED, endpoint).splitlines():
        program, *words = shlex.split(line)
        assert program == "crowd"
        outcome = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert outcome.exit_code == 0, f"{line}\n{outcome.output}"
        printed.append(outcome.stdout)
    return "".join(printed)


def test_the_page_does_what_it_says(turk: Turk, tmp_path: Path) -> None:
    database, clock = connect(f"sqlite:///{tmp_path}/crowd.db"), Clock()
    migrations.upgrade(database)
    clock.now = utc_now()
    make, look, change = BLOCKS
    with wire.served(turk) as url:
        run(make, url)
        with database.write() as session:
            (project,) = session.scalars(select(Project))
            principal = keys.operator(keys.requester(session, "local", now=clock()))
            world = World(database, project.id, principal, clock)
        stall = Stall(Shop(world, caller(clients.connect(url), clock), clock), turk)
        shop = Shared(stall)
        assert shop.answer("ann", "positive") == shop.answer("bob", "negative") == 2
        assert "2 more on offer at $0.08 each" in run(look, url)
        for name in ("AW1", "AW2"):
            run(look, url)
            assert shop.work_there(name, "positive")
            shown = run(look, url)
        assert re.search(
            r"^pool +4 answers for \$0\.12, 0 more on offer at \$0\.03 each$", shown, re.MULTILINE
        )
        assert re.search(
            r"^mturk +4 answers for \$0\.32, 0 more on offer at \$0\.08 each$", shown, re.MULTILINE
        )
        world.sound()
        run(change, url)
    assert world.do(lambda _, p: (p.channels, p.endpoint)) == (("pool",), None)
    database.dispose()
