"""Review, reserved items and the export of answers over HTTP."""

from __future__ import annotations

import csv
import io
import json

import pytest


@pytest.fixture
def reviewed(ann, invite, pets):
    """A project under manual review in which Wim has handed in a page of three."""
    assert ann("PATCH", f"/projects/{pets}", json={"review": "manual"}).status_code == 200
    assert ann.post(f"/projects/{pets}/batches", {"size": 3}).status_code == 201
    worker = invite("Wim")
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    sent = worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers})
    assert sent.status_code == 200
    return pets


def test_pages_are_listed_and_decided_in_bulk(ann, key, reviewed):
    path = f"/projects/{reviewed}/reviews"
    (page,) = ann.get(path).get_json()["pages"]
    assert (len(page["answers"]), page["amount"], page["state"]) == (3, "0.15", "pending")
    body = {"pages": [page["page"]], "verdict": "rejected"}
    assert ann.post(path, body).status_code == 422
    assert key("write").post(path, {**body, "reason": "r"}).status_code == 403
    assert ann.post(path, {**body, "reason": "r"}).get_json() == {"changed": 1}
    assert ann.post(path, {"pages": [page["page"]], "verdict": "accepted"}).status_code == 409
    assert ann.post(path, {"pages": [page["page"]], "verdict": "overturned"}).get_json() == {"changed": 1}
    assert ann.get(path).get_json()["pages"] == []
    assert len(ann.get(f"{path}?state=overturned").get_json()["pages"]) == 1
    assert ann.post(path, {"pages": [987654], "verdict": "accepted"}).status_code == 404


def test_an_item_is_kept_for_chosen_workers(ann, reviewed):
    names = [ann.post("/workers", {"name": name}).get_json()["worker"] for name in ("Ada", "Bea", "Cleo")]
    path = f"/projects/{reviewed}/items/i5/reservations"
    assert ann.post(path, {"workers": names[:1]}).status_code == 422
    assert ann.post(path, {"workers": names}).get_json() == {"item": "i5", "workers": sorted(names)}
    assert ann.post(path, {"workers": []}).get_json() == {"item": "i5", "workers": []}
    assert ann.post(path, {"workers": ["wffffffffffff"]}).status_code == 404


def test_answers_are_a_table_that_can_be_aggregated(ann, reviewed):
    answer = ann.get(f"/projects/{reviewed}/answers")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert (answer.mimetype, len(rows)) == ("text/csv", 3)
    assert {row["label"] for row in rows} == {"cat"}
    assert "Wim" not in answer.text
    lines = ann.get(f"/projects/{reviewed}/answers?format=jsonl&counted=true").text.splitlines()
    assert all(json.loads(line)["gold"] is False for line in lines)
