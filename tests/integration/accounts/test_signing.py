"""The pages by which workers come in and go, as a browser without scripts sees them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crowd.app import create_app
from crowd.models import Account, Invitation, WebSession
from crowd.services import roster
from tests.integration.browsing import Browser, csrf_of

PASSWORD = "correct horse"
CHOSEN = {"login": "mia", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def link(invited):
    return f"/work/invitations/{invited('mia')}"


@pytest.fixture
def mia(app, link):
    """A worker who has joined and is signed in."""
    browser = Browser(app)
    assert browser.fill(link, **CHOSEN).status_code == 303
    return browser


def is_in(browser):
    return browser.get("/work/account").status_code == 200


def rows(database, model):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


class TestInvitation:
    def test_from_the_link_to_the_home_page(self, browser, link):
        page = browser.get(link)
        assert (page.status_code, "Welcome, mia" in page.text) == (200, True)
        answer = browser.fill(link, **CHOSEN)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/work/")
        assert is_in(browser)

    def test_looking_uses_nothing_up(self, browser, link, database):
        for _ in range(3):
            assert browser.get(link).status_code == browser.client.head(link).status_code == 200
        with database.read() as session:
            assert session.scalars(select(Invitation.consumed_at)).all() == [None]
        assert rows(database, WebSession) == rows(database, Account) == 0
        assert browser.cookie is None
        assert browser.fill(link, **CHOSEN).status_code == 303

    def test_works_once(self, app, mia, link):
        second = Browser(app)
        over = second.get(link)
        assert (over.status_code, "sign in if it was you who used it" in over.text) == (404, True)
        assert second.send(link, **CHOSEN).status_code == 404
        assert not is_in(second)

    def test_one_of_two_who_send_at_once_gets_in(self, app, link, database):
        def join(n):
            return Browser(app).send(link, **{**CHOSEN, "login": f"mia{n}"}).status_code

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(join, range(4))) == [303, 404, 404, 404]
        assert rows(database, Account) == rows(database, WebSession) == 1

    @pytest.mark.parametrize(
        ("field", "value"), [("login", "x"), ("password", "short"), ("again", "something else")]
    )
    def test_a_fault_is_shown_where_it_is(self, browser, link, field, value):
        answer = browser.fill(link, **{**CHOSEN, field: value})
        assert answer.status_code == 422
        named = re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"[^>]*>', answer.text)
        expected = "again" if field == "password" else field
        assert named == [expected]
        (tag,) = re.findall(rf'<input id="{expected}"[^>]*>', answer.text)
        assert "autofocus" in tag
        assert re.search(r'aria-describedby="[^"]*\bproblems"', tag)
        assert 'id="problems" role="alert"' in answer.text
        assert PASSWORD not in answer.text

    def test_a_stranger_s_page_cannot_send_it(self, browser, link):
        assert browser.send(link, origin="https://evil.example", **CHOSEN).status_code == 403
        assert browser.fill(link, **CHOSEN).status_code == 303


class TestSigningIn:
    def test_goes_on_to_the_page_asked_for(self, app, mia):
        browser = Browser(app)
        asked = browser.get("/work/standing?a=1")
        page = browser.get(asked.headers["Location"])
        (back,) = re.findall(r'name="next" value="([^"]*)"', page.text)
        answer = browser.send("/work/signin", login="MIA", password=PASSWORD, next=back)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/work/standing?a=1")

    @pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil", "/signin"])
    def test_goes_on_to_no_other_place(self, app, mia, elsewhere):
        answer = Browser(app).send("/work/signin", login="mia", password=PASSWORD, next=elsewhere)
        assert answer.headers["Location"] == "/work/"

    @pytest.mark.parametrize(("login", "password"), [("mia", "wrong"), ("nobody", PASSWORD), ("", "")])
    def test_refuses_without_saying_why(self, app, mia, login, password):
        browser = Browser(app)
        answer = browser.fill("/work/signin", login=login, password=password)
        assert (answer.status_code, browser.cookie) == (401, None)
        assert "The name or the password is wrong." in answer.text
        (field,) = re.findall(r'<input id="password"[^>]*>', answer.text)
        assert 'value=""' in field

    def test_is_limited_and_says_for_how_long(self, app, mia):
        browser = Browser(app)
        for _ in range(5):
            browser.fill("/work/signin", login="mia", password="wrong")
        answer = browser.fill("/work/signin", login="mia", password=PASSWORD)
        assert (answer.status_code, browser.cookie) == (429, None)
        assert 0 < int(answer.headers["Retry-After"]) <= 900

    def test_is_limited_after_a_restart_too(self, app, mia, database, settings, clock):
        for _ in range(5):
            Browser(app).fill("/work/signin", login="mia", password="wrong")
        again = create_app(settings, database=database, clock=clock)
        assert Browser(again).fill("/work/signin", login="mia", password=PASSWORD).status_code == 429

    def test_takes_no_session_laid_there_before(self, app, mia, add):
        attacker, victim = Browser(app), Browser(app)
        attacker.fill(f"/work/enter/{add('eve')[1]}")
        laid = attacker.cookie
        victim.cookie = laid
        page = victim.get("/work/account")
        victim.send("/work/signin", login="mia", password=PASSWORD, csrf=csrf_of(page))
        assert victim.cookie != laid
        assert ">mia</span>" in victim.get("/work/account").text
        assert not is_in(attacker)

    def test_takes_no_session_that_never_was(self, app, mia):
        browser = Browser(app)
        browser.cookie = "chosen.by-somebody-else"
        browser.fill("/work/signin", login="mia", password=PASSWORD)
        assert browser.cookie != "chosen.by-somebody-else"

    def test_a_stranger_s_page_cannot_sign_a_victim_in_as_somebody(self, app, mia):
        victim = Browser(app)
        answer = victim.send("/work/signin", origin="https://evil.example", login="mia", password=PASSWORD)
        assert (answer.status_code, victim.cookie) == (403, None)

    def test_whoever_is_in_goes_on_at_once(self, mia):
        assert mia.get("/work/signin?next=/work/messages").headers["Location"] == "/work/messages"


class TestCookie:
    def header(self, app, link, base):
        return Browser(app, base=base).fill(link, **CHOSEN).headers["Set-Cookie"]

    def test_over_tls_is_bound_to_the_host(self, app, link):
        name, *flags = self.header(app, link, "https://crowd.example").split("; ")
        assert name.startswith("__Host-crowd=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)
        assert not any(flag.startswith("Domain") for flag in flags)

    def test_on_plain_http_cannot_be_so_and_has_another_name(self, app, link):
        name, *flags = self.header(app, link, "http://localhost").split("; ")
        assert name.startswith("crowd=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(flags)
        assert "Secure" not in flags

    def test_over_tls_the_other_name_counts_for_nothing(self, app, mia):
        browser = Browser(app, base="https://localhost")
        browser.client.set_cookie("crowd", mia.cookie)
        assert not is_in(browser)


class TestSigningOut:
    def test_ends_the_session_and_takes_the_cookie(self, mia):
        kept = mia.cookie
        answer = mia.fill("/work/account", action="/work/signout")
        assert (answer.status_code, mia.cookie) == (303, None)
        mia.cookie = kept
        assert not is_in(mia)

    def test_everywhere_ends_the_others_too(self, app, mia):
        other = Browser(app)
        other.fill("/work/signin", login="mia", password=PASSWORD)
        assert "in 2 places" in other.get("/work/account").text
        other.fill("/work/account", action="/work/signout-everywhere")
        assert not is_in(mia)
        assert not is_in(other)

    def test_takes_a_form_of_ours(self, mia):
        for path in ("/work/signout", "/work/signout-everywhere"):
            assert mia.get(path).status_code == 405
            assert mia.send(path, csrf="wrong").status_code == 403
            assert mia.send(path, origin="https://evil.example").status_code == 403
        assert is_in(mia)

    def test_of_somebody_who_is_out_already_is_no_fault(self, browser):
        assert browser.send("/work/signout").status_code == 303


class TestAccount:
    def test_a_new_password_ends_all_other_sessions(self, app, mia):
        other = Browser(app)
        other.fill("/work/signin", login="mia", password=PASSWORD)
        answer = mia.fill("/work/account", old=PASSWORD, password="battery staple", again="battery staple")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/work/account?changed")
        assert "is changed" in mia.get("/work/account?changed").text
        assert not is_in(other)

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"old": "x"}, "old"), ({"again": "x"}, "again"), ({"password": "x"}, "again")]
    )
    def test_what_is_wrong_stands_beside_its_field(self, mia, wrong, field):
        sent = {"old": PASSWORD, "password": "battery staple", "again": "battery staple"} | wrong
        answer = mia.fill("/work/account", **sent)
        assert answer.status_code == 422
        assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid', answer.text) == [field]

    def test_needs_the_form_s_token(self, mia):
        sent = {"old": PASSWORD, "password": "battery staple", "again": "battery staple"}
        assert mia.send("/work/account", **sent).status_code == 403
        assert mia.send("/work/account", csrf="0" * 64, **sent).status_code == 403
        assert Browser(mia.app).fill("/work/signin", login="mia", password=PASSWORD).status_code == 303


class TestTokenLink:
    def test_asks_first_and_then_lets_in(self, browser, add, database):
        path = f"/work/enter/{add('tom')[1]}"
        assert "Welcome, tom" in browser.get(path).text
        assert rows(database, WebSession) == 0
        assert browser.fill(path).headers["Location"] == "/work/"
        assert is_in(browser)
        assert "a link that was made for you" in browser.get("/work/account").text

    def test_that_is_wrong_says_so_as_a_page(self, browser, add):
        answer = browser.get(f"/work/enter/{add('tom')[1]}x")
        assert (answer.status_code, answer.mimetype) == (401, "text/html")
        assert browser.send("/work/enter/cww_a_b").status_code == 401


def test_a_ban_is_felt_with_the_next_page(mia, database, clock):
    def ban(session):
        worker = session.scalars(select(roster.Worker)).one()
        facts = {"kind": "banned", "reason": "spam", "facts": {}, "actor": "test"}
        roster.restrict(session, worker, project=None, **facts, now=clock())

    assert is_in(mia)
    database.transact(ban)
    assert not is_in(mia)
    answer = mia.fill("/work/signin", login="mia", password=PASSWORD)
    assert (answer.status_code, "closed" in answer.text) == (403, True)


def test_every_field_has_a_label_and_says_what_it_is_for(browser, link, mia, invited):
    fresh = f"/work/invitations/{invited('tom')}"
    expected = {
        "/work/signin": ["username", "current-password"],
        fresh: ["username", "new-password", "new-password"],
    }
    pages = [(browser, path, wanted) for path, wanted in expected.items()]
    pages.append((mia, "/work/account", ["current-password", "new-password", "new-password"]))
    for visitor, path, wanted in pages:
        text = visitor.get(path).text
        fields = re.findall(r'<input id="(\w+)"[^>]*autocomplete="([\w-]+)"', text)
        assert [kind for _, kind in fields] == wanted
        for name, _ in fields:
            assert f'<label for="{name}">' in text
