"""The pages beside the API, the headers of everything, and what the log does not say."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

# What is checked here comes before any database.
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_a_page_is_whole_without_any_other_server(app, path):
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "://" not in answer.text.replace("http://localhost/", "")
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not {"'unsafe-inline'", "'unsafe-eval'", "https:"} & set(policy.replace(";", " ").split())


def test_the_reference_shows_every_operation_with_its_fields(app, operations):
    text = app.test_client().get("/api/docs").text
    for operation in operations:
        assert f'id="{operation.id}"' in text
        assert operation.about["summary"] in text.replace("&#39;", "'")
        for name in operation.example.body or ():
            assert f"<code>{name}</code>" in text


def test_the_style_sheet_is_there(app):
    with app.test_client().get("/static/crowd.css") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/css")


def test_health(app):
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_metrics_count_requests_and_what_waits(ann, pets, app):
    ann.post(f"/projects/{pets}/batches", {"size": 4})
    text = app.test_client().get("/metrics").text
    assert "crowd_open_answers 12.0" in text
    assert 'crowd_requests_total{endpoint="batches.create_batch",method="POST",status="201"} 1.0' in text
    app.test_client().open("/", method="INVENTED")
    assert "INVENTED" not in app.test_client().get("/metrics").text


def test_every_answer_carries_the_headers_that_protect_it(ann, app):
    for answer in (ann.get("/projects"), app.test_client().get("/"), app.test_client().get("/nowhere")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # A page has forms, and without a referrer a browser would not say that they are ours.
        hidden = "same-origin" if answer.mimetype == "text/html" else "no-referrer"
        assert answer.headers["Referrer-Policy"] == hidden
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_request_may_bring_its_own_id_but_not_a_forged_line(ann):
    assert ann.get("/projects", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    odd = ann.get("/projects", headers={"X-Request-Id": "a b=c"}).headers["X-Request-Id"]
    assert odd.isalnum()


def test_the_log_names_neither_tokens_nor_content(ann, invite, pets):
    ann.post(f"/projects/{pets}/batches", {"size": 8})
    with capture_logs() as lines:
        worker = invite("wim-the-secret")
        (project,) = worker.get("/work/projects").get_json()["projects"]
        page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
        worker.post(f"/work/pages/{page['token']}/renew")
        ann.get(f"/projects/{pets}/items/i5?after=x")
    text = str(lines)
    assert len(lines) == 5
    for secret in (ann.token, worker.token, page["token"], "wim-the-secret", "i5", "picture"):
        assert secret not in text
    assert "/api/v1/work/pages/<token>/renew" in text
