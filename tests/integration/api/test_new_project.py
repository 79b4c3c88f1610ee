"""A requester makes a project in the browser: its form, its items and gold, the first questions, labels."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import func, select

from crowd.models import Item, Project

FILLED = {
    "task_type": "choice",
    "title": "Is it a cat?",
    "labels": "cat\ndog",
    "overlap": "1",
    "hit_size": "3",
}
ITEMS = "item,text\n" + "".join(f'r{n},"picture {n}"\n' for n in range(6))


def file(text: str, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


@pytest.fixture
def ann_sees(browse):
    return browse()


@pytest.fixture
def made(ann_sees):
    ann_sees.sent("/new-project", **FILLED, slug="cats", price="0.05", cap="5")
    return "/projects/cats"


def invalid(page: str) -> set[str]:
    return set(re.findall(r'id="([\w-]+)"[^>]* aria-invalid="true"', page))


def test_every_kind_of_question_has_a_form(ann_sees):
    kinds = re.findall(r'href="(/new-project\?task_type=\w+)"', ann_sees.see("/new-project"))
    assert len(kinds) == 9
    for path in kinds:
        form = ann_sees.see(path)
        fields = re.findall(r'<(?:input|textarea|select)[^>]* id="([\w-]+)"', form)
        assert {"title", "slug", "overlap", "price", "cap"} < set(fields)
        assert all(f'for="{name}"' in form for name in fields)
        told = re.findall(r'aria-describedby="([\w -]+)"', form)
        assert all(f'id="{name}"' in form for names in told for name in names.split())


def test_a_project_is_made_with_the_defaults_of_the_api(ann_sees, ann):
    page = ann_sees.sent("/new-project", **FILLED, price="", cap="", slug="")
    assert "Bring your items in" in page
    got = ann.get("/projects/is-it-a-cat").get_json()
    body = {"slug": "other", "title": "Is it a cat?", "labels": ["cat", "dog"], "overlap": 1, "hit_size": 3}
    other = ann.post("/projects", body).get_json()
    apart = {"slug", "seed", "created_at"}
    assert {k: v for k, v in got.items() if k not in apart} == {
        k: v for k, v in other.items() if k not in apart
    }


def test_what_is_wrong_stands_at_its_field_in_the_words_of_the_api(ann_sees, ann, database):
    wrong = {"overlap": "0", "price": "5 cents", "cap": "1", "slug": "-", "labels": "cat", "confidence": "2"}
    answer = ann_sees.send("/new-project", **{**FILLED, **wrong})
    assert answer.status_code == 422
    assert invalid(answer.text) == {"overlap", "price", "slug", "confidence"}
    body = {"slug": "-", "labels": ["cat"], "overlap": 0, "price": "5 cents", "confidence": 2}
    for error in ann.post("/projects", body).get_json()["errors"]:
        assert error["message"].replace("'", "&#39;").replace('"', "&#34;") in answer.text
    assert all(f'value="{wrong[name]}"' in answer.text for name in ("overlap", "price", "slug", "confidence"))
    assert "<details open>" in answer.text
    # What the schema cannot see is found by the service.
    answer = ann_sees.send("/new-project", **{**FILLED, "labels": "cat"})
    assert (answer.status_code, invalid(answer.text)) == (422, {"labels"})
    assert "a choice needs at least 2 labels" in answer.text
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 0


def test_a_name_that_is_taken_is_told_at_its_field(ann_sees, made, database):
    answer = ann_sees.send("/new-project", **FILLED, slug="cats")
    assert (answer.status_code, invalid(answer.text)) == (409, {"slug"})
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 1


def test_a_file_is_taken_whole_or_not_at_all(ann_sees, made, database):
    bad = ITEMS + "r1,another\n"
    answer = ann_sees.send(f"{made}/items", file=file(bad, "C:\\my <b>pictures.csv"))
    assert answer.status_code == 422
    assert "my &lt;b&gt;pictures.csv line 8" in answer.text
    assert 'aria-invalid="true"' in answer.text
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0
    assert ann_sees.send(f"{made}/items").status_code == 422
    page = ann_sees.sent(f"{made}/items", file=file(ITEMS, "pictures.csv"))
    assert "6 rows added." in page
    lines = '{"item": "r5", "text": "picture 5"}\n{"item": "r6", "text": "picture 6"}\n'
    assert "1 row added, 1 there already." in ann_sees.sent(f"{made}/items", file=file(lines, "more.jsonl"))
    other = file("item,text\nr7,new\nr1,changed\n", "a.csv")
    assert "a.csv line 3" in ann_sees.send(f"{made}/items", file=other).text
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 7


def test_gold_is_taken_whole_or_not_at_all(ann_sees, made):
    ann_sees.sent(f"{made}/items", file=file(ITEMS, "pictures.csv"))
    wrong = ann_sees.send(f"{made}/gold", file=file("item,label\nr0,cat\nr1,fish\n", "gold.csv"))
    assert wrong.status_code == 422
    assert "gold.csv line 3" in wrong.text
    assert "6 items are here." in wrong.text
    page = ann_sees.sent(f"{made}/gold", file=file("item,label\nr0,cat\n", "gold.csv"))
    assert "6 items are here, 1 of them gold." in page


def test_more_than_the_server_takes_is_refused_in_a_sentence(ann_sees, made):
    assert "1 MiB at most" in ann_sees.see(f"{made}/items")
    claimed = {"CONTENT_LENGTH": str(2**20 + 1)}
    answer = ann_sees.client.post(f"{made}/items", data={}, environ_overrides=claimed)
    assert answer.status_code == 413
    assert "A file may hold 1 MiB at most; send it in parts." in answer.text


def test_from_the_form_to_labels_without_a_command(ann_sees, made, invite):
    ann_sees.sent(f"{made}/items", file=file(ITEMS, "pictures.csv"))
    assert "6 items wait to be asked about" in ann_sees.see(made)
    refused = ann_sees.send(f"{made}/batches", size="many")
    assert (refused.status_code, "whole number of items" in refused.text) == (422, True)
    page = ann_sees.sent(f"{made}/batches", size="3")
    assert "3 answers are on offer" in page
    worker = invite("Kim")
    (project,) = worker.get("/work/projects").get_json()["projects"]
    claimed = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in claimed["questions"]}
    worker.post(f"/work/pages/{claimed['token']}/submit", {"answers": answers})
    page = ann_sees.sent(f"{made}/step")
    assert "3 items settled" in page
    rows = list(csv.DictReader(io.StringIO(ann_sees.see("/api/v1/projects/cats/labels/table"))))
    assert {row["label"] for row in rows} == {"cat"}


def test_a_budget_that_pays_for_nothing_is_told_and_changed(ann_sees):
    ann_sees.sent("/new-project", **FILLED, slug="poor", price="0.05")
    ann_sees.sent("/projects/poor/items", file=file(ITEMS, "pictures.csv"))
    refused = ann_sees.send("/projects/poor/batches")
    assert (refused.status_code, "the budget does not cover one" in refused.text) == (409, True)
    assert ann_sees.send("/projects/poor/budget", cap="lots").status_code == 422
    assert "$1.00" in ann_sees.sent("/projects/poor/budget", cap="1")
    assert "on offer" in ann_sees.sent("/projects/poor/batches")
    assert ann_sees.send("/projects/poor/budget", cap="0").status_code == 409
