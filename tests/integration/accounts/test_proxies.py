"""What a proxy says of a request is believed from as many proxies as were configured, and from no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from crowd.app import create_app
from tests.integration.browsing import Browser

FORWARDED = {
    "X-Forwarded-For": "198.51.100.9, 203.0.113.50",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "crowd.example",
    "Origin": "https://crowd.example",
}


@pytest.fixture
def behind(database, settings, clock):
    """Make an application that trusts so many proxies."""

    def make(proxies: int) -> Flask:
        return create_app(replace(settings, trusted_proxies=proxies), database=database, clock=clock)

    return make


def sign_in(app, **headers):
    form = {"login": "nobody", "password": "wrong wrong wrong"}
    return app.test_client().post("/work/signin", data=form, headers=FORWARDED | headers)


def test_without_the_setting_nothing_is_believed(behind):
    answer = sign_in(behind(0))
    assert answer.status_code == 403
    assert "CROWD_TRUSTED_PROXIES" in answer.text


def test_with_it_the_site_is_the_one_the_browser_sees(behind, add):
    app = behind(1)
    assert sign_in(app).status_code == 401
    entered = app.test_client().post(f"/work/enter/{add('mia')[1]}", headers=FORWARDED)
    assert entered.headers["Set-Cookie"].startswith("__Host-crowd=")


def test_limits_count_by_the_address_the_last_proxy_saw(behind, monkeypatch):
    def seen(proxies):
        addresses = []
        monkeypatch.setattr(
            "crowd.services.access.attempts.network", lambda one: addresses.append(one) or one
        )
        assert sign_in(behind(proxies)).status_code == 401
        return set(addresses)

    assert (seen(1), seen(2)) == ({"203.0.113.50"}, {"198.51.100.9"})


def test_a_caller_cannot_escape_the_limit_by_inventing_addresses(behind):
    app = behind(1)
    for n in range(50):
        form = {"login": f"name{n}", "password": "wrong wrong wrong"}
        headers = FORWARDED | {"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.50"}
        assert app.test_client().post("/work/signin", data=form, headers=headers).status_code == 401
    assert sign_in(app, **{"X-Forwarded-For": "10.0.0.99, 203.0.113.50"}).status_code == 429


def test_a_browser_without_a_proxy_works_as_before(behind):
    browser = Browser(behind(0))
    assert browser.fill("/work/signin", login="nobody", password="wrong wrong").status_code == 401
