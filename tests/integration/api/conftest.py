"""An application on a migrated database, and people who call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from crowd.app import create_app
from crowd.db import Database
from crowd.services.access import keys
from crowd.settings import Settings, new_secret
from tests.integration.api.desk import Browser

ALL = ("read", "write", "spend", "admin")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Caller:
    """Someone with a key or a token."""

    app: Flask
    token: str

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        options = {"buffered": True} | options
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self("POST", path, **({"json": body} if body is not None else {}), **options)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings() -> Settings:
    return Settings(secret_key=new_secret(), max_upload_bytes=2**20)


@pytest.fixture
def app(database: Database, settings: Settings, clock: Clock) -> Flask:
    app = create_app(settings, database=database, clock=clock)
    app.config["TESTING"] = True
    return app


@pytest.fixture
def key(app: Flask, database: Database, clock: Clock) -> Callable[..., Caller]:
    """Make a caller with a new key: `key("read", requester="ann", project=None)`."""

    def make(*scopes: str, requester: str = "ann", project: str | None = None, **options: Any) -> Caller:
        def work(session: Any) -> str:
            from crowd.services.access import scope

            principal = keys.operator(keys.requester(session, requester, now=clock()))
            row = scope.project(session, principal, project) if project else None
            _, text = keys.create(
                session, principal, label="test", scopes=scopes or ALL, project=row, now=clock(), **options
            )
            return text

        return Caller(app, database.transact(work))

    return make


@pytest.fixture
def browse(app: Flask, key: Callable[..., Caller]) -> Callable[..., Browser]:
    """Open a browser that is signed in with a new key of these scopes."""

    def make(*scopes: str, **options: Any) -> Browser:
        browser = Browser(app.test_client())
        answer = browser.send("/signin", key=key(*scopes, **options).token)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        return browser

    return make


@pytest.fixture
def ann(key: Callable[..., Caller]) -> Caller:
    """A requester who may do everything."""
    return key()


@pytest.fixture
def bob(key: Callable[..., Caller]) -> Caller:
    """Another requester who may do everything, to what is his."""
    return key(requester="bob")


@pytest.fixture
def pets(ann: Caller) -> str:
    """A project of ann's with ten items, two of them gold."""
    answer = ann.post(
        "/projects",
        {"slug": "pets", "labels": ["cat", "dog"], "cap": "10.00", "price": "0.05", "hit_size": 3, "seed": 7},
    )
    assert answer.status_code == 201, answer.text
    items = [{"item": f"i{n}", "payload": {"text": f"picture {n}"}} for n in range(10)]
    assert ann.post("/projects/pets/items", {"items": items}).status_code == 201
    gold = [{"item": "i0", "label": "cat"}, {"item": "i1", "label": "dog"}]
    assert ann.post("/projects/pets/gold", {"gold": gold}).status_code == 201
    return "pets"


@pytest.fixture
def invite(ann: Caller) -> Callable[..., Caller]:
    """Add a worker to a requester's pool and return them with their token."""

    def make(name: str, requester: Caller = ann) -> Caller:
        answer = requester.post("/workers", {"name": name})
        assert answer.status_code == 201, answer.text
        return Caller(requester.app, answer.get_json()["token"])

    return make


@dataclass(frozen=True)
class Example:
    """A call of one operation that is right in all but, perhaps, the ids in its path."""

    query: str = ""
    body: Any = None


# By operation. What a body may hold is read off the OpenAPI document; these only have to be accepted.
EXAMPLES = {
    "create_project": Example(body={"slug": "fresh", "labels": ["a", "b"]}),
    "list_projects": Example(),
    "get_project": Example(),
    "update_project": Example(body={"title": "Pets"}),
    "move_project": Example(body={"state": "paused"}),
    "get_overview": Example(),
    "get_cost": Example(),
    "set_budget": Example(body={"cap": "20.00"}),
    "import_items": Example(body={"items": [{"item": "fresh", "payload": {"text": "new"}}]}),
    "list_items": Example(),
    "get_item": Example(),
    "import_gold": Example(body={"gold": [{"item": "i0", "label": "cat"}]}),
    "list_gold": Example(),
    "correct_gold": Example(body={"item": "i0", "label": "dog", "explanation": "It barks."}),
    "retire_gold": Example(body={"item": "i0", "because": "Nobody can tell."}),
    "promote_gold": Example(body={"item": "i5", "label": "cat"}),
    "get_gold_supply": Example(),
    "upload_predictions": Example(
        query="?model_version=v1",
        body={"labels": ["cat", "dog"], "predictions": [{"item": "i3", "probabilities": [0.6, 0.4]}]},
    ),
    "list_predictions": Example(),
    "create_batch": Example(body={"size": 2}),
    "list_batches": Example(),
    "get_batch": Example(),
    "invite_worker": Example(body={"name": "fresh"}),
    "list_workers": Example(),
    "show_quality": Example(),
    "restrict_worker": Example(body={"kind": "suspended", "reason": "too fast"}),
    "lift_restrictions": Example(),
    "explain_eligibility": Example(),
    "list_reviews": Example(),
    "list_cases": Example(),
    "get_case": Example(),
    "decide_case": Example(body={"outcome": "dismissed"}),
    "list_appeals": Example(),
    "list_rules": Example(),
    "add_rule": Example(body={"name": "fresh", "rule": "collect gold; when graded >= 9; do suspend for 7d"}),
    "get_rule": Example(),
    "try_rule": Example(),
    "activate_rule": Example(),
    "retire_rule": Example(),
    "list_firings": Example(),
    "file_appeal": Example(body={"what": "page", "name": "nobody", "text": "It was right"}),
    "review_pages": Example(body={"pages": [1], "verdict": "accepted"}),
    "export_answers": Example(),
    "export_labels": Example(),
    "reserve_item": Example(body={"workers": []}),
    "get_timesheet": Example(query="?from=2026-01-01&to=2026-01-31"),
    "get_payouts": Example(),
    "list_ledger": Example(),
    "erase_worker": Example(body={"confirm": True}),
    "list_notes": Example(),
    "invite_people": Example(body={"people": [{"name": "Zoe", "groups": ["radiology"]}]}),
    "renew_invitation": Example(),
    "list_pool": Example(),
    "export_pool": Example(),
    "list_restrictions": Example(),
    "restrict_worker_everywhere": Example(body={"kind": "banned", "reason": "sold the account"}),
    "lift_all_restrictions": Example(),
    "revise_instructions": Example(
        body={
            "text": "Look twice.",
            "examples": [{"payload": {"text": "woof"}, "label": "dog", "note": "barks", "good": True}],
        }
    ),
    "list_instructions": Example(),
    "describe_labels": Example(body={"details": {"cat": {"definition": "It meows.", "key": "c"}}}),
    "list_groups": Example(),
    "list_members": Example(),
    "add_member": Example(),
    "remove_member": Example(),
    "list_skills": Example(),
    "give_skill": Example(body={"name": "german", "value": 0.9}),
    "list_messages": Example(),
    "list_worker_messages": Example(),
    "send_message": Example(body={"text": "Well done."}),
    "mark_messages_read": Example(),
    "create_run": Example(body={"method": "majority"}),
    "list_labels": Example(),
    "get_accuracy": Example(),
    "get_advice": Example(),
    "freeze_version": Example(body={"name": "main"}),
    "list_versions": Example(),
    "export_version": Example(),
    "step": Example(),
    "create_key": Example(body={"label": "fresh", "scopes": ["read"]}),
    "list_keys": Example(),
    "revoke_key": Example(),
    "create_access_key": Example(body={"label": "fresh"}),
    "list_access_keys": Example(),
    "revoke_access_key": Example(),
    "list_open_projects": Example(),
    "claim_page": Example(body={"ahead": False}),
    "submit_page": Example(body={"answers": {"q1": "cat"}}),
    "renew_page": Example(),
    "return_page": Example(),
    "report_page": Example(body={"question": "q1", "text": "It is black"}),
}


@dataclass(frozen=True)
class Operation:
    """One operation of the API, as its OpenAPI document has it."""

    id: str
    method: str
    path: str
    scope: str
    about: dict[str, Any]

    @property
    def example(self) -> Example:
        return EXAMPLES[self.id]

    def call(self, caller: Caller, ids: dict[str, str], **options: Any) -> TestResponse:
        options.setdefault("json", self.example.body)
        if options["json"] is None:
            del options["json"]
        path = self.path.removeprefix("/api/v1").format(**ids) + self.example.query
        return caller(self.method, path, **options)


def operations_of(document: dict[str, Any]) -> list[Operation]:
    return [
        Operation(about["operationId"], method.upper(), path, about["x-scope"], about)
        for path, entry in document["paths"].items()
        for method, about in entry.items()
        if method != "parameters"
    ]


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    return app.test_client().get("/api/v1/openapi.json").get_json()


@pytest.fixture
def operations(document: dict[str, Any]) -> list[Operation]:
    return operations_of(document)
