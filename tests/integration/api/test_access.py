"""Who may call what: keys, scopes, keys for one project, and what is somebody else's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from crowd.models import ApiKey

SCOPES = ("read", "write", "spend")


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    return answer.get_json()


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "Bearer cw_123_x", "Bearer cww_a_b"],
)
def test_without_a_good_key_nobody_enters(app, operations, header):
    headers = {} if header is None else {"Authorization": header}
    for operation in operations:
        path = re.sub(r"{(\w+)}", "1", operation.path)
        answer = app.test_client().open(path, method=operation.method, headers=headers)
        assert problem(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_a_worker_is_no_key_and_a_key_no_token(ann, invite):
    assert invite("wim").get("/projects").status_code == 401
    assert ann.get("/work/projects").status_code == 401


def test_a_revoked_key_ends_at_once(ann, key):
    reader = key("read")
    (row,) = [row for row in ann.get("/keys").get_json()["keys"] if row["scopes"] == ["read"]]
    assert reader.get("/projects").status_code == 200
    assert ann("DELETE", f"/keys/{row['id']}").status_code == 200
    assert reader.get("/projects").status_code == 401
    assert ann("DELETE", f"/keys/{row['id']}").get_json()["revoked_at"]


def test_a_key_expires(key, clock):
    reader = key("read", expires_at=clock() + timedelta(hours=1))
    assert reader.get("/projects").status_code == 200
    clock.advance(3600)
    assert reader.get("/projects").status_code == 401


def test_an_expiry_in_the_request_is_kept(ann, clock):
    body = {"label": "short", "scopes": ["read"], "expires_at": "2026-01-01T01:00:00+01:00"}
    assert ann.post("/keys", body).get_json()["expires_at"] == "2026-01-01T00:00:00+00:00"


def test_each_operation_takes_its_own_scope_and_no_other(key, pets, operations):
    holders = {scope: key(scope) for scope in SCOPES}
    ids = {
        "project": pets,
        "item": "i3",
        "batch": 1,
        "worker": "w1",
        "group": "g",
        "name": "main",
        "version": 1,
        "key": "k",
        "access_key": "k",
        "rule": "r",
        "case": 1,
    }
    for operation in operations:
        if operation.scope == "worker":
            continue
        refused = {
            scope for scope, holder in holders.items() if operation.call(holder, ids).status_code == 403
        }
        assert refused == set(SCOPES) - {operation.scope}, operation.id


def test_money_needs_its_own_scope(operations):
    assert {operation.id for operation in operations if operation.scope == "spend"} == {
        "create_batch",
        "decide_case",
        "set_budget",
        "review_pages",
        "step",
    }


def test_reading_changes_nothing(operations):
    others = {each.id for each in operations if each.scope == "read" and each.method != "GET"}
    assert others == {"try_rule"}  # which tells what a rule would do; it is too long for an address


def test_the_last_use_of_a_key_is_noted_now_and_then(key, database, clock):
    reader = key("read")
    reader.get("/projects")
    first = clock()
    clock.advance(60)
    reader.get("/projects")
    with database.read() as session:
        assert session.scalars(select(ApiKey.last_used_at)).all() == [first]
    clock.advance(3600)
    reader.get("/projects")
    with database.read() as session:
        assert session.scalars(select(ApiKey.last_used_at)).all() == [clock()]


def test_a_key_for_one_project_sees_no_other(ann, key, pets):
    assert ann.post("/projects", {"slug": "cars", "labels": ["a", "b"]}).status_code == 201
    bound = key(project=pets)
    assert [row["slug"] for row in bound.get("/projects").get_json()["projects"]] == [pets]
    assert bound.get("/projects/cars").get_json() == key(requester="bob").get("/projects/cars").get_json()
    assert bound.post("/keys", {"label": "x", "scopes": ["read"], "project": "cars"}).status_code == 404


def test_a_key_for_one_project_reaches_nothing_beyond_it(ann, key, pets):
    bound, everything = key(project=pets), ann.get("/keys").get_json()["keys"]
    assert problem(bound.post("/projects", {"slug": "cars", "labels": ["a", "b"]}), 403)
    assert problem(bound.post("/workers", {"name": "wim"}), 403)
    assert len(bound.get("/keys").get_json()["keys"]) == 1
    assert bound("DELETE", f"/keys/{everything[-1]['id']}").status_code == 404
    made = bound.post("/keys", {"label": "child", "scopes": ["admin"]}).get_json()["key"]
    child = type(bound)(bound.app, made)
    assert [row["slug"] for row in child.get("/projects").get_json()["projects"]] == [pets]


def test_a_key_never_comes_back(ann):
    made = ann.post("/keys", {"label": "once", "scopes": ["read"]}).get_json()
    secret = made["key"].rsplit("_", 1)[1]
    assert secret not in ann.get("/keys").text
