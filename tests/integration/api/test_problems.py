"""Every error is a problem (RFC 9457), also those of Flask itself."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

# What is checked here comes before any database.
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
PROBLEM = {"type", "title", "status"}


def is_problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert body.keys() >= PROBLEM
    assert body["status"] == status
    assert answer.headers["X-Request-Id"]
    return body


def test_an_unknown_path(ann, app):
    is_problem(app.test_client().get("/nowhere"), 404)
    assert "/api/docs" in is_problem(ann.get("/nowhere"), 404)["detail"]


def test_a_person_who_browses_gets_a_page_and_a_program_does_not(app):
    client, browser = app.test_client(), {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = client.get("/nowhere", headers=browser)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "not here" in page.text
    assert client.delete("/api/docs", headers=browser).headers["Allow"]
    is_problem(client.get("/nowhere", headers={"Accept": "*/*"}), 404)
    is_problem(client.get("/api/v1/nowhere", headers=browser), 404)


def test_a_method_that_is_not_allowed_names_those_that_are(ann):
    answer = ann("DELETE", "/projects")
    is_problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": 1, "a": 2}', b'"\xff"', b"[" * 100_000, b'"\\ud800"'],
)
def test_what_is_not_json(ann, body):
    answer = ann("POST", "/projects", data=body, content_type="application/json")
    assert "JSON" in is_problem(answer, 400)["detail"] or "nested" in answer.text


def test_a_nul_is_not_stored(ann):
    body = b'{"slug": "a", "labels": ["x", "y"], "title": "a\\u0000b"}'
    is_problem(ann("POST", "/projects", data=body, content_type="application/json"), 400)
    fine = b'{"slug": "a", "labels": ["x", "y"], "title": "a\\\\u0000b"}'
    answer = ann("POST", "/projects", data=fine, content_type="application/json")
    assert answer.get_json()["title"] == r"a\u0000b"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", None])
def test_a_media_type_nobody_asked_for(ann, pets, kind):
    is_problem(ann("POST", "/projects", data=b"slug=a", content_type=kind), 415)
    is_problem(ann("POST", f"/projects/{pets}/items", data=b"item,x\n1,2", content_type=kind), 415)


def test_predictions_do_not_come_as_json_lines(ann, pets):
    answer = ann(
        "POST",
        f"/projects/{pets}/predictions?model_version=1",
        data=b"{}",
        content_type="application/x-ndjson",
    )
    is_problem(answer, 415)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_json_that_is_no_object(ann, pets, body):
    for path in ("/projects", f"/projects/{pets}/items"):
        told = is_problem(ann("POST", path, data=body, content_type="application/json"), 422)["title"]
        assert told.startswith("must be a JSON object: {")


def test_a_body_that_is_too_large(ann, pets):
    body = b"item,text\n1," + b"x" * 2**20
    is_problem(ann("POST", f"/projects/{pets}/items", data=body, content_type="text/csv"), 413)


def test_a_batch_that_the_budget_does_not_cover(ann, pets):
    assert ann("PUT", f"/projects/{pets}/budget", json={"cap": "0.10"}).status_code == 200
    is_problem(ann.post(f"/projects/{pets}/batches", {}), 409)


def test_places_of_faults_are_named(ann, pets):
    rows = [
        {"item": "a", "payload": {"x": 1}},
        {"item": "b", "payload": {}},
        {"item": 3, "payload": {"x": 1}},
    ]
    body = is_problem(ann.post(f"/projects/{pets}/items", {"items": rows}), 422)
    assert [fault["where"] for fault in body["errors"]] == ["items[1].payload", "items[2].item"]


@pytest.fixture
def broken(app: Flask):
    def fail() -> None:
        raise RuntimeError("a secret detail")

    def timeout() -> None:
        raise OperationalError("SELECT secret", {}, Exception("canceling statement"))

    app.config["TESTING"] = False
    app.add_url_rule("/broken", view_func=fail)
    app.add_url_rule("/slow", view_func=timeout)
    return app.test_client()


def test_a_fault_of_ours_is_logged_and_not_shown(broken):
    with capture_logs() as logs:
        answer = broken.get("/broken")
    body = is_problem(answer, 500)
    assert "secret" not in answer.text
    assert "X-Request-Id" in body["detail"]
    assert any("a secret detail" in str(line.get("exc_info")) for line in logs)


def test_a_database_that_does_not_answer(broken):
    answer = broken.get("/slow")
    is_problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert "secret" not in answer.text
