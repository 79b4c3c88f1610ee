"""Settings are read once; what makes no sense is refused with its name."""

from __future__ import annotations

import pytest

from crowd.errors import Misconfigured
from crowd.settings import Settings

OIDC = {
    "CROWD_OIDC_ISSUER": "https://id.example/",
    "CROWD_OIDC_CLIENT_ID": "crowd",
    "CROWD_OIDC_CLIENT_SECRET": "s3cret",
}


def test_a_provider_is_taken_with_all_it_needs():
    assert Settings.from_env(OIDC).oidc_issuer == "https://id.example"
    assert Settings.from_env({}).oidc_issuer == ""


@pytest.mark.parametrize("name", ["CROWD_OIDC_CLIENT_ID", "CROWD_OIDC_CLIENT_SECRET"])
def test_a_provider_without_them_is_refused(name):
    with pytest.raises(Misconfigured, match=name):
        Settings.from_env(OIDC | {name: ""})


@pytest.mark.parametrize("issuer", ["http://id.example", "id.example", "javascript:alert(1)"])
def test_a_provider_is_reached_over_tls(issuer):
    with pytest.raises(Misconfigured, match="https://"):
        Settings.from_env(OIDC | {"CROWD_OIDC_ISSUER": issuer})


def test_a_provider_on_this_machine_may_do_without():
    env = OIDC | {"CROWD_OIDC_ISSUER": "http://127.0.0.1:9000"}
    assert Settings.from_env(env).oidc_issuer == "http://127.0.0.1:9000"


@pytest.mark.parametrize("name", ["CROWD_TRUSTED_PROXIES", "CROWD_SUBMITS_PER_MINUTE"])
def test_numbers_are_whole_and_not_negative(name):
    assert getattr(Settings.from_env({name: "3"}), name.removeprefix("CROWD_").lower()) == 3
    for wrong in ("-1", "yes", "1.5"):
        with pytest.raises(Misconfigured, match=name):
            Settings.from_env({name: wrong})
