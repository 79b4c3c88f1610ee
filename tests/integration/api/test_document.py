"""The OpenAPI document is valid, says what is true, and every schema that loads is an allow-list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

# What is checked here comes before any database.
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
IDS = {
    "item": "i3",
    "batch": "1",
    "worker": "w1",
    "group": "g",
    "name": "main",
    "version": "1",
    "key": "k",
    "access_key": "k",
    "token": "t",
    "rule": "r",
    "case": "1",
}


@pytest.fixture
def caller(ann, invite, pets):
    worker = invite("wim")
    return lambda operation: worker if operation.scope == "worker" else ann


def ids_for(operation) -> dict[str, str]:
    return {"project": "1" if operation.scope == "worker" else "pets", **IDS}


def refused(answer, name: str) -> None:
    assert answer.status_code == 422, answer.text
    assert [fault for fault in answer.get_json()["errors"] if fault["where"].endswith(name)], answer.text


def with_a_surprise(value: Any) -> Iterator[Any]:
    """Yield copies of a body, each with one field too many in one of its objects."""
    if isinstance(value, dict):
        yield value | {"surprise": 1}
        for name, inner in value.items():
            for changed in with_a_surprise(inner):
                yield value | {name: changed}
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            for changed in with_a_surprise(inner):
                yield [*value[:number], changed, *value[number + 1 :]]


def test_the_document_is_valid_openapi(document):
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_every_operation_has_an_example_and_says_what_it_does(operations):
    assert all(operation.example for operation in operations)
    assert all(operation.about["summary"].endswith((".", ".", "!")) for operation in operations)
    assert len({operation.id for operation in operations}) == len(operations) >= 35


def test_every_path_of_the_api_is_documented(app, operations):
    rules = {
        (rule.endpoint.split(".")[1], method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api-docs.openapi_json"
    }
    assert rules == {(operation.id, operation.method) for operation in operations}


def test_unknown_fields_of_a_body_are_refused_at_every_depth(caller, operations):
    checked = 0
    for operation in operations:
        free = {
            "import_items": "payload",
            "revise_instructions": "payload",
            "submit_page": "answers",
        }.get(operation.id, "nothing")
        for body in with_a_surprise(operation.example.body) if operation.example.body else ():
            rows = [*body.get("items", []), *body.get("examples", [])]
            if "surprise" in str(body.get(free) or [row.get(free) for row in rows if isinstance(row, dict)]):
                continue  # a payload is the requester's own
            answer = operation.call(caller(operation), ids_for(operation), json=body)
            refused(answer, "surprise")
            checked += 1
    assert checked >= 17


def test_unknown_names_in_a_query_are_refused_wherever_there_is_one(caller, operations):
    queried = [
        operation
        for operation in operations
        if any(parameter.get("in") == "query" for parameter in operation.about.get("parameters", ()))
    ]
    for operation in queried:
        path = operation.path.removeprefix("/api/v1").format(**ids_for(operation))
        glue = "&" if operation.example.query else "?"
        path += f"{operation.example.query}{glue}surprise=1"
        answer = caller(operation)(operation.method, path, json=operation.example.body)
        refused(answer, "surprise")
    assert len(queried) >= 12


@pytest.mark.parametrize(
    "name",
    ["id", "project_id", "requester_id", "state", "held", "spent", "created_at", "channel"],
)
def test_what_is_not_the_requesters_to_set_cannot_be_set(ann, pets, name):
    body = {"slug": "cars", "labels": ["a", "b"], name: "1"}
    refused(ann.post("/projects", body), name)
    refused(ann("PATCH", f"/projects/{pets}", json={name: "1"}), name)


def test_code_cannot_be_named_as_a_model(ann, pets):
    refused(ann("PATCH", f"/projects/{pets}", json={"model": "os:system"}), "model")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cap", 10),
        ("cap", 0.1),
        ("cap", "-1"),
        ("cap", "1e3"),
        ("cap", "0.0000001"),
        ("cap", "9999999999"),
        ("price", "NaN"),
        ("overlap", "3"),
        ("overlap", 2.5),
        ("overlap", True),
        ("overlap", 0),
        ("overlap", 10**30),
        ("confidence", "0.9"),
        ("confidence", 1),
        ("confidence", True),
        ("seed", 2**31),
        ("labels", ["only one"]),
        ("labels", ["twice", "twice"]),
        ("labels", ["", "b"]),
        ("labels", "ab"),
        ("slug", "Upper"),
        ("slug", "a\n"),
        ("slug", "a" * 64),
        ("method", "magic"),
        ("strategy", None),
        ("max_overlap", 1),
    ],
)
def test_a_bad_value_is_refused_by_name_and_nothing_is_made(ann, field, value):
    body = {"slug": "cars", "labels": ["a", "b"], "overlap": 2} | {field: value}
    answer = ann.post("/projects", body)
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["errors"][0]["where"]
    assert ann.get("/projects").get_json()["projects"] == []
