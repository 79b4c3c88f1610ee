"""A broken import names the line and the field, and nothing of it is stored."""

from __future__ import annotations

import gzip

import pytest

CSV, LINES = "text/csv", "application/x-ndjson"
# These faults are found before anything is written.
on_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
BAD_ITEMS = {
    "a ragged row": (CSV, "item,text\na,x\nb\n", "line 3"),
    "a blank key": (CSV, "item,text\na,x\n,y\n", "line 3, field item"),
    "no key column": (CSV, "id,text\na,x\n", "line 1"),
    "a column twice": (CSV, "item,text,text\na,x,y\n", "line 1"),
    "semicolons": (CSV, "item;text\na;x\n", "line 1"),
    "another payload": (CSV, "item,text\na,x\nb,y\na,z\n", "line 4"),
    "an open quote": (CSV, 'item,text\na,x\nb,"y\n', "line 3"),
    "a header alone": (CSV, "item,text\n", "body.csv"),
    "nothing": (CSV, "", "body.csv"),
    "a NUL": (CSV, "item,text\na,x\nb,\0\n", "line 3"),
    "no text": (CSV, b"item,text\na,x\nb,\xff\n", "line 3"),
    "a stored item with other content": (CSV, "item,text\na,x\ni3,other\n", "line 3"),
    "no JSON": (LINES, '{"item": "a", "text": "x"}\n{"item": \n', "line 2"),
    "no object": (LINES, '{"item": "a", "text": "x"}\n[1]\n', "line 2"),
    "no key field": (LINES, '{"item": "a", "text": "x"}\n{"text": "y"}\n', "line 2"),
    "no number": (LINES, '{"item": "a", "x": 1}\n{"item": "b", "x": NaN}\n', "line 2"),
}
BAD_GOLD = {
    "a label outside the set": (CSV, "item,label\ni2,cat\ni3,cow\n", "line 3"),
    "an item that is not there": (CSV, "item,label\ni2,cat\nzz,cat\n", "line 3"),
    "a second label": (CSV, "item,label\ni2,cat\ni0,dog\n", "line 3"),
    "an unknown column": (CSV, "item,label,note\ni2,cat,x\n", "field note"),
    "a missing label": (LINES, '{"item": "i2", "label": "cat"}\n{"item": "i3"}\n', "line 2"),
}
BAD_PREDICTIONS = {
    "no probability": ("item,cat,dog\ni2,0.5,0.5\ni3,x,0.5\n", "line 3, field cat"),
    "NaN": ("item,cat,dog\ni2,0.5,0.5\ni3,nan,0.5\n", "line 3, field cat"),
    "negative": ("item,cat,dog\ni2,0.5,0.5\ni3,-0.5,1.5\n", "line 3, field cat"),
    "unnormalised": ("item,cat,dog\ni2,0.5,0.5\ni3,0.5,0.6\n", "line 3"),
    "an item twice": ("item,cat,dog\ni2,0.5,0.5\ni2,0.5,0.5\n", "line 3"),
    "an unknown label": ("item,cat,cow\ni2,0.5,0.5\n", "labels"),
    "an unknown item": ("item,cat,dog\ni2,0.5,0.5\nzz,0.5,0.5\n", "predictions"),
}


def send(caller, path: str, kind: str, body: str | bytes):
    data = body.encode() if isinstance(body, str) else body
    return caller("POST", path, data=data, content_type=kind)


def faulty(answer, where: str) -> None:
    assert answer.status_code == 422, answer.text
    places = [fault["where"] for fault in answer.get_json()["errors"]]
    assert any(where in place for place in places), places


@on_sqlite
@pytest.mark.parametrize("fault", BAD_ITEMS)
def test_broken_items(ann, pets, fault):
    kind, body, where = BAD_ITEMS[fault]
    before = ann.get(f"/projects/{pets}/items").data
    faulty(send(ann, f"/projects/{pets}/items", kind, body), where)
    assert ann.get(f"/projects/{pets}/items").data == before


@on_sqlite
@pytest.mark.parametrize("fault", BAD_GOLD)
def test_broken_gold(ann, pets, fault):
    kind, body, where = BAD_GOLD[fault]
    before = ann.get(f"/projects/{pets}/gold").data, ann.get(f"/projects/{pets}/items").data
    faulty(send(ann, f"/projects/{pets}/gold", kind, body), where)
    assert (ann.get(f"/projects/{pets}/gold").data, ann.get(f"/projects/{pets}/items").data) == before


@on_sqlite
@pytest.mark.parametrize("fault", BAD_PREDICTIONS)
def test_broken_predictions(ann, pets, fault):
    body, where = BAD_PREDICTIONS[fault]
    faulty(send(ann, f"/projects/{pets}/predictions?model_version=1", CSV, body), where)
    assert ann.get(f"/projects/{pets}/predictions").get_json()["predictions"] == []


def test_ragged_predictions_in_json(ann, pets):
    rows = [{"item": "i2", "probabilities": [0.5, 0.5]}, {"item": "i3", "probabilities": [1.0]}]
    answer = ann.post(
        f"/projects/{pets}/predictions?model_version=1", {"labels": ["cat", "dog"], "predictions": rows}
    )
    faulty(answer, "predictions[1].probabilities")


def test_the_same_import_twice_changes_nothing(ann, pets):
    body = "item,text\na,x\nb,y\n"
    assert send(ann, f"/projects/{pets}/items", CSV, body).get_json() == {"added": 2, "unchanged": 0}
    assert send(ann, f"/projects/{pets}/items", CSV, body).get_json() == {"added": 0, "unchanged": 2}


def test_a_compressed_import(ann, pets):
    body = gzip.compress(b"item,text\na,x\n")
    assert send(ann, f"/projects/{pets}/items", CSV, body).get_json()["added"] == 1


def test_a_small_import_that_unpacks_to_a_large_one_is_refused(ann, pets):
    body = gzip.compress(b"item,text\na," + b"x" * 2**21)
    assert send(ann, f"/projects/{pets}/items", CSV, body).status_code == 413


def test_what_a_payload_holds_comes_back_as_it_was(ann, pets):
    payload = {"text": "ünï", "n": 1, "x": 1.5, "none": None, "deep": {"list": [1, {"a": []}]}, "yes": True}
    assert (
        ann.post(f"/projects/{pets}/items", {"items": [{"item": "p", "payload": payload}]}).status_code == 201
    )
    assert ann.get(f"/projects/{pets}/items/p").get_json()["payload"] == payload
