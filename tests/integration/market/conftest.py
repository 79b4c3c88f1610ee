"""A market on a migrated database, and a boto3 client whose requests go to the application in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from crowd.app import create_app
from crowd.db import Database
from crowd.models import Requester, Worker
from crowd.models.market import MarketAccount, MarketAssignment, MarketHit
from crowd.services import roster
from crowd.services.access import keys
from crowd.services.market import access, money, work
from crowd.services.market import account as accounts
from crowd.services.market.profile import AWS, Profile
from crowd.settings import Settings, new_secret
from workers.money import to_micros

ENDPOINT = "http://crowd.test/mturk"
START = datetime(2026, 1, 1, tzinfo=UTC)
OWNER = "ann"
FUNDS = "1000.00"
TARGET = "MTurkRequesterServiceV20170117."
QUESTION = (
    '<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/'
    'HTMLQuestion.xsd"><HTMLContent><![CDATA[<!DOCTYPE html><form><input name="label"></form>]]>'
    "</HTMLContent><FrameHeight>0</FrameHeight></HTMLQuestion>"
)

Result = TypeVar("Result")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


class Body:
    """A reply's body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


@dataclass
class Market:
    """An application that speaks the protocol, a program with an account there, and people who work."""

    app: Flask
    database: Database
    settings: Settings
    clock: Clock
    pair: tuple[str, str] = ("", "")
    client: Any = None
    sent: list[Any] = field(default_factory=list)  # the requests of all clients, newest last

    def do(self, act: Callable[[Session], Result]) -> Result:
        """Act in a transaction of its own."""
        return self.database.transact(act)

    @property
    def account(self) -> MarketAccount:
        return self.account_of(OWNER)

    def account_of(self, requester: str) -> MarketAccount:
        query = select(MarketAccount).join(Requester).where(Requester.name == requester)
        with self.database.read() as session:
            return session.scalars(query).one()

    def key_pair(self, requester: str = OWNER, *, funds: str = FUNDS) -> tuple[str, str]:
        """Make an access key for a requester whose account has this much money."""

        def make(session: Session) -> tuple[str, str]:
            principal = keys.operator(keys.requester(session, requester, now=self.clock()))
            key, secret = access.create_key(
                session,
                principal,
                label="test",
                secret_key=self.settings.secret_key,
                now=self.clock(),
                profile=self.settings.market,
            )
            owner = session.get_one(Requester, principal.requester_id)
            account = accounts.account(session, owner, now=self.clock())
            if to_micros(funds):
                money.deposit(session, account, to_micros(funds), key=f"test:{key.id}", now=self.clock())
            session.flush()
            return key.access_key_id, secret

        return self.do(make)

    def connect(self, pair: tuple[str, str], *, endpoint: str = ENDPOINT) -> Any:
        """Return an ordinary boto3 client with this key pair; its requests go to the application."""
        client = boto3.client(
            "mturk",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=pair[0],
            aws_secret_access_key=pair[1],
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send.mturk", self._answer)
        return client

    def client_of(self, requester: str, *, funds: str = FUNDS) -> Any:
        """Return the client of another requester."""
        return self.connect(self.key_pair(requester, funds=funds))

    def worker(self, name: str, *, requester: str = OWNER) -> Worker:
        """Return a worker of a requester's own pool, who comes for the first time if need be."""
        requester_id = self.account_of(requester).requester_id
        return self.do(lambda s: roster.arrival(s, requester_id, "pool", name, now=self.clock()))

    def person(self, name: str) -> str:
        """Return the id by which programs know a worker."""
        worker = self.worker(name)
        return self.do(lambda s: accounts.person(s, s.get_one(Worker, worker.id)))

    def hit(self, hit_id: str) -> MarketHit:
        with self.database.read() as session:
            return session.scalars(select(MarketHit).where(MarketHit.external_id == hit_id)).one()

    def hit_type(self, **terms: Any) -> str:
        """Make a HIT type; return its id."""
        given = {
            "Title": "Label a text",
            "Description": "Read it and choose",
            "Reward": "0.05",
            "AssignmentDurationInSeconds": 600,
        }
        return str(self.client.create_hit_type(**(given | terms))["HITTypeId"])

    def create(self, **order: Any) -> dict[str, Any]:
        """Make a HIT, of a usual type where none is named; return it as the reply has it."""
        given = {"LifetimeInSeconds": 86_400, "Question": QUESTION} | order
        if "HITTypeId" not in given:
            given["HITTypeId"] = self.hit_type()
        hit: dict[str, Any] = self.client.create_hit_with_hit_type(**given)["HIT"]
        return hit

    def get(self, hit_id: str) -> dict[str, Any]:
        hit: dict[str, Any] = self.client.get_hit(HITId=hit_id)["HIT"]
        return hit

    def accept(self, name: str, hit_id: str) -> str:
        """Let a worker accept a HIT; return the assignment's id."""
        worker, hit = self.worker(name), self.hit(hit_id)

        def act(session: Session) -> str:
            mine, there = session.get_one(Worker, worker.id), session.get_one(MarketHit, hit.id)
            profile = self.settings.market
            return work.accept(session, mine, there, now=self.clock(), profile=profile).external_id

        return self.do(act)

    def give_back(self, assignment_id: str) -> None:
        self.do(lambda s: work.give_back(s, work.held(s, assignment_id), now=self.clock()))

    def submit(self, assignment_id: str, **fields: str) -> MarketAssignment:
        given = list((fields or {"label": "a"}).items())
        return self.do(lambda s: work.submit(s, assignment_id, given, now=self.clock()))

    def done(self, name: str, hit_id: str, **fields: str) -> str:
        """Let a worker accept a HIT and submit it; return the assignment's id."""
        assignment_id = self.accept(name, hit_id)
        self.submit(assignment_id, **fields)
        return assignment_id

    def sweep(self) -> int:
        return self.do(lambda s: work.sweep(s, now=self.clock()))

    def post(
        self,
        operation: str,
        body: Any,
        *,
        target: str | None = None,
        pair: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Send a signed request that boto3 would not send: any body, any operation."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = AWSRequest("POST", f"{ENDPOINT}/", data=data)
        request.headers["X-Amz-Target"] = TARGET + operation if target is None else target
        request.headers["Content-Type"] = "application/x-amz-json-1.1"
        SigV4Auth(Credentials(*(pair or self.pair)), "mturk-requester", "us-east-1").add_auth(request)
        sent = dict(request.headers.items()) | {"Host": "crowd.test"} | (headers or {})
        return self.app.test_client().post("/mturk/", data=data, headers=sent)

    def _answer(self, request: Any, **_: object) -> AWSResponse:
        self.sent.append(request)
        path, _, query = request.url.removeprefix("http://crowd.test").partition("?")
        text = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        answer = self.app.test_client().post(
            path,
            data=request.body,
            query_string=query,
            headers={"Host": "crowd.test"} | text,
        )
        return AWSResponse(request.url, answer.status_code, dict(answer.headers), Body(answer.data))


@pytest.fixture
def profile() -> Profile:
    """What the protocol leaves open; a test may have its own."""
    return AWS


@pytest.fixture
def market(database: Database, profile: Profile) -> Market:
    clock = Clock()
    settings = Settings(secret_key=new_secret(), market=profile)
    app = create_app(settings, database=database, clock=clock)
    app.config["TESTING"] = True
    market = Market(app, database, settings, clock)
    market.pair = market.key_pair()
    market.client = market.connect(market.pair)
    return market
