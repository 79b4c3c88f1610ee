"""`crowd mturk batch` and `crowd mturk layout`, as a requester types them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import select

from crowd.clock import utc_now
from crowd.models import Worker
from crowd.models.market import MarketHit
from crowd.services import roster
from crowd.services.market import work


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A page and a table."""
    page, table = tmp_path / "page.html", tmp_path / "rows.csv"
    page.write_text("<p>${text}</p><input name='label'>")
    table.write_text("text\nAT&T\n=2+2\n")
    return str(page), str(table)


def test_a_batch_goes_out_and_comes_home(crowd, told, database, files, tmp_path):
    told("mturk", "deposit", "10.00")
    posted = told("mturk", "batch", "upload", *files, "--title", "Label it", "--reward", "0.05")
    assert posted == {"batch": 1, "hits": 2, "rewards": "0.10"}
    with database.write() as session:
        requester_id = session.scalars(select(Worker.requester_id)).first() or 1
        wim = roster.arrival(session, requester_id, "pool", "wim", now=utc_now())
        for hit in session.scalars(select(MarketHit)).all():
            held = work.accept(session, wim, hit, now=utc_now())
            work.submit(session, held.external_id, [("label", "b")], now=utc_now())
    target = tmp_path / "results.csv"
    assert told("mturk", "batch", "download", 1, "-o", target) == {"batch": 1, "assignments": 2}
    with target.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["Input.text"], row["Answer.label"]) for row in rows] == [("AT&T", "b"), ("'=2+2", "b")]
    rows[0]["Approve"], rows[1]["Reject"] = "x", "Too quick"
    with target.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert told("mturk", "batch", "review", target) == {"approved": 1, "rejected": 1, "unchanged": 0}
    assert crowd("mturk", "batch", "list").stdout.splitlines()[-1].startswith("1      Label it  20")


def test_what_is_wrong_is_said_without_a_traceback(crowd, files):
    page, table = files
    poor = crowd("mturk", "batch", "upload", page, table, "--title", "T", "--reward", "0.05")
    assert poor.exit_code == 1
    assert "2 HITs cost more than the account's $0.00; crowd mturk deposit puts more in" in poor.stderr
    odd = crowd("mturk", "batch", "upload", page, table, "--title", "T", "--reward", "five")
    assert (odd.exit_code, "--reward" in odd.stderr) == (2, True)
    gone = crowd("mturk", "batch", "download", 7)
    assert (gone.exit_code, "there is no batch 7" in gone.stderr) == (1, True)


def test_a_layout_is_made_and_listed(crowd, told, files):
    made = told("mturk", "layout", "create", "label", files[0])
    assert (made["name"], made["parameters"]) == ("label", ["text"])
    (listed,) = told("mturk", "layout", "list")["layouts"]
    assert listed == {"layout": made["layout"], "name": "label", "parameters": "text"}
