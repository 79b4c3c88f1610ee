"""How a page runs: who is let in, what a form must prove, and what is stored."""

from __future__ import annotations

import pytest
from flask import Blueprint, render_template_string
from jinja2 import DictLoader
from sqlalchemy import func, select, update

from crowd import visitors
from crowd.errors import TooMany, bad_input
from crowd.models import Requester, WebSession
from crowd.services.access import keys, sessions
from crowd.web.place import Place
from tests.integration.browsing import Browser


@pytest.fixture
def app(app, database, settings, clock):
    """The application with some pages more, and a template for their errors."""
    at = Place(database, clock, settings)
    pages = Blueprint("trial", "trial", url_prefix="/trial")

    @pages.get("/worker")
    @at.for_workers
    def worker(call):
        return render_template_string("{{ worker }} {{ csrf }}")

    @pages.post("/worker")
    @at.for_workers
    def change(call):
        return "changed"

    @pages.route("/requester", methods=["GET", "POST"])
    @at.for_requesters("write")
    def requester(call):
        return call.principal.actor

    @pages.post("/anyone")
    @at.for_anyone
    def anyone(call):
        keys.requester(call.session, "new", now=call.now)
        return "refused", 401

    @pages.post("/fault/<kind>")
    @at.for_anyone
    def fault(call, kind):
        keys.requester(call.session, "new", now=call.now)
        raise TooMany("wait", retry_after=30) if kind == "many" else bad_input("x", "is <wrong>")

    at.dress(pages, problem="trial.html")
    app.jinja_loader = DictLoader({"trial.html": "<h1>{{ error.message }}</h1>"})
    app.register_blueprint(pages)
    return app


@pytest.fixture
def mia(app, database, add, clock):
    worker, _ = add("mia")
    browser = Browser(app)
    browser.cookie = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
    return browser


@pytest.fixture
def requester(app, database, ann, clock):
    """Return someone who came with one of ann's keys."""

    def open_(*scopes):
        def work(session):
            key, _ = keys.create(session, ann, label="desk", scopes=scopes, now=clock())
            return sessions.open_for_key(session, key, now=clock())

        browser = Browser(app)
        browser.cookie = database.transact(work)
        return browser

    return open_


def csrf(browser):
    return browser.get("/trial/worker").text.split()[1]


def test_a_worker_sees_their_page_and_its_form_is_taken(mia):
    assert mia.get("/trial/worker").text.split()[0] == "mia"
    assert mia.send("/trial/worker", csrf=csrf(mia)).text == "changed"


@pytest.mark.parametrize("path", ["/trial/worker?a=1&b=%2F", "/trial/worker"])
def test_without_a_session_one_is_sent_to_sign_in_and_back(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/work/signin")
    with browser.app.test_request_context(answer.headers["Location"]) as context:
        assert context.request.args["next"] == path


def test_a_form_without_a_session_changes_nothing(browser):
    assert browser.send("/trial/worker").headers["Location"] == "/work/signin"


def test_a_worker_is_no_requester_and_a_requester_no_worker(mia, requester):
    assert mia.get("/trial/requester").headers["Location"].startswith("/signin?next=")
    assert requester("admin").get("/trial/worker").headers["Location"].startswith("/work/signin?next=")


def test_a_requester_may_do_what_their_key_may(requester):
    assert requester("write").get("/trial/requester").text.startswith("key:")
    refused = requester("read").get("/trial/requester")
    assert (refused.status_code, "write" in refused.text) == (403, True)


class TestForms:
    @pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null", ""])
    def test_of_strangers_are_refused(self, mia, origin):
        assert mia.send("/trial/worker", origin=origin, csrf=csrf(mia)).status_code == 403
        assert mia.send("/trial/anyone", origin=origin, csrf=csrf(mia)).status_code == 403

    @pytest.mark.parametrize("wrong", ["", "x", "0" * 64, "ü"])
    def test_without_the_session_s_own_token_are_refused(self, mia, wrong):
        assert mia.send("/trial/worker", csrf=wrong).status_code == 403

    def test_of_another_session_are_refused(self, mia, app, database, add, clock):
        worker, _ = add("tom")
        tom = Browser(app)
        tom.cookie = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
        assert mia.send("/trial/worker", csrf=csrf(tom)).status_code == 403

    def test_are_taken_by_their_referer_where_no_origin_is_sent(self, mia):
        def send(referer):
            data, headers = {"csrf": csrf(mia)}, {"Referer": referer}
            return mia.client.post("/trial/worker", data=data, headers=headers).status_code

        assert send("http://localhost/trial/worker") == 200
        assert send("http://evil.example/http://localhost/") == 403

    def test_of_a_page_on_plain_http_are_refused_by_a_server_on_https(self, app):
        browser = Browser(app, base="https://localhost")
        assert browser.send("/trial/anyone", origin="http://localhost").status_code == 403
        assert browser.send("/trial/anyone").status_code == 401


def count(database):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Requester).where(Requester.name == "new"))


def test_what_a_page_stores_stays_whatever_it_answers(browser, database):
    assert browser.send("/trial/anyone").status_code == 401
    assert count(database) == 1


def test_what_a_page_stores_is_gone_when_it_raises(browser, database):
    answer = browser.send("/trial/fault/wrong")
    assert (answer.status_code, answer.text) == (422, "<h1>x: is &lt;wrong&gt;</h1>")
    assert count(database) == 0


def test_an_error_says_when_to_come_back(browser):
    answer = browser.send("/trial/fault/many")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")


@pytest.mark.parametrize("by", ["get", "send"])
def test_a_visit_keeps_a_session_alive(mia, database, clock, by):
    token = csrf(mia)
    clock.advance(hours=11)
    assert (
        mia.get("/trial/worker") if by == "get" else mia.send("/trial/worker", csrf=token)
    ).status_code == 200
    with database.read() as session:
        assert session.scalars(select(WebSession.seen_at)).one() == clock()


def test_a_session_that_was_revoked_is_over_with_the_next_request(mia, database, clock):
    assert mia.get("/trial/worker").status_code == 200
    database.transact(lambda session: session.execute(update(WebSession).values(revoked_at=clock())))
    assert mia.get("/trial/worker").status_code == 303


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("/work/projects/7?x=1", True),
        ("/", True),
        ("", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("/\t/evil.example", False),
        ("/\n/evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_paths_of_ours_are_gone_on_to(text, ours):
    assert visitors.own_path(text, default="/work/") == (text if ours else "/work/")
