"""Timesheet, payouts and ledger over HTTP and on the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest


@pytest.fixture
def worked(ann, invite, pets, clock):
    """A project in which somebody has handed in a page of three that took a minute."""
    worker = invite("Wim")
    assert ann.post(f"/projects/{pets}/batches", {"size": 3}).status_code == 201
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    clock.advance(60)
    answers = {question["name"]: "cat" for question in page["questions"]}
    sent = worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers, "seconds": 60})
    assert sent.status_code == 200
    return pets


def table(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_timesheet_is_a_table_by_worker_and_day(ann, worked):
    (row,) = table(ann.get(f"/projects/{worked}/timesheet"))
    assert (row["day"], row["pages"], row["answers"], row["active_hours"]) == (
        "2026-01-01",
        "1",
        "3",
        "0.0167",
    )
    assert (row["due"], row["paid"]) == ("0.15", "0.00")
    assert table(ann.get(f"/projects/{worked}/timesheet?from=2026-01-02")) == []
    lines = ann.get(f"/projects/{worked}/timesheet?format=jsonl").text.splitlines()
    assert json.loads(lines[0])["due"] == "0.15"
    assert ann.get(f"/projects/{worked}/timesheet?from=yesterday").status_code == 422


def test_payouts_span_what_the_key_may_see(ann, bob, key, worked):
    assert ann.post("/projects", {"slug": "cars", "labels": ["a", "b"]}).status_code == 201
    (row,) = table(ann.get("/payouts"))
    assert "name" not in row
    (named,) = table(ann.get("/payouts?names=true&project=pets"))
    assert named["name"] == "Wim"
    assert table(ann.get("/payouts?project=cars")) == table(bob.get("/payouts")) == []
    narrow = key("read", project="cars")
    assert table(narrow.get("/payouts")) == []
    assert narrow.get("/payouts?names=true").status_code == 403
    assert narrow.get("/payouts?project=pets").status_code == 404


def test_the_ledger_is_listed_page_by_page(ann, worked):
    assert ann.post(f"/projects/{worked}/step").status_code in (200, 201)
    first = ann.get(f"/projects/{worked}/ledger?limit=1").get_json()
    assert (first["entries"][0]["kind"], first["entries"][0]["amount"]) == ("reserve", "0.45")
    rest = ann.get(f"/projects/{worked}/ledger?after={first['next']}").get_json()
    assert first["entries"][0]["id"] not in [entry["id"] for entry in rest["entries"]]


def test_the_overview_says_nothing_of_pay_before_five_pages(ann, worked):
    assert ann.get(f"/projects/{worked}/overview").get_json()["fair_pay"] is None
