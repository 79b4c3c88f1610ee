"""The pages of requesters: what they show, what their forms do, and whom they let in."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.integration.api.desk import ORIGIN, Browser


@pytest.fixture
def ann_sees(browse, pets):
    return browse()


@pytest.fixture
def wim(ann, pets):
    return ann.post("/workers", {"name": "Wim"}).get_json()["worker"]


def test_who_is_not_signed_in_sees_what_this_is_and_is_asked_for_a_key(app, pets):
    stranger = Browser(app.test_client())
    assert "Trustworthy training labels" in stranger.see("/")
    for path in ("/projects/pets", "/projects/pets/workers", "/workers"):
        answer = stranger.client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/signin?next={path}")
    assert "Unknown API key." in stranger.send("/signin", key="cw_0_x").text
    assert stranger.send("/signin", key="").status_code == 401


def test_a_workers_session_opens_no_page_of_requesters(app, ann, pets):
    token = ann.post("/workers", {"name": "Wim"}).get_json()["token"]
    worker = Browser(app.test_client())
    assert worker.send(f"/work/enter/{token}", page=f"/work/enter/{token}").status_code == 303
    assert worker.client.get("/workers").status_code == 303
    assert "Trustworthy training labels" in worker.see("/")


def test_signing_in_goes_on_to_a_page_of_ours_only(app, key, pets):
    for wanted, reached in (
        ("/projects/pets", "/projects/pets"),
        ("//evil.example", "/"),
        ("https://x", "/"),
    ):
        browser = Browser(app.test_client())
        assert browser.send("/signin", key=key().token, next=wanted).headers["Location"] == reached


def test_projects_with_their_progress(ann_sees):
    page = ann_sees.see("/")
    assert 'href="/projects/pets"' in page
    assert "0 of 8" in page  # gold is not counted
    project = ann_sees.see("/projects/pets")
    assert "0 of 8 items are done" in project
    assert "$10.00" in project


def test_what_can_be_taken_away_is_linked(ann_sees, ann, pets):
    assert "Labels (CSV)" not in ann_sees.see(f"/projects/{pets}")
    assert ann.post(f"/projects/{pets}/consensus", {}).status_code == 201
    page = ann_sees.see(f"/projects/{pets}")
    for path in (f"/api/v1/projects/{pets}/labels/table", f"/api/v1/projects/{pets}/answers"):
        assert f'href="{path}"' in page
        assert ann_sees.see(path).startswith("item,")


def test_the_newest_training_set_can_be_taken_away(ann_sees, ann, pets):
    assert "Training set" not in ann_sees.see(f"/projects/{pets}")
    assert ann.post(f"/projects/{pets}/training-sets", {}).status_code == 201
    link = f"/api/v1/projects/{pets}/training-sets/main/versions/1/export?format=csv"
    assert f'href="{link}"' in ann_sees.see(f"/projects/{pets}")
    assert ann_sees.see(link).startswith("item,label,confidence,source")


def test_a_project_says_what_comes_next(ann_sees, ann, pets):
    assert ann.post("/projects", {"slug": "bare", "labels": ["a", "b"], "cap": "1"}).status_code == 201
    assert 'href="/projects/bare/items">Bring them in' in ann_sees.see("/projects/bare")
    waiting = ann_sees.see(f"/projects/{pets}")
    assert "8 items wait to be asked about" in waiting
    assert f'action="/projects/{pets}/batches"' in waiting


def test_what_is_not_there_is_told_in_a_sentence(ann_sees):
    assert "No project &#39;nope&#39;.</p>" in ann_sees.see("/projects/nope", status=404)


def test_a_project_is_paused_resumed_and_closed(ann_sees):
    assert "paused" in ann_sees.sent("/projects/pets/state", state="paused")
    assert "active" in ann_sees.sent("/projects/pets/state", state="active")
    assert "closed" in ann_sees.sent("/projects/pets/state", state="closed")
    assert ann_sees.send("/projects/pets/state", state="lost").status_code == 409


def test_instructions_are_previewed_and_then_put_in_force(ann_sees):
    draft = ann_sees.send("/projects/pets/preview", text="Look <b>twice</b>.")
    assert (draft.status_code, draft.mimetype) == (200, "text/html")
    assert "picture 2" in draft.text
    assert "sandbox" in draft.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in draft.headers["Content-Security-Policy"]
    assert "twice" not in ann_sees.see("/projects/pets")
    page = ann_sees.sent("/projects/pets/instructions", text="Look <b>twice</b>.\r\nThen answer.")
    assert "Look &lt;b&gt;twice&lt;/b&gt;.\nThen answer." in page
    assert "Version 2" in page


def test_a_template_is_tried_before_it_is_in_force(ann_sees):
    good = "<b>{{ payload.text }}</b> of mine {{ answer() }}"
    assert "of mine" in ann_sees.send("/projects/pets/preview", text="", template=good).text
    for wrong in ("{{ payload.text }}", "{% if %}", "{{ payload.nothing.at.all }}{{ answer() }}"):
        shown = ann_sees.send("/projects/pets/preview", text="", template=wrong)
        assert "The template cannot be used" in shown.text, wrong
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    refused = ann_sees.send("/projects/pets/instructions", text="mine", template="{% if %}")
    assert (refused.status_code, "{% if %}" in refused.text, "mine" in refused.text) == (422, True, True)


def test_gold_is_never_in_the_preview(ann_sees):
    frame = ann_sees.client.get("/projects/pets/preview").text
    assert "picture 2" in frame
    assert "picture 0" not in frame
    assert "picture 1" not in frame


def test_one_is_invited_or_many_and_links_are_shown_once(ann_sees):
    page = ann_sees.sent("/workers", name="Ada", groups="radiology seniors")
    (link,) = re.findall(r"http://localhost(/work/invitations/[\w.-]+)", page)
    assert "Ada" in ann_sees.see(link)
    assert link not in ann_sees.see("/workers")
    table = io.BytesIO(b"name,groups\nBea,radiology\n<i>Cleo</i>,\n")
    page = ann_sees.sent("/workers", file=(table, "people.csv"))
    assert len(re.findall(r"/work/invitations/", page)) == 2
    assert "&lt;i&gt;Cleo&lt;/i&gt;" in page
    again = ann_sees.send("/workers", file=(io.BytesIO(b"name\nDora\nAda\n"), "people.csv"))
    assert (again.status_code, "people.csv line 3" in again.text) == (422, True)
    assert "Dora" not in ann_sees.see("/workers")
    assert ann_sees.send("/workers", name=" ").status_code == 422


def test_a_worker_is_described_written_to_and_kept_out(ann_sees, wim):
    here = f"/workers/{wim}"
    assert "0.90" in ann_sees.sent(f"{here}/skill", name="german", value="0.9", note="Goethe C1")
    assert "radiology" in ann_sees.sent(f"{here}/groups", group="radiology", do="join")
    assert 'value="radiology"' not in ann_sees.sent(f"{here}/groups", group="radiology", do="leave")
    assert "Well &lt;done&gt;" in ann_sees.sent(f"{here}/message", text="Well <done>")
    page = ann_sees.sent(f"{here}/restrict", kind="banned", reason="sold the account", days="")
    assert "in all projects: sold the account" in page
    assert "Nothing keeps this worker out" in ann_sees.sent(f"{here}/lift")
    assert "/work/invitations/" in ann_sees.sent(f"{here}/link")
    for bad in (
        {"kind": "x", "reason": "r"},
        {"kind": "banned"},
        {"kind": "banned", "reason": "r", "days": "-1"},
    ):
        assert ann_sees.send(f"{here}/restrict", **bad).status_code == 422


def test_why_somebody_gets_no_work_is_told(ann_sees, wim):
    assert "Nothing keeps" in ann_sees.see(f"/projects/pets/workers?why={wim}")
    ann_sees.sent(f"/workers/{wim}/restrict", kind="paused", reason="holiday", days="3")
    page = ann_sees.see(f"/projects/pets/workers?why={wim}")
    assert "the worker is paused in all projects until 2026-01-04" in page
    assert "No worker" in ann_sees.see("/projects/pets/workers?why=w0", status=404)


def test_those_who_answered_are_kept_out_of_a_project_and_let_in(ann_sees, ann, invite, pets):
    worker = invite("Kim")
    ann.post(f"/projects/{pets}/batches", {"size": 3})
    (project,) = worker.get("/work/projects").get_json()["projects"]
    page = worker.post(f"/work/projects/{project['id']}/claim").get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers})
    team = ann_sees.see("/projects/pets/workers")
    (kim,) = set(re.findall(r"/workers/(w[0-9a-f]{12})", team))
    shown = ann_sees.sent(
        f"/projects/pets/workers/{kim}/restrict", kind="suspended", reason="too fast", days="7"
    )
    assert 'Suspended: too fast, until <time datetime="2026-01-08' in shown
    assert "Suspended" not in ann_sees.sent(f"/projects/pets/workers/{kim}/lift")
    ann_sees.sent(f"/projects/pets/workers/{kim}/restrict", kind="banned", reason="copies", exclude="1")
    rows = csv.DictReader(io.StringIO(ann_sees.see("/api/v1/projects/pets/answers")))
    assert {row["excluded"].lower() for row in rows} == {"true"}


def test_an_erasure_has_to_be_typed(ann_sees, browse, wim):
    assert ann_sees.send(f"/workers/{wim}/erase", confirm="yes").status_code == 422
    assert browse("write").send(f"/workers/{wim}/erase", confirm=wim).status_code == 403
    page = ann_sees.sent(f"/workers/{wim}/erase", confirm=wim)
    assert "Wim" not in page
    assert "Forget who this is" not in page


def test_scopes_and_owners_hold_on_pages_too(browse, ann_sees, wim):
    reader = browse("read")
    assert "0 of 8" in reader.see("/projects/pets")
    for path in ("/projects/pets/state", "/projects/pets/instructions", "/workers", f"/workers/{wim}/lift"):
        assert reader.send(path).status_code == 403, path
    bob = browse(requester="bob")
    for path in ("/projects/pets", "/projects/pets/workers", f"/workers/{wim}", "/projects/pets/preview"):
        bob_sees = bob.client.get(path)
        absent = bob.client.get(path.replace("pets", "nowhere").replace(wim, "wffffffffffff"))
        assert (bob_sees.status_code, absent.status_code) == (404, 404), path
    narrow = browse("read", "write", project="pets")
    assert narrow.client.get("/workers").status_code == 403
    assert narrow.send(f"/workers/{wim}/restrict", kind="banned", reason="r").status_code == 403


def test_a_form_from_elsewhere_changes_nothing(ann_sees):
    evil = {"Origin": "https://evil.example"}
    csrf = re.search(r'name="csrf" value="(\w+)"', ann_sees.see("/")).group(1)
    for data, headers in (
        ({"csrf": csrf}, evil),
        ({"csrf": csrf}, {}),
        ({}, ORIGIN),
        ({"csrf": "0" * 64}, ORIGIN),
    ):
        sent = ann_sees.client.post("/projects/pets/state", data={"state": "closed", **data}, headers=headers)
        assert sent.status_code == 403
    assert "active" in ann_sees.see("/projects/pets")


def test_what_is_no_text_is_refused_before_a_database_is_asked(ann_sees):
    for path in ("/projects/pets/instructions", "/workers", "/new-project"):
        answer = ann_sees.send(path, text="a\0b", name="a\0b", task_type="choice", title="a\0b")
        assert (answer.status_code, "holds a NUL character" in answer.text) == (422, True), path


def test_signing_out_ends_the_session(ann_sees):
    cookie = ann_sees.client.get_cookie("crowd").value
    assert "Trustworthy training labels" in ann_sees.sent("/signout")
    ann_sees.client.set_cookie("crowd", cookie)
    assert ann_sees.client.get("/workers").status_code == 303


def test_every_page_is_whole_without_script_or_another_server(ann_sees, wim):
    for path in (
        "/",
        "/projects/pets",
        "/projects/pets/workers",
        "/workers",
        f"/workers/{wim}",
        "/signin?next=/",
    ):
        answer = ann_sees.client.get(path, follow_redirects=True)
        assert "<script" not in answer.text
        assert "://" not in answer.text.replace("http://localhost/", "")
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
        assert all(
            f'for="{name}"' in answer.text
            for name in re.findall(r'<(?:input|textarea|select) id="([\w-]+)"', answer.text)
        )
