"""A filled form says what a request to the API would; every setting of every task type has its field."""

from __future__ import annotations

import re

import pytest

from crowd.api.project_settings import NewProject
from crowd.errors import Problem
from crowd.tables.items import read_items
from crowd.tables.source import Source
from crowd.task_types import TASK_TYPES
from crowd.web.console import project_form
from crowd.web.console.kinds import KINDS


def test_every_task_type_is_offered():
    assert set(KINDS) == set(TASK_TYPES)


@pytest.mark.parametrize("name", TASK_TYPES)
def test_every_option_of_a_type_has_its_field(name):
    (fault,) = [fault for fault in TASK_TYPES[name].faults({"?": 1}, ()) if fault.where == "?"]
    known = set(re.findall(r"\w+", fault.message.rpartition("there are ")[2]))
    asked = {option.name for option in KINDS[name].options}
    # Where every answer is one label, it is right or it is not.
    assert asked == (known - {"gold_score"} if TASK_TYPES[name].is_categorical else known)


@pytest.mark.parametrize("name", TASK_TYPES)
def test_the_form_as_it_comes_needs_a_question_and_labels_at_most(name):
    kind = TASK_TYPES[name]
    form = {**project_form.blank(KINDS[name]), "title": "What is it?"}
    form["labels"] = form["labels"] or "a\nb"
    body = NewProject().load(project_form.body(name, form))
    assert body["slug"] == "what-is-it"
    assert kind.faults(body.get("task_options", {}), body["labels"]) == []
    assert bool(body["labels"]) == kind.has_labels


@pytest.mark.parametrize("name", KINDS)
def test_the_file_that_is_shown_can_be_read_and_asked_about(name):
    ending = "jsonl" if KINDS[name].items.startswith("{") else "csv"
    rows = read_items(Source(f"shown.{ending}", KINDS[name].items.encode()))
    wanted = {"pairwise": ("left", "right"), "ranking": ("choices",), "spans": ("text",), "boxes": ("image",)}
    assert all(field in row.payload for row in rows for field in wanted.get(name, ()))


def test_what_is_blank_is_left_out_and_numbers_are_numbers():
    form = {"title": " Which? ", "slug": "s", "price": "0.05", "overlap": "2", "confidence": "0.9", "cap": ""}
    assert project_form.body("choice", {**form, "labels": "cat\r\n\r\n dog \r\n", "csrf": "x"}) == {
        "task_type": "choice",
        "title": "Which?",
        "slug": "s",
        "price": "0.05",
        "overlap": 2,
        "confidence": 0.9,
        "labels": ["cat", "dog"],
    }


def test_options_have_the_types_that_a_task_type_wants():
    filled = {"option-min": "0", "option-step": "0.5", "option-unit": "km", "option-max": "many"}
    options = project_form.body("number", filled)["task_options"]
    assert options == {"min": 0, "step": 0.5, "unit": "km", "max": "many"}
    assert project_form.body("spans", {})["task_options"] == {"overlap": False}


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Is this review positive?", "is-this-review-positive"),
        ("  Été à la plage ", "ete-a-la-plage"),
        ("何ですか", ""),
        ("word " * 30, "-".join(["word"] * 12)),
        ("x" * 80, "x" * 63),
    ],
)
def test_a_short_name_is_made_of_the_question(title, slug):
    assert project_form.slug_of(title) == slug


def test_what_is_wrong_stands_at_its_field_in_the_order_of_the_form():
    places = "seed", "price_micros", "task_options.min", "labels[1]", "label_details.cat.key", "text"
    order = project_form.names(KINDS["multilabel"])
    found = project_form.by_field((Problem(where, f"no {where}") for where in places), order)
    assert list(found.items()) == [
        ("labels", ["label 2: no labels[1]", "no label_details.cat.key"]),
        ("option-min", ["no task_options.min"]),
        ("instructions", ["no text"]),
        ("price", ["no price_micros"]),
        ("seed", ["no seed"]),
    ]
