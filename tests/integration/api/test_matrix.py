"""Every route, called by everyone, with ids of their own, of others and of nothing, does as declared.

`verdicts.yaml` says for each route what happens. A number is the status of every call. "allowed" means that
one's own succeeds, and that what is somebody else's cannot be told from what is not there. "door" is the way
to sign in. No call leaves a trace, so each finds the same world.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from crowd.api.paths import Id
from crowd.app import create_app
from crowd.db import Database
from crowd.models import Item, Project, Worker
from crowd.services import cases, roster
from crowd.services.access import keys, sessions
from crowd.services.people import invitations
from tests.integration.api import foreign_hits

VERDICTS = yaml.safe_load(Path(__file__).with_name("verdicts.yaml").read_text())
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ORIGIN = "http://localhost"
ABSENT = {
    "project": "nowhere",
    "project number": "987654",
    "item": "nothing",
    "batch": "987654",
    "rule": "nothing-to-rule",
    "case": "987654",
    "worker": "wffffffffffff",
    "group": "nobodies",
    "name": "nameless",
    "version": "987654",
    "key": "ffffffffffff",
    "access_key": "AKCRFFFFFFFFFFFFFFFF",
    "page": "nnnnnnnnnnnnnnnnnnnnnn",
    "invitation": "nnnnnnnnnnnn.nnnnnnnnnnnnnnnnnnnnnn",
    "entrance": "cww_nnnnnnnnnnnn_nnnnnnnn",
    "filename": "nothing.css",
    "hit type": "3NOTHING",
    "hit": "3NOTHING",
    "assignment": "3NOTHING",
    "kind": "3NOTHING",
}
# Who knows these may use them, whoever they are.
PUBLIC = {"invitation", "entrance", "filename"}
# What a token in a path stands for, where it is not a page's.
TOKENS = {"/work/invitations/": "invitation", "/work/enter/": "entrance"}


class Rehearsal(Database):
    """A database on which nothing is ever stored."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._turns, self._write() as session:
            yield session
            session.flush()
            session.rollback()

    def _once(self, work: Callable[[Session], Any]) -> Any:
        with self.write() as session:
            return work(session)

    def express(self, work: Callable[..., Any]) -> None:
        """Send everyone the general way: the express one commits by itself, and is tested against it."""


@dataclass
class Estate:
    """What a requester has: the ids by which it is found, and who works there."""

    ids: dict[str, str]
    worker: Any
    project: str


@dataclass
class Person:
    """Someone who calls: by token over the API, by cookie on pages."""

    name: str
    own: dict[str, str]
    foreign: dict[str, str]
    token: str | None = None
    cookie: str | None = None
    csrf: str = ""


@dataclass
class Findings:
    """What did not go as declared."""

    calls: int = 0
    faults: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, declared: object) -> None:
        if found != declared:
            self.faults.append(f"{what}: {str(found)[:120]}, expected {str(declared)[:120]}")


def routes(app: Flask) -> dict[str, tuple[str, Rule]]:
    """Return every method of every rule, by the name it has in `verdicts.yaml`."""
    return {
        f"{method} {rule.rule}": (method, rule)
        for rule in app.url_map.iter_rules()
        for method in METHODS
        if method in (rule.methods or ())
    }


def test_every_route_is_declared_and_every_declaration_is_a_route(app):
    assert set(VERDICTS["routes"]) == set(routes(app))


def test_every_declaration_names_principals_there_are():
    known = set(VERDICTS["scopes"]["open"])
    assert all(set(row) == known for row in VERDICTS["scopes"].values())
    special = [row for row in VERDICTS["routes"].values() if isinstance(row, dict)]
    assert all(set(row) <= known | {"as", "own", "others"} for row in special)


# By day what is not their own is tried by these; their own, by everyone.
CURIOUS = ("worker", "requester", "project_key")


@pytest.mark.parametrize("curious", [CURIOUS, pytest.param(None, marks=pytest.mark.slow, id="everyone")])
def test_all_routes_do_as_declared(rehearsal, everyone, operations, curious):
    bodies = {operation.id: operation.example for operation in operations}
    findings = Findings()
    for name, (method, rule) in routes(rehearsal).items():
        for person in everyone:
            tries_others = curious is None or person.name in curious
            check(rehearsal, findings, name, method, rule, person, bodies, tries_others=tries_others)
    assert findings.calls > 1000
    if findings.faults:
        pytest.fail("\n".join(findings.faults), pytrace=False)


def check(
    app: Flask,
    findings: Findings,
    name: str,
    method: str,
    rule: Rule,
    person: Person,
    bodies: dict[str, Any],
    *,
    tries_others: bool,
) -> None:
    """Call one route as one person with each kind of ids, and compare with what is declared."""
    declared = VERDICTS["routes"][name]
    row = declared if isinstance(declared, dict) else {"as": declared}
    verdict = declared if isinstance(declared, int) else _verdict(row, person)
    kinds = (person.own, person.foreign, ABSENT) if rule.arguments and tries_others else (person.own,)
    own, *others = (outcome(app, method, rule, person, ids, bodies) for ids in kinds)
    findings.calls += len(kinds)
    about = f"{name} by {person.name}"
    if verdict != "allowed":
        findings.expect(f"{about}, own", own[0], verdict)
    elif "own" in row:
        findings.expect(f"{about}, own", own[0], row["own"])
    elif not (isinstance(own[0], int) and own[0] < 400):
        findings.expect(f"{about}, own", own, "success")
    if others:
        foreign, absent = others
        # Who may not do it at all may learn that it is there, of what is their own.
        expected = row.get("others", 404) if verdict in ("allowed", 403) and absent[0] != verdict else verdict
        findings.expect(f"{about}, absent", absent[0], expected)
        if not PUBLIC & {meaning(rule, name) for name in rule.arguments}:
            findings.expect(f"{about}, foreign", foreign, absent)


def _verdict(row: dict[str, Any], person: Person) -> Any:
    return row.get(person.name, VERDICTS["scopes"][row["as"]][person.name])


def outcome(
    app: Flask, method: str, rule: Rule, person: Person, ids: dict[str, str], bodies: dict[str, Any]
) -> tuple[object, str]:
    """Return the status (or "door") and the body without the ids that were asked for."""
    chosen = {name: ids[meaning(rule, name)] for name in rule.arguments}
    answer = call(app, method, rule, person, chosen, bodies)
    text = answer.text
    for value in sorted(chosen.values(), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
    text = re.sub(r"\d+", "…", text)  # a number such as 1 stands in a page for other things too
    is_door = answer.status_code == 303 and re.search(r"/signin(\?next=.*)?$", answer.headers["Location"])
    return ("door", "") if is_door and "/signout" not in rule.rule else (answer.status_code, text)


def meaning(rule: Rule, name: str) -> str:
    """Return which id a name in a path stands for."""
    if name == "token":
        return next((kind for start, kind in TOKENS.items() if rule.rule.startswith(start)), "page")
    if name == "pseudonym":
        return "worker"
    if name == "group" and rule.rule.startswith("/work/"):
        return "hit type"
    if name in ("project", "slug"):
        return "project number" if isinstance(rule._converters[name], Id) else "project"
    return name


def call(
    app: Flask, method: str, rule: Rule, person: Person, ids: dict[str, str], bodies: dict[str, Any]
) -> TestResponse:
    client, headers, options = app.test_client(), {"Origin": ORIGIN}, {}
    _, path = rule.build(ids)
    if rule.rule.startswith("/api/v1/"):
        if person.token is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        example = bodies.get(rule.endpoint.rpartition(".")[2])
        if example is not None:
            path += example.query
            options = {"json": example.body} if example.body is not None else {}
    else:
        if person.cookie is not None:
            client.set_cookie("crowd", person.cookie)
        if method != "GET":
            form = VERDICTS["forms"].get(f"{method} {rule.rule}", {})
            filled = {field: value.format(**ids) for field, value in form.items()}
            options = {"data": {"csrf": person.csrf, **filled}}
    return client.open(path, method=method, headers=headers, buffered=True, **options)


@pytest.fixture
def rehearsal(database, settings, clock, everyone) -> Flask:
    parts = {"engine": database.engine, "_write": database._write, "_read": database._read}
    return create_app(settings, database=Rehearsal(**parts, _turns=database._turns), clock=clock)


@pytest.fixture
def estate(invite, database, clock) -> Callable[..., Estate]:
    """Give a requester one of everything."""

    def make(owner: Any, name: str, slug: str) -> Estate:
        body = {"slug": slug, "labels": ["cat", "dog"], "cap": "10.00", "price": "0.05", "hit_size": 1}
        assert owner.post("/projects", body | {"leaderboard": True}).status_code == 201
        items = [{"item": f"i{n}", "payload": {"text": f"picture {n}"}} for n in range(10)]
        assert owner.post(f"/projects/{slug}/items", {"items": items}).status_code == 201
        assert (
            owner.post(f"/projects/{slug}/gold", {"gold": [{"item": "i0", "label": "cat"}]}).status_code
            == 201
        )
        assert owner.post(f"/projects/{slug}/batches", {"size": 9}).status_code == 201
        spare_item = {"items": [{"item": "spare", "payload": {"text": "asked about by nobody yet"}}]}
        assert owner.post(f"/projects/{slug}/items", spare_item).status_code == 201
        worker = invite(name, requester=owner)
        number = str(worker.get("/work/projects").get_json()["projects"][-1]["id"])
        page = worker.post(f"/work/projects/{number}/claim").get_json()
        answers = {question["name"]: "cat" for question in page["questions"]}
        assert worker.post(f"/work/pages/{page['token']}/submit", {"answers": answers}).status_code == 200
        held = worker.post(f"/work/projects/{number}/claim").get_json()["token"]
        assert owner.post(f"/projects/{slug}/consensus", {}).status_code == 201
        assert owner.post(f"/projects/{slug}/training-sets", {}).status_code == 201
        (known,) = owner.get(f"/projects/{slug}/workers").get_json()["workers"]
        assert owner("PUT", f"/groups/{slug}-group/workers/{known['worker']}").status_code == 200
        rule = "collect gold; when graded >= 10; do open_case"
        drafted = owner.post(f"/projects/{slug}/rules", {"name": f"{slug}-rule", "rule": rule})
        assert drafted.status_code == 201, drafted.text
        spare = owner.post("/keys", {"label": "spare", "scopes": ["read"]}).get_json()["key"]
        ids = {
            "project": slug,
            "project number": number,
            "item": "i5",
            "batch": str(owner.get(f"/projects/{slug}/batches").get_json()["batches"][0]["id"]),
            "worker": known["worker"],
            "group": f"{slug}-group",
            "name": "main",
            "version": "1",
            "key": spare.split("_")[1],
            "access_key": owner.post("/mturk-keys", {"label": "spare"}).get_json()["id"],
            "page": held,
            "invitation": database.transact(lambda session: link(session, spare, clock(), f"new {name}")),
            "entrance": worker.token,
            "filename": "work/work.css",
            "rule": f"{slug}-rule",
            "case": database.transact(lambda session: doubt(session, int(number), clock())),
            **database.transact(lambda session: furnished(session, worker.token, clock())),
        }
        return Estate(ids, worker, slug)

    return make


def furnished(session: Session, token: str, now: Any) -> dict[str, str]:
    known = keys.authenticate_worker(session, token)
    return foreign_hits.furnish(session, session.get_one(Worker, known.id), now)


def doubt(session: Session, project_id: int, now: Any) -> str:
    """Open a case about an item of the project; return its number."""
    project = session.get_one(Project, project_id)
    item = session.query(Item).filter_by(project_id=project_id, key="i5").one()
    case = cases.open_case(session, project, "unsure", item_id=item.id, facts={"votes": 0}, now=now)
    assert case is not None
    return str(case.id)


def link(session: Session, key: str, now: Any, name: str) -> str:
    _, reader = keys.authenticate(session, key, now=now)
    return invitations.invite(session, reader, name=name, now=now)[1]


@pytest.fixture
def everyone(database, ann, bob, key, invite, estate, clock) -> list[Person]:
    """Ann and bob have the same; who calls is of ann's, but for the two others."""
    own, other, cars = estate(ann, "wim", "pets"), estate(bob, "zoe", "birds"), estate(ann, "uli", "cars")
    mine, theirs = own.ids, other.ids
    kim = invite("kim")
    held = kim.post(f"/work/projects/{mine['project number']}/claim").get_json()["token"]
    people = [
        Person("anonymous", mine, theirs),
        Person("worker", mine, theirs, own.worker.token),
        Person("other_worker", theirs, mine, other.worker.token),
        Person("banned", {**mine, "page": held}, theirs, kim.token),
        Person("requester", mine, theirs, ann.token),
        Person("other_requester", theirs, mine, bob.token),
        Person("reader", mine, theirs, key("read").token),
        Person("expired", mine, theirs, key(expires_at=clock() + timedelta(minutes=1)).token),
        Person("project_key", mine, {**theirs, **inside(cars.ids)}, key(project="pets").token),
    ]
    for person in people:
        if person.token is not None:
            person.cookie, person.csrf = database.transact(
                lambda session, p=person: signed_in(session, p, clock())
            )

    def ban(session: Session) -> None:
        row = session.query(Worker).filter_by(name="kim").one()
        facts = {"project": None, "kind": "banned", "reason": "spam", "facts": {}, "actor": "test"}
        roster.restrict(session, row, **facts, now=clock())

    database.transact(ban)
    clock.advance(61)
    return people


def inside(ids: dict[str, str]) -> dict[str, str]:
    return {
        name: ids[name]
        for name in ("project", "project number", "item", "batch", "case", "rule", "name", "version")
    }


def signed_in(session: Session, person: Person, now: Any) -> tuple[str, str]:
    if person.token.startswith("cww_"):
        cookie = sessions.open_for_worker(session, keys.authenticate_worker(session, person.token), now=now)
    else:
        cookie = sessions.open_for_key(session, keys.authenticate(session, person.token, now=now)[0], now=now)
    return cookie, sessions.visitor(session, cookie, now=now).csrf
