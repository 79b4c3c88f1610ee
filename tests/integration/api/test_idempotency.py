"""A request repeated under its Idempotency-Key gets the same reply, and does nothing more."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crowd.models import IdempotencyRecord, Item, LedgerEntry, Project

PETS = {"slug": "pets", "labels": ["cat", "dog"]}


def under(key: str) -> dict:
    return {"headers": {"Idempotency-Key": key}}


def count(database, model) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_repeat_gets_the_same_reply(ann, database):
    first, second = (ann.post("/projects", PETS, **under("k1")) for _ in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count(database, Project) == 1


def test_without_a_key_a_repeat_is_a_new_request(ann):
    assert ann.post("/projects", PETS).status_code == 201
    assert ann.post("/projects", PETS).status_code == 409


def test_money_is_reserved_once(ann, pets, database):
    body = {"size": 2, "random_share": 1.0}
    first, second = (ann.post(f"/projects/{pets}/batches", body, **under("spend")) for _ in range(2))
    assert first.status_code == 201
    assert first.data == second.data
    assert count(database, LedgerEntry) == 1


def test_another_request_under_the_same_key_is_refused(ann, pets):
    ann.post("/projects", PETS | {"slug": "a"}, **under("k"))
    other_body = ann.post("/projects", PETS | {"slug": "b"}, **under("k"))
    other_path = ann.post("/workers", PETS | {"slug": "a"}, **under("k"))
    assert other_body.status_code == 422
    assert other_body.get_json()["errors"][0]["where"] == "Idempotency-Key"
    assert other_path.status_code == 422


def test_another_query_is_another_request(ann, pets):
    body = {"labels": ["cat", "dog"], "predictions": [{"item": "i3", "probabilities": [0.5, 0.5]}]}
    assert ann.post(f"/projects/{pets}/predictions?model_version=1", body, **under("k")).status_code == 201
    assert ann.post(f"/projects/{pets}/predictions?model_version=2", body, **under("k")).status_code == 422


def test_keys_of_two_callers_do_not_meet(ann, bob):
    assert ann.post("/projects", PETS, **under("k")).status_code == 201
    assert bob.post("/projects", PETS | {"title": "Bob's"}, **under("k")).get_json()["title"] == "Bob's"


def test_a_failed_request_may_be_tried_again_under_its_key(ann, database):
    assert ann.post("/projects", PETS | {"labels": ["one"]}, **under("k")).status_code == 422
    assert ann.post("/projects", PETS, **under("k")).status_code == 201
    assert count(database, IdempotencyRecord) == 1


def test_simultaneous_repeats_act_once_and_hear_the_same(ann, database):
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: ann.post("/projects", PETS, **under("k")), range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.data for reply in replies}) == 1
    assert count(database, Project) == 1


def test_simultaneous_imports_store_every_item_once(ann, pets, database):
    body = {"items": [{"item": f"n{n}", "payload": {"n": n}} for n in range(50)]}
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: ann.post(f"/projects/{pets}/items", body, **under("k")), range(4)))
    assert {reply.data for reply in replies} == {replies[0].data}
    assert count(database, Item) == 60


def test_a_stored_reply_holds_no_secret(ann, database):
    first, second = (ann.post("/keys", {"label": "x", "scopes": ["read"]}, **under("k")) for _ in range(2))
    assert first.data == second.data
    with database.read() as session:
        stored = json.dumps(session.scalars(select(IdempotencyRecord)).one().body)
    assert first.get_json()["key"] not in stored
    assert first.get_json()["id"] not in stored


@pytest.mark.parametrize("unusable", ["", "x" * 256, "naïve", "tab\there"])
def test_an_unusable_key_is_refused(ann, unusable):
    answer = ann.post("/projects", PETS, **under(unusable))
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["where"] == "Idempotency-Key"
