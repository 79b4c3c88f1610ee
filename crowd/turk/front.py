"""The door of the protocol: a signed request comes in, one operation runs in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from flask import Blueprint, Request, Response, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from crowd.clock import Clock, utc_now
from crowd.db import Database
from crowd.errors import CrowdError
from crowd.models.market import AccessKey
from crowd.services.market import access
from crowd.services.market.profile import Profile
from crowd.services.market.refusals import Refused
from crowd.settings import Outlets
from crowd.turk import check, errors, signature
from crowd.turk.call import Call, Desk, Given, Operation, Reply
from crowd.turk.model import service
from crowd.turk.operations import REGISTRY

CONTENT_TYPE = "application/x-amz-json-1.1"
# The longest question with every character escaped, and as much again for all else.
LONGEST_BODY = 2**20
# With and without the slash: clients differ in what they make of an address.
PATHS = ("/mturk/", "/mturk")

Work = Callable[[Session], tuple[AccessKey, Reply]]

log = structlog.get_logger("crowd.turk")


@dataclass(frozen=True, slots=True)
class Front:
    """What requests are answered with."""

    database: Database
    clock: Clock
    profile: Profile
    secret_key: str
    outlets: Outlets
    is_tested: Callable[[], bool]  # then faults are raised, and what is answered is checked as well

    def answer(self, sent: Request) -> Response:
        """Answer a request of a program; nothing it can send ends in anything but a reply of the protocol."""
        now = self.clock()
        try:
            body, status = json.dumps(self._run(sent, now)), 200
        except Refused as error:
            body, status = errors.body(error, now)
        except OperationalError:
            log.exception("database")
            body, status = errors.body(errors.fault(is_busy=True), now)
        except Exception:
            if self.is_tested():
                raise
            log.exception("unexpected")
            body, status = errors.body(errors.fault(), now)
        response = Response(body, status=status, content_type=CONTENT_TYPE)
        response.headers["x-amzn-RequestId"] = str(uuid4())
        return response

    def _run(self, sent: Request, now: datetime) -> Reply:
        body = _body(sent)
        name, operation = _operation(sent.headers.get("X-Amz-Target", ""))
        key_id = self._signer(sent, body)
        given = check.given(name)(_parsed(body), "")
        structlog.contextvars.bind_contextvars(actor=f"market_key:{key_id}", operation=name)
        if operation is None:
            raise Refused(f"{name} is not implemented by this server.", kind="NotImplemented")
        reply = self._express(operation, key_id, given, now)
        if reply is None:
            work = partial(self._work, operation, key_id, given, now)
            reply = self._read(work, now) if operation.is_reading else self._write(work, now)
        if self.is_tested():
            check.reply(name)(reply, "")
        return reply

    def _signer(self, sent: Request, body: bytes) -> str:
        # Signed by the clock on the wall: a market whose time is moved still has programs of today.
        path = sent.root_path + sent.path
        signed = signature.Request(path, sent.query_string.decode("latin-1"), sent.headers, body)
        return signature.verify(signed, self._secret_of, now=utc_now())

    def _secret_of(self, key_id: str) -> str:
        return self.profile.secrets.get(key_id) or access.secret_of(key_id, self.secret_key)

    def _express(self, operation: Operation, key_id: str, given: Given, now: datetime) -> Reply | None:
        """Answer in a few plain statements, where the operation has a way and the call is ordinary."""
        answer = operation.express
        if answer is None:
            return None
        return self.database.express(lambda line: answer(Desk(line, key_id, now, self.profile), given))

    def _read(self, work: Work, now: datetime) -> Reply:
        with self.database.read() as session:
            key, reply = work(session)
        if access.is_use_worth_noting(key, now=now):
            self.database.transact(lambda session: access.note_use(session, key.id, now=now))
        return reply

    def _write(self, work: Work, now: datetime) -> Reply:
        def act(session: Session) -> Reply:
            key, reply = work(session)
            if access.is_use_worth_noting(key, now=now):
                key.last_used_at = now
            return reply

        return self.database.transact(act)

    def _work(
        self, operation: Operation, key_id: str, given: Given, now: datetime, session: Session
    ) -> tuple[AccessKey, Reply]:
        found = access.holder(session, key_id, now=now)
        if found is None:
            raise Refused(
                "The security token included in the request is invalid.", kind="UnrecognizedClientException"
            )
        key, account = found
        call = Call(session, account, now, self.profile, f"market_key:{key_id}", self.outlets)
        try:
            return key, operation.answer(call, given)
        except Refused:
            raise
        except CrowdError as error:
            raise Refused(str(error), kind="ParameterValidationError") from error


def blueprint(front: Front) -> Blueprint:
    """Return the routes of the protocol."""
    turk = Blueprint("turk", __name__)

    def answer() -> Response:
        return front.answer(request)

    for path in PATHS:
        turk.add_url_rule(path, "answer", answer, methods=["POST"])
    return turk


def _body(sent: Request) -> bytes:
    sent.max_content_length = LONGEST_BODY
    try:
        return sent.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Refused(
            f"A request must not be longer than {LONGEST_BODY} bytes.", kind="RequestEntityTooLargeException"
        ) from None


def _operation(target: str) -> tuple[str, Operation | None]:
    prefix, _, name = target.partition(".")
    if prefix != service().metadata["targetPrefix"] or name not in service().operation_names:
        raise Refused("There is no such operation.", kind="UnknownOperationException")
    return name, REGISTRY.get(name)


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        parsed: Mapping[str, Any] = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("The request is not JSON.", kind="SerializationException") from None
    return parsed
