"""Signing in at a provider, who is a small server on this machine and sometimes lies."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from crowd.app import create_app
from crowd.models import Account, Invitation, WebSession
from tests.integration.accounts.issuer import CLIENT, SECRET, Issuer
from tests.integration.browsing import Browser, csrf_of

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def server():
    issuer = Issuer()
    issuer.start()
    yield issuer
    issuer.stop()


@pytest.fixture
def issuer(server):
    server.lies, server.subject, server.signs_with = {}, "mia-7", None
    return server


@pytest.fixture
def app(database, settings, clock, issuer):
    provider = {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return create_app(replace(settings, **provider), database=database, clock=clock)


def there_and_back(browser, issuer, query=""):
    """Go to the provider, say yes there, and come back."""
    left = browser.get(f"/work/oidc/login{query}")
    assert left.status_code == 303, left.text
    return browser.get(f"/work/oidc/callback?{issuer.agree(left.headers['Location'])}")


def finish(browser, page):
    return browser.send("/work/oidc/finish", csrf=csrf_of(page))


def is_in(browser):
    return browser.get("/work/account").status_code == 200


def rows(database, model):
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def mia(app, invited, issuer):
    """A worker who came by an invitation and the provider."""
    browser = Browser(app)
    page = there_and_back(browser, issuer, f"?invitation={invited('mia')}")
    assert finish(browser, page).status_code == 303
    return browser


def test_an_invitation_links_an_identity_that_then_lets_in(app, mia, issuer):
    assert "with your organisation" in mia.get("/work/account").text
    browser = Browser(app)
    page = there_and_back(browser, issuer, "?next=/work/messages")
    assert "You are mia@example.org" in page.text
    answer = finish(browser, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work/messages")
    assert is_in(browser)


def test_without_an_invitation_nobody_gets_in(browser, issuer, database):
    answer = finish(browser, there_and_back(browser, issuer))
    assert (answer.status_code, "invitation" in answer.text) == (401, True)
    assert rows(database, Account) == rows(database, WebSession) == 0


def test_the_way_there_and_back_changes_nothing(browser, issuer, invited, database):
    there_and_back(browser, issuer, f"?invitation={invited('mia')}")
    with database.read() as session:
        assert session.scalars(select(Invitation.consumed_at)).all() == [None]
    assert rows(database, Account) == rows(database, WebSession) == 0


def test_an_account_is_linked_from_within(app, browser, issuer, invited):
    chosen = {"login": "mia", "password": PASSWORD, "again": PASSWORD}
    browser.fill(f"/work/invitations/{invited('mia')}", **chosen)
    answer = finish(browser, there_and_back(browser, issuer, "?link=1"))
    assert answer.headers["Location"] == "/work/account"
    other = Browser(app)
    finish(other, there_and_back(other, issuer))
    assert ">mia</span>" in other.get("/work/account").text


def test_a_stranger_cannot_link_an_identity_to_anybody(browser, issuer):
    assert finish(browser, there_and_back(browser, issuer, "?link=1")).status_code == 401


def test_the_worker_is_sent_with_state_nonce_and_challenge(browser, issuer):
    where = urlsplit(browser.get("/work/oidc/login").headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{issuer.url}/authorize"
    assert asked["redirect_uri"] == "http://localhost/work/oidc/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    again = browser.get("/work/oidc/login").headers["Location"]
    assert asked["state"] not in again
    assert asked["nonce"] not in again


def test_what_is_kept_meanwhile_is_short_lived_and_out_of_reach(app, browser, clock, issuer):
    flags = browser.get("/work/oidc/login").headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/work/oidc", "Max-Age=600"} <= set(flags)
    page = there_and_back(browser, issuer)
    clock.advance(minutes=10)
    assert finish(browser, page).status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"sub": ""},
        {"nonce": None},
    ],
)
def test_a_token_that_lies_is_refused(browser, issuer, mia, lie):
    issuer.lies = lie
    assert there_and_back(browser, issuer).status_code == 401
    assert browser.send("/work/oidc/finish").status_code == 401


def test_a_token_signed_by_another_is_refused(browser, issuer, mia):
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "k1"})
    assert there_and_back(browser, issuer).status_code == 401


def test_an_answer_to_another_browser_s_question_is_refused(app, issuer, mia):
    victim, attacker = Browser(app), Browser(app)
    stolen = issuer.agree(attacker.get("/work/oidc/login").headers["Location"])
    victim.get("/work/oidc/login")
    assert victim.get(f"/work/oidc/callback?{stolen}").status_code == 401
    assert Browser(app).get(f"/work/oidc/callback?{stolen}").status_code == 401


def test_a_code_works_once_and_with_its_own_verifier(browser, issuer, mia):
    query = issuer.agree(browser.get("/work/oidc/login").headers["Location"])
    assert browser.get(f"/work/oidc/callback?{query}").status_code == 200
    assert browser.get(f"/work/oidc/callback?{query}").status_code == 401


def test_a_refusal_at_the_provider_is_told(browser):
    state = parse_qs(urlsplit(browser.get("/work/oidc/login").headers["Location"]).query)["state"][0]
    answer = browser.get(f"/work/oidc/callback?error=access_denied&state={state}")
    assert (answer.status_code, "did not let you in" in answer.text) == (401, True)


def test_a_stranger_s_page_cannot_finish_it(browser, issuer, mia):
    there_and_back(browser, issuer)
    assert browser.send("/work/oidc/finish", origin="https://evil.example").status_code == 403


def test_a_cookie_that_nobody_signed_is_nothing(app, mia, settings):
    browser = Browser(app)
    browser.client.set_cookie("crowd-openid", "e30.forged", path="/work/oidc")
    assert browser.get("/work/oidc/callback?code=x&state=y").status_code == 401
    assert browser.send("/work/oidc/finish").status_code == 401


def test_a_provider_that_is_away_is_no_fault_of_ours(database, settings, clock):
    away = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    browser = Browser(create_app(replace(settings, **away), database=database, clock=clock))
    answer = browser.get("/work/oidc/login")
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


def test_the_page_offers_it_only_where_there_is_one(browser, database, settings, clock):
    assert "/work/oidc/login" in browser.get("/work/signin").text
    without = Browser(create_app(settings, database=database, clock=clock))
    assert "/work/oidc" not in without.get("/work/signin").text
    assert without.get("/work/oidc/login").status_code == 404
