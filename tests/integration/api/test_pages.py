"""Lists come in pages that neither skip nor repeat a row, whatever is added meanwhile."""

from __future__ import annotations

import json

import pytest

from crowd.services.reports import label_table


def walk(caller, path: str, noun: str, meanwhile=lambda: None, limit: int = 3) -> list[dict]:
    rows, after = [], ""
    while after is not None:
        answer = caller.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&after={after}")
        assert answer.status_code == 200, answer.text
        page = answer.get_json()
        assert len(page[noun]) <= limit
        rows, after = [*rows, *page[noun]], page["next"]
        meanwhile()
    return rows


def test_items_by_key_while_others_are_imported(ann, pets):
    names = iter([f"i{n}{mark}" for n in range(9) for mark in "ab"])

    def meanwhile():
        body = {"items": [{"item": next(names), "payload": {"x": 1}}]}
        assert ann.post(f"/projects/{pets}/items", body).status_code == 201

    found = [row["item"] for row in walk(ann, f"/projects/{pets}/items", "items", meanwhile)]
    assert found == sorted(set(found))
    assert {f"i{n}" for n in range(10)} <= set(found)


def test_gold_by_item(ann, pets):
    rows = walk(ann, f"/projects/{pets}/gold", "gold", limit=1)
    assert [(row["item"], row["label"]) for row in rows] == [("i0", "cat"), ("i1", "dog")]


def test_projects_by_slug(ann):
    for slug in ("c", "a", "d", "b", "e"):
        ann.post("/projects", {"slug": slug, "labels": ["x", "y"]})
    assert [row["slug"] for row in walk(ann, "/projects", "projects", limit=2)] == list("abcde")


def test_batches_newest_first_while_others_are_asked(ann, pets):
    def ask():
        ann.post(f"/projects/{pets}/batches", {"size": 1, "random_share": 1.0})

    for _ in range(4):
        ask()
    found = [row["id"] for row in walk(ann, f"/projects/{pets}/batches", "batches", ask, limit=2)]
    assert found == sorted(found, reverse=True)
    assert len(found) == 4


def test_items_of_a_batch_by_rank(ann, pets):
    batch = ann.post(f"/projects/{pets}/batches", {"size": 7}).get_json()
    rows = walk(ann, f"/projects/{pets}/batches/{batch['id']}", "items", limit=2)
    assert [row["rank"] for row in rows] == sorted({row["rank"] for row in rows})
    assert len(rows) == 7


def test_versions_of_models_newest_first(ann, pets):
    for version in "abc":
        body = {"labels": ["cat", "dog"], "predictions": [{"item": "i3", "probabilities": [0.5, 0.5]}]}
        ann.post(f"/projects/{pets}/predictions?model_version={version}", body)
    rows = walk(ann, f"/projects/{pets}/predictions", "predictions", limit=1)
    assert [row["model_version"] for row in rows] == ["c", "b", "a"]


def test_keys_newest_first(ann):
    for label in "abc":
        ann.post("/keys", {"label": label, "scopes": ["read"]})
    assert [row["label"] for row in walk(ann, "/keys", "keys", limit=2)] == ["c", "b", "a", "test"]


def test_versions_of_training_sets_newest_first(ann, pets):
    for name in "abc":
        assert ann.post(f"/projects/{pets}/training-sets", {"name": name}).status_code == 201
    rows = walk(ann, f"/projects/{pets}/training-sets", "versions", limit=2)
    assert [row["name"] for row in rows] == ["c", "b", "a"]


def answer_all(ann, worker, pets) -> None:
    (project,) = worker.get("/work/projects").get_json()["projects"]
    while (claimed := worker.post(f"/work/projects/{project['id']}/claim")).status_code == 200:
        page = claimed.get_json()
        answers = {question["name"]: "cat" for question in page["questions"]}
        assert worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers}).status_code == 200


def test_labels_stay_with_the_run_of_the_first_page(ann, invite, pets):
    ann.post(f"/projects/{pets}/batches", {"size": 8})
    answer_all(ann, invite("wim"), pets)
    run = ann.post(f"/projects/{pets}/consensus", {"method": "majority"}).get_json()
    first = ann.get(f"/projects/{pets}/labels?method=majority&limit=3").get_json()
    answer_all(ann, invite("kim"), pets)
    newer = ann.post(f"/projects/{pets}/consensus", {"method": "majority"}).get_json()
    second = ann.get(f"/projects/{pets}/labels?method=majority&limit=3&after={first['next']}").get_json()
    assert newer["id"] != run["id"]
    assert second["run"] == first["run"] == run
    assert ann.get(f"/projects/{pets}/labels?method=majority").get_json()["run"] == newer
    shown = [row["item"] for row in (*first["labels"], *second["labels"])]
    assert shown == sorted(set(shown))
    assert len(shown) == 6
    assert [row["provisional"] for row in second["labels"]] == [False] * 3
    also = ann.get(f"/projects/{pets}/labels?method=majority&provisional=true").get_json()["labels"]
    assert also == ann.get(f"/projects/{pets}/labels?method=majority").get_json()["labels"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=1.5", f"after={'x' * 600}"])
def test_a_bad_page_is_refused(ann, pets, query):
    assert ann.get(f"/projects/{pets}/items?{query}").status_code == 422


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²", "9" * 19])
def test_a_cursor_nobody_gave_is_refused(ann, pets, cursor):
    for noun in ("batches", "predictions", "training-sets", "labels"):
        answer = ann.get(f"/projects/{pets}/{noun}?after={cursor}")
        assert answer.status_code == 422, noun
        assert answer.get_json()["errors"][0]["where"] == "after"


def test_labels_as_a_table_are_the_labels_of_the_list(ann, pets, invite, monkeypatch):
    assert ann.get(f"/projects/{pets}/labels/table").status_code == 404
    ann.post(f"/projects/{pets}/batches", {"size": 8})
    answer_all(ann, invite("wim"), pets)
    ann.post(f"/projects/{pets}/consensus", {})
    monkeypatch.setattr(label_table, "PAGE", 2)
    listed = ann.get(f"/projects/{pets}/labels").get_json()["labels"]
    table = ann.get(f"/projects/{pets}/labels/table?format=jsonl")
    rows = [json.loads(line) for line in table.text.splitlines()]
    assert [(row["item"], row["label"], row["confidence"], row["answers"]) for row in rows] == [
        (said["item"], said["label"], said["confidence"], said["votes"]) for said in listed
    ]
    assert len(rows) > 2
    marked = ann.get(f"/projects/{pets}/labels/table?provisional=true")
    assert marked.text.splitlines()[0] == "item,label,confidence,answers,provisional"
    assert marked.headers["Content-Disposition"] == 'attachment; filename="pets-labels.csv"'
    assert len(marked.text.splitlines()) == len(rows) + 1
