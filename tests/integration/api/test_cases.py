"""Cases and appeals over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.models import Item, Project
from crowd.services import cases


@pytest.fixture
def rejected(ann, pets, invite, database, clock) -> tuple[Any, str]:
    """A worker whose page was rejected, and its token; beside it an item that is doubted."""
    ann("PATCH", f"/projects/{pets}", json={"review": "manual"})
    assert ann.post(f"/projects/{pets}/batches", {"size": 3}).status_code == 201
    worker = invite("wim")
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    assert worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers}).status_code == 200
    (waiting,) = ann.get(f"/projects/{pets}/reviews").get_json()["pages"]
    verdict = {"pages": [waiting["page"]], "verdict": "rejected", "reason": "careless"}
    assert ann.post(f"/projects/{pets}/reviews", verdict).get_json() == {"changed": 1}

    def doubt(session: Any) -> None:
        item = session.query(Item).filter_by(key="i5").one()
        row = session.get_one(Project, item.project_id)
        cases.open_case(session, row, "unsure", item_id=item.id, value=0.5, facts={"votes": 0}, now=clock())

    database.transact(doubt)
    return worker, page["token"]


def test_an_appeal_is_filed_read_and_upheld(ann, pets, rejected) -> None:
    worker, token = rejected
    (before,) = worker.get("/work/appeals").get_json()["appeals"]
    assert (before["what"], before["name"], before["kind"], before["text"]) == (
        "page",
        token,
        "rejected",
        None,
    )
    filed = worker.post("/work/appeals", {"what": "page", "name": token, "text": "Look again"})
    assert (filed.status_code, filed.get_json()["outcome"]) == (201, None)
    assert worker.post("/work/appeals", {"what": "page", "name": token, "text": "Please"}).status_code == 409

    first, second = ann.get(f"/projects/{pets}/cases").get_json()["cases"]
    assert (first["kind"], first["text"], second["kind"], second["item"]) == (
        "appeal",
        "Look again",
        "unsure",
        "i5",
    )
    seen = ann.get(f"/projects/{pets}/cases/{first['id']}").get_json()
    assert {said["value"] for said in seen["answers"]} == {"cat"}
    assert seen["outcomes"] == ["upheld", "declined"]
    ruling = {"outcome": "upheld", "note": "Sorry"}
    closed = ann.post(f"/projects/{pets}/cases/{first['id']}", ruling).get_json()
    assert (closed["state"], closed["outcome"]) == ("closed", "upheld")
    (after,) = worker.get("/work/appeals").get_json()["appeals"]
    assert (after["kind"], after["outcome"], after["note"]) == ("overturned", "upheld", "Sorry")
    assert ann.post(f"/projects/{pets}/cases/{first['id']}", ruling).status_code == 409


def test_a_label_given_over_http_settles_its_item(ann, pets, rejected) -> None:
    (doubt,) = ann.get(f"/projects/{pets}/cases?kind=unsure").get_json()["cases"]
    path = f"/projects/{pets}/cases/{doubt['id']}"
    assert ann.post(path, {"outcome": "labeled", "label": "fish"}).status_code == 422
    assert ann.post(path, {"outcome": "labeled", "label": "dog"}).get_json()["label"] == "dog"
    assert ann.get(f"/projects/{pets}/cases?kind=unsure").get_json()["cases"] == []
    assert ann.get(f"/projects/{pets}/items/i5").get_json()["state"] == "settled"
    (closed,) = ann.get(f"/projects/{pets}/cases?state=closed").get_json()["cases"]
    assert (closed["outcome"], closed["reviewer"].split(":")[0]) == ("labeled", "key")
