"""What is somebody else's looks exactly like what is not there."""

from __future__ import annotations

import re

import pytest

from crowd.models import Item, Project
from crowd.services import cases

# Ids that lead nowhere, of the same kind as those that lead to ann's.
ABSENT = {
    "project": "nowhere",
    "item": "nothing",
    "batch": "987654",
    "case": "987654",
    "rule": "nothing-to-rule",
    "worker": "wffffffffffff",
    "group": "nobodies",
    "name": "nameless",
    "version": "987654",
    "key": "ffffffffffff",
    "access_key": "AKCRFFFFFFFFFFFFFFFF",
    "token": "nnnnnnnnnnnnnnnnnnnnnn",
}


@pytest.fixture
def ids(ann, invite, pets, database, clock):
    """Ids of everything ann has."""
    worker = invite("wim")
    assert ann.post(f"/projects/{pets}/batches", {"size": 3}).status_code == 201
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    assert worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers}).status_code == 200
    assert ann.post(f"/projects/{pets}/consensus", {}).status_code == 201
    assert ann.post(f"/projects/{pets}/training-sets", {}).status_code == 201
    (known,) = ann.get(f"/projects/{pets}/workers").get_json()["workers"]
    assert ann("PUT", f"/groups/radiology/workers/{known['worker']}").status_code == 200
    return {
        "project": pets,
        "project number": str(project["id"]),
        "item": "i5",
        "batch": str(ann.get(f"/projects/{pets}/batches").get_json()["batches"][0]["id"]),
        "case": database.transact(lambda session: doubt(session, clock())),
        "rule": "most-of-the-work",
        "worker": known["worker"],
        "group": "radiology",
        "name": "main",
        "version": "1",
        "key": ann.get("/keys").get_json()["keys"][0]["id"],
        "access_key": ann.post("/mturk-keys", {"label": "x"}).get_json()["id"],
        "token": page["token"],
    }


def doubt(session, now):
    """Open a case about item i5; return its number."""
    item = session.query(Item).filter_by(key="i5").one()
    project = session.get_one(Project, item.project_id)
    return str(cases.open_case(session, project, "unsure", item_id=item.id, facts={"votes": 0}, now=now).id)


def named(operation):
    return re.findall(r"{(\w+)}", operation.path)


def blurred(answer, ids):
    """The answer with the ids it was asked for taken out."""
    text = answer.text
    for value in sorted(ids.values(), key=len, reverse=True):
        text = re.sub(rf"(?<![\w]){re.escape(value)}(?![\w])", "…", text)
    return answer.status_code, answer.content_type, text


def for_workers(ids):
    return {**ids, "project": ids.get("project number", "987654")}


def test_every_operation_with_an_id_has_an_absent_one(operations):
    assert {name for operation in operations for name in named(operation)} <= ABSENT.keys()


def test_another_requesters_ids_look_absent(bob, invite, operations, ids):
    stranger = invite("zoe", requester=bob)
    checked = 0
    for operation in operations:
        if not named(operation):
            continue
        worker = operation.scope == "worker"
        theirs, none = (for_workers(ids), for_workers(ABSENT)) if worker else (ids, ABSENT)
        caller = stranger if worker else bob
        foreign, absent = (blurred(operation.call(caller, chosen), chosen) for chosen in (theirs, none))
        assert foreign == absent, operation.id
        assert foreign[0] == 404, operation.id
        checked += 1
    assert checked >= 25


def test_ones_own_ids_do_not(ann, operations, ids):
    """The check above could pass because every call is wrong: with ann's key the same calls are right."""
    order = {"revoke_key": 2, "move_project": 1, "retire_rule": 1, "remove_member": 1, "erase_worker": 1}
    for operation in sorted(operations, key=lambda operation: order.get(operation.id, 0)):
        if operation.scope != "worker":
            answer = operation.call(ann, ids)
            assert answer.status_code in (200, 201), (operation.id, answer.text)


def test_rows_of_another_project_look_absent_too(ann, operations, ids):
    assert ann.post("/projects", {"slug": "cars", "labels": ["a", "b"]}).status_code == 201
    inside = [
        operation for operation in operations if set(named(operation)) & {"item", "batch", "case", "name"}
    ]
    assert len(inside) >= 6
    for operation in inside:
        foreign = operation.call(ann, {**ids, "project": "cars"})
        absent = operation.call(ann, {**ABSENT, "project": "cars"})
        assert blurred(foreign, ids) == blurred(absent, ABSENT), operation.id


def test_a_page_of_another_worker_looks_absent(invite, operations, ids):
    other = invite("kim")
    for operation in operations:
        if named(operation) == ["token"]:
            foreign, absent = operation.call(other, ids), operation.call(other, ABSENT)
            assert blurred(foreign, ids) == blurred(absent, ABSENT)
            assert foreign.status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775808", "1e3", "1%00", "x"])
def test_a_number_no_row_can_have_leads_nowhere(ann, pets, number):
    assert ann.get(f"/projects/{pets}/batches/{number}").status_code == 404


def test_a_nul_in_a_path_leads_nowhere(ann, pets):
    assert ann.get("/projects/pets%00").status_code == 404
    assert ann.get(f"/projects/{pets}/items/i1%00").status_code == 404
    assert ann.get(f"/projects/{pets}/items?after=i%00").status_code == 422


def test_keys_of_items_may_hold_slashes(ann, pets):
    body = {"items": [{"item": "a/b c/ü.jpg", "payload": {"x": 1}}]}
    assert ann.post(f"/projects/{pets}/items", body).status_code == 201
    assert ann.get(f"/projects/{pets}/items/a/b c/ü.jpg").get_json()["item"] == "a/b c/ü.jpg"
