"""The whole loop over HTTP: from items nobody has labeled to an exported training set."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from werkzeug.test import TestResponse

from crowd import migrations
from crowd.app import create_app
from crowd.db import Database, connect
from crowd.services.access import keys
from crowd.settings import Settings, new_secret

LABELS = ("cat", "dog", "owl")
ITEMS = {f"picture-{n:02}": LABELS[n % 3] for n in range(30)}
GOLD = {key: label for key, label in ITEMS.items() if key < "picture-06"}
PROJECT = {
    "slug": "animals",
    "title": "Which animal?",
    "labels": LABELS,
    "cap": "12.00",
    "price": "0.05",
    "overlap": 2,
    "max_overlap": 4,
    "confidence": 0.9,
    "hit_size": 5,
    "gold_share": 0.2,
    "batch_size": 16,
    "seed": 3,
    "method": "dawid-skene",
}
TRUTH = {f"{key}.jpg": label for key, label in ITEMS.items()}
WORKERS = ("ann", "ben", "cem", "dee", "eva")


class Web:
    """A client that speaks for one token."""

    def __init__(self, app: Any, token: str) -> None:
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, expect: int, **options: Any) -> TestResponse:
        answer = self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **options)
        assert answer.status_code == expect, answer.text
        return answer

    def json(self, method: str, path: str, expect: int, **options: Any) -> Any:
        return self(method, path, expect, **options).get_json()

    def send(self, path: str, data: str, content_type: str) -> Any:
        return self.json("POST", path, 201, data=data, content_type=content_type)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = connect(database_url)
    migrations.upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def app(database: Database) -> Any:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = iter(range(10**9))
    app = create_app(
        Settings(secret_key=new_secret()),
        database=database,
        clock=lambda: start + timedelta(milliseconds=next(ticks)),
    )
    app.config["TESTING"] = True
    return app


@pytest.fixture
def requester(app: Any, database: Database) -> Web:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def admin(session: Any) -> str:
        operator = keys.operator(keys.requester(session, "local", now=now))
        return keys.create(session, operator, label="first", scopes=["admin"], now=now)[1]

    return Web(app, database.transact(admin))


def as_csv(header: str, rows: dict[str, str]) -> str:
    return "\n".join([header, *(f"{key},{value}" for key, value in rows.items())])


def predictions() -> str:
    rng = np.random.default_rng(5)
    table = rng.dirichlet([1, 1, 1], len(ITEMS)).round(6)
    table[:, 2] = 1 - table[:, 0] - table[:, 1]
    lines = [",".join([key, *(f"{p:.6f}" for p in row)]) for key, row in zip(ITEMS, table, strict=True)]
    return "\n".join(["item,cat,dog,owl", *lines])


def work(worker: Web, project: int, rng: np.random.Generator) -> int:
    """Claim and submit one page as someone who is right nine times of ten; return how many answers."""
    answer = worker.client.post(f"/api/v1/work/projects/{project}/claim", headers=worker.headers)
    if answer.status_code == 204:
        return 0
    page = answer.get_json()
    said = {}
    for question in page["questions"]:
        truth = TRUTH[question["payload"]["file"]]
        said[question["name"]] = truth if rng.random() < 0.9 else str(rng.choice(LABELS))
    body = {"answers": said, "seconds": 12.5}
    receipt = worker.json("POST", f"/work/pages/{page['token']}/submit", 200, json=body)
    assert receipt["answers"] == len(page["questions"])
    return receipt["answers"]


def bring_in(web: Web) -> None:
    """Items as CSV and as JSON Lines, gold and predictions as CSV."""
    made = web.json("POST", "/projects", 201, json=PROJECT)
    assert (made["cap"], made["price"], made["held"]) == ("12.00", "0.05", "0.00")
    files = {key: f"{key}.jpg" for key in ITEMS}
    half = as_csv("item,file", dict(list(files.items())[:15]))
    assert web.send("/projects/animals/items", half, "text/csv") == {"added": 15, "unchanged": 0}
    lines = "\n".join(json.dumps({"item": key, "file": name}) for key, name in files.items())
    imported = web.send("/projects/animals/items", lines, "application/x-ndjson")
    assert imported == {"added": 15, "unchanged": 15}
    assert web.send("/projects/animals/gold", as_csv("item,label", GOLD), "text/csv")["added"] == 6
    web.send("/projects/animals/predictions?model_version=v1", predictions(), "text/csv")
    assert web.json("GET", "/projects/animals/predictions", 200)["predictions"][0]["model_version"] == "v1"


def ask(web: Web) -> None:
    """Ask about a batch chosen by margin; each item says why it was chosen."""
    batch = web.json("POST", "/projects/animals/batches", 201, json={"size": 12, "strategy": "margin"})
    assert (batch["size"], batch["answers"], batch["model_version"]) == (12, 24, "v1")
    shown = web.json("GET", f"/projects/animals/batches/{batch['id']}", 200)
    assert [row["rank"] for row in shown["items"]] == sorted(row["rank"] for row in shown["items"])
    assert all(row["reason"] for row in shown["items"])
    assert web.json("GET", "/projects/animals", 200)["held"] == "1.20"


def answer_everything(app: Any, web: Web) -> int:
    """Let people come and the loop turn until nothing is left to ask; return how many answers that took."""
    people = [Web(app, web.json("POST", "/workers", 201, json={"name": name})["token"]) for name in WORKERS]
    (open_project,) = people[0].json("GET", "/work/projects", 200)["projects"]
    rng = np.random.default_rng(11)
    answers = 0
    for _ in range(50):
        while got := sum(work(person, open_project["id"], rng) for person in people):
            answers += got
        if web.json("POST", "/projects/animals/step", 200)["idle"]:
            return answers
    pytest.fail("the loop did not come to rest")


def check_money(web: Web, answers: int) -> None:
    overview = web.json("GET", "/projects/animals/overview", 200)
    assert (overview["answers"], overview["open_answers"]) == (answers, 0)
    assert overview["items"].keys() <= {"settled", "given_up", "gold"}
    assert (overview["held"], Decimal(overview["spent"])) == ("0.00", answers * Decimal("0.05"))


def read_labels(web: Web) -> list[dict[str, Any]]:
    """Read labels page by page, with posterior, confidence and lineage."""
    labels, after = [], ""
    while after is not None:
        page = web.json("GET", f"/projects/animals/labels?lineage=true&limit=7&after={after}", 200)
        labels, after = [*labels, *page["labels"]], page["next"]
    assert [row["item"] for row in labels] == sorted(key for key in ITEMS if key not in GOLD)
    for row in labels:
        assert abs(sum(row["posterior"].values()) - 1) < 1e-6
        assert row["confidence"] == row["posterior"][row["label"]] == max(row["posterior"].values())
        assert row["votes"] == len(row["lineage"]) == len({said["worker"] for said in row["lineage"]})
    right = sum(row["label"] == ITEMS[row["item"]] for row in labels)
    assert right >= 20, f"{right} of 24 labels are right"
    return labels


def check_workers_and_runs(web: Web, labels: list[dict[str, Any]]) -> set[str]:
    known = {row["worker"]: row for row in web.json("GET", "/projects/animals/workers", 200)["workers"]}
    assert {row["name"] for row in known.values()} == set(WORKERS)
    assert web.json("GET", f"/projects/animals/items/{labels[0]['item']}", 200)["decision"]["reason"]
    majority = web.json("POST", "/projects/animals/consensus", 201, json={"method": "majority"})
    assert web.json("GET", "/projects/animals/labels?method=majority", 200)["run"] == majority
    return set(known)


def check_exports(web: Web, labels: list[dict[str, Any]], workers: set[str]) -> None:
    """Freeze a version and read it in all three formats, with the same content."""
    version = web.json("POST", "/projects/animals/training-sets", 201, json={"name": "first"})
    assert web.json("POST", "/projects/animals/training-sets", 201, json={"name": "first"}) == version
    assert (version["number"], version["size"]) == (1, len(ITEMS))
    where = "/projects/animals/training-sets/first/versions/1/export?format="
    rows = [json.loads(line) for line in web("GET", f"{where}jsonl", 200).text.splitlines()]
    assert {row["item"]: row["label"] for row in rows if row["source"] == "gold"} == GOLD
    by_item = {row["item"]: row for row in rows}
    for label in labels:
        row = by_item[label["item"]]
        assert (row["label"], row["confidence"]) == (label["label"], label["confidence"])
        assert row["answers"] == [said["answer"] for said in label["lineage"]]
        assert set(row["workers"]) <= workers
        assert row["payload"] == {"file": f"{row['item']}.jpg"}
    table = list(csv.DictReader(io.StringIO(web("GET", f"{where}csv", 200).text)))
    assert [(row["item"], row["label"], row["payload.file"]) for row in table] == [
        (row["item"], row["label"], row["payload"]["file"]) for row in rows
    ]
    parquet = pq.read_table(io.BytesIO(web("GET", f"{where}parquet", 200).data)).to_pylist()
    assert [row | {"payload": json.loads(row["payload"])} for row in parquet] == rows


def test_from_items_to_an_exported_training_set(app: Any, requester: Web):
    bring_in(requester)
    ask(requester)
    answers = answer_everything(app, requester)
    check_money(requester, answers)
    labels = read_labels(requester)
    workers = check_workers_and_runs(requester, labels)
    check_exports(requester, labels, workers)
