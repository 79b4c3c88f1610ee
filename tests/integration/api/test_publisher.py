"""Projects at an endpoint over HTTP: what may be set, and what publishing would cost."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.settings import Settings, new_secret

ENDPOINT = "http://127.0.0.1:8081/mturk"


@pytest.fixture
def settings() -> Settings:
    return Settings(secret_key=new_secret(), endpoints=(ENDPOINT,))


def project(**more: Any) -> dict[str, Any]:
    given = {"slug": "pets", "labels": ["cat", "dog"], "price": "0.015", "overlap": 2, "hit_size": 2}
    return {**given, "cap": "10.00", "gold_share": 0, "channel": "mturk", "endpoint": ENDPOINT, **more}


def test_the_cost_is_said_to_the_cent_and_nothing_is_published(ann):
    assert ann.post("/projects", project()).status_code == 201
    rows = [{"item": f"i{n}", "payload": {"text": f"about {n}"}} for n in range(4)]
    assert ann.post("/projects/pets/items", {"items": rows}).status_code in (200, 201)
    assert ann.post("/projects/pets/batches", {"size": 4}).status_code == 201
    for _ in range(2):
        said = ann.get("/projects/pets/cost").get_json()
        assert (said["hits"], said["assignments"]) == (2, 4)
        assert (said["reward"], said["fee"], said["cost"], said["lacking"]) == (
            "0.12",
            "0.04",
            "0.16",
            "0.00",
        )
    assert ann.get("/projects/pets/overview").get_json()["open_answers"] == 8


def test_a_server_calls_only_the_endpoints_it_was_told_of(ann):
    refused = ann.post("/projects", project(endpoint="http://169.254.169.254/"))
    assert refused.status_code == 422
    assert ENDPOINT in refused.get_json()["title"]


@pytest.mark.contract(61)
def test_production_is_refused_over_http(app, ann):
    from crowd.channels.mturk.client import PRODUCTION

    assert ann.post("/projects", project(endpoint=PRODUCTION)).status_code == 422
    assert ann.post("/projects", project(posting={"allow_production": True})).status_code == 422


def test_how_hits_are_offered_can_be_changed_setting_by_setting(ann):
    made = ann.post("/projects", project(posting={"masters": True}))
    assert made.get_json()["posting"] == {"masters": True}
    changed = ann("PATCH", "/projects/pets", json={"posting": {"lifetime_seconds": 60}})
    assert changed.get_json()["posting"] == {"masters": True, "lifetime_seconds": 60}
    assert ann("PATCH", "/projects/pets", json={"posting": {"lifetime_seconds": 7}}).status_code == 422
    assert (
        ann("PATCH", "/projects/pets", json={"posting": {"submit_hosts": ["https://x.test"]}}).status_code
        == 422
    )


def test_only_a_project_at_an_endpoint_has_one(ann):
    refused = ann.post("/projects", project(channel="pool"))
    assert refused.status_code == 422
    assert "only for a project one of whose channels is mturk" in refused.text


def test_a_project_of_the_pool_may_ask_an_endpoint_besides(ann):
    second = {"second": "mturk", "second_when": "overflow", "second_price": "0.08", "patience_seconds": 7200}
    made = ann.post("/projects", project(channel="pool", **second))
    assert made.get_json().items() >= {"channel": "pool", **second}.items()
    said = ann("GET", "/projects/pets/overview").get_json()["channels"]
    assert [(each["channel"], each["price"], each["paid"]) for each in said] == [
        ("pool", made.get_json()["price"], "0.00"),
        ("mturk", "0.08", "0.00"),
    ]
    elsewhere = ann("PATCH", "/projects/pets", json={"endpoint": "http://elsewhere.test/mturk"})
    assert (elsewhere.status_code, "this server may publish to" in elsewhere.text) == (422, True)
    alone = ann("PATCH", "/projects/pets", json={"second": None}).get_json()
    assert {alone[name] for name in (*second, "endpoint")} == {None}
