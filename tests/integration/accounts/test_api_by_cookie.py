"""The API takes a browser's session beside a key or a token, but not from a page of somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, select, update

from crowd.app import create_app
from crowd.models import ApiKey, WebSession
from crowd.services.access import keys, sessions

HOST = "http://localhost"
PROJECT = {"slug": "pets", "labels": ["cat", "dog"], "cap": "10.00", "seed": 7}


class Fetch:
    """A page's script: it sends the cookie, its origin and the token of its form."""

    def __init__(self, app, database, clock, cookie):
        self.client, self.cookie = app.test_client(), cookie
        self.client.set_cookie("crowd", cookie)
        with database.read() as session:
            self.csrf = sessions.visitor(session, cookie, now=clock()).csrf

    def __call__(self, method, path, *, origin=HOST, csrf=None, **options):
        headers = {"Origin": origin, "X-CSRF-Token": self.csrf if csrf is None else csrf}
        headers = {name: value for name, value in headers.items() if value} | options.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)


@pytest.fixture
def requester(app, database, ann, clock):
    def make(*scopes):
        def work(session):
            key, _ = keys.create(session, ann, label="desk", scopes=scopes, now=clock())
            session.flush()
            return sessions.open_for_key(session, key, now=clock())

        return Fetch(app, database, clock, database.transact(work))

    return make


@pytest.fixture
def mia(app, database, door, add, clock):
    return Fetch(app, database, clock, door.enter(add("mia")[1]))


@pytest.fixture
def project(requester):
    """A project that asks about three items; the path of its pages."""
    ann = requester("admin")
    assert ann("POST", "/projects", json=PROJECT).status_code == 201
    items = [{"item": f"i{n}", "payload": {"text": f"picture {n}"}} for n in range(3)]
    assert ann("POST", "/projects/pets/items", json={"items": items}).status_code == 201
    assert ann("POST", "/projects/pets/batches", json={"size": 3}).status_code == 201
    return "/work/projects/1"


def test_a_requester_does_with_a_session_what_their_key_may(requester):
    reader = requester("read")
    assert reader("GET", "/projects").get_json() == {"projects": [], "next": None}
    assert reader("POST", "/projects", json=PROJECT).status_code == 403
    assert requester("write")("POST", "/projects", json=PROJECT).status_code == 201


def test_a_worker_claims_and_submits_with_a_session(mia, project):
    page = mia("POST", f"{project}/claim", json={}).get_json()
    answers = {question["name"]: "cat" for question in page["questions"]}
    receipt = mia("POST", f"/work/pages/{page['token']}/submit", json={"answers": answers})
    assert (receipt.status_code, receipt.get_json()["answers"]) == (200, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"csrf": ""},
        {"csrf": "0" * 64},
        {"origin": "", "headers": {"Referer": "https://evil.example/http://localhost/"}},
    ],
)
def test_from_another_page_nothing_is_changed(requester, mia, project, wrong):
    ann = requester("admin")
    assert ann("POST", "/projects", json={**PROJECT, "slug": "other"}, **wrong).status_code == 403
    assert ann("PATCH", "/projects/pets", json={"title": "x"}, **wrong).status_code == 403
    assert mia("POST", f"{project}/claim", json={}, **wrong).status_code == 403
    assert [row["slug"] for row in ann("GET", "/projects").get_json()["projects"]] == ["pets"]


def test_a_worker_s_session_is_no_requester_s_and_the_reverse(requester, mia):
    assert mia("GET", "/projects").status_code == 401
    assert requester("admin")("GET", "/work/projects").status_code == 401


def test_a_key_sent_along_counts_and_not_the_cookie(requester, mia, database, ann, clock):
    _, key = database.transact(
        lambda session: keys.create(session, ann, label="x", scopes=["write"], now=clock())
    )
    bearer = {"Authorization": f"Bearer {key}"}
    assert mia("POST", "/projects", json=PROJECT, origin="", csrf="", headers=bearer).status_code == 201


def test_a_session_ends_between_two_requests(mia, requester, database, clock):
    ann = requester("admin")
    assert (mia("GET", "/work/projects").status_code, ann("GET", "/projects").status_code) == (200, 200)
    database.transact(lambda session: session.execute(update(WebSession).values(revoked_at=clock())))
    assert (mia("GET", "/work/projects").status_code, ann("GET", "/projects").status_code) == (401, 401)


def test_a_revoked_key_ends_the_sessions_opened_with_it(requester, database, clock):
    ann = requester("admin")
    database.transact(lambda session: session.execute(update(ApiKey).values(revoked_at=clock())))
    assert ann("GET", "/projects").status_code == 401


@pytest.mark.parametrize(("path", "method"), [("/work/projects", "GET"), ("/work/projects/1/claim", "POST")])
def test_working_keeps_a_session_alive(mia, project, database, clock, path, method):
    clock.advance(hours=11)
    mia(method, path, json={})
    with database.read() as session:
        seen = session.scalars(select(WebSession.seen_at).where(WebSession.worker_id.is_not(None))).one()
    assert seen == clock()


def test_a_repeated_request_gets_its_reply_in_the_session_it_was_made_in(requester, database, ann, clock):
    first = requester("admin")
    body, key = {"label": "x", "scopes": ["read"]}, {"Idempotency-Key": "k1"}
    made = first("POST", "/keys", json=body, headers=key)
    again = first("POST", "/keys", json=body, headers=key)
    assert (made.status_code, made.get_json()) == (201, again.get_json())

    def same_key(session):
        return sessions.open_for_key(
            session, session.scalars(select(ApiKey).where(ApiKey.label == "desk")).one(), now=clock()
        )

    second = Fetch(first.client.application, database, clock, database.transact(same_key))
    assert second("POST", "/keys", json=body, headers=key).status_code == 422


def test_a_worker_s_call_asks_once_who_it_is_and_opens_one_transaction(mia, database, project):
    statements, begun = [], []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    event.listen(database.engine, "begin", lambda _: begun.append(1))
    mia("GET", "/work/projects")
    asked = [text for text in statements if "web_session" in text or "FROM worker" in text]
    assert (len(asked), len(begun)) == (1, 1)


def test_workers_send_no_more_than_pages_need(mia, project):
    assert mia("POST", f"{project}/claim", data=b"x" * (2**20 + 1)).status_code == 413


def test_a_worker_hands_in_so_many_pages_a_minute(app, database, settings, clock, mia, project):
    limited = create_app(replace(settings, submits_per_minute=2), database=database, clock=clock)
    worker = Fetch(limited, database, clock, mia.cookie)

    def submit():
        return worker("POST", "/work/pages/nothing/submit", json={"answers": {"q1": "cat"}})

    token = worker("POST", f"{project}/claim", json={}).get_json()["token"]
    for _ in range(2):  # what is repeated counts too
        answers = {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}}
        assert worker("POST", f"/work/pages/{token}/submit", json=answers).status_code == 200
    refused = submit()
    assert (refused.status_code, refused.get_json()["type"]) == (429, "about:blank#too-many")
    clock.advance(seconds=int(refused.headers["Retry-After"]))
    assert submit().status_code == 404
