"""Calls to an endpoint: checked before they go out, paced, and understood when they fail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from crowd.channels.mturk import client as clients
from crowd.channels.mturk.errors import CallError, Faulty, Lost, Throttled, Unreached, Unreadable, understood
from crowd.channels.mturk.pacing import Pace, backoff

Reply = dict[str, Any]

MONEY = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
AMOUNTS = ("Reward", "BonusAmount")
MOMENTS = ("ExpireAt",)
# What a second call cannot do again; everything else goes out once per call of ours.
READS = ("Get", "List")
READ_ATTEMPTS = 3
PATIENCE = 20.0  # seconds for which a throttled call asks again


@dataclass(slots=True)
class Caller:
    """Calls one endpoint from any number of threads, at the pace it bears."""

    client: Any  # from `client.connect`
    pace: Pace = field(default_factory=lambda: Pace(time.monotonic, time.sleep))
    patience: float = PATIENCE
    rng: Random = field(default_factory=Random)

    def call(self, operation: str, **parameters: Any) -> Reply:  # noqa: ANN401 - any JSON value
        """Call an operation; return its reply.

        A throttled call is repeated for a while, for nothing was done. A read that was lost is repeated
        twice. Nothing else is: that is for whoever has written the call down.

        Raises:
            CallError: it failed; the type says what to do about it.
        """
        ready = checked(parameters)
        attempts = READ_ATTEMPTS if operation.startswith(READS) else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._patiently(operation, ready)
            except (Faulty, Lost, Unreached):
                if attempt == attempts:
                    raise
                self.pace.sleep(backoff(attempt, self.rng))
        raise AssertionError("unreachable")

    def pages(self, operation: str, rows: str, **parameters: Any) -> Iterator[list[Reply]]:  # noqa: ANN401
        """Yield the rows of a list, page by page, until there is no more; rows may repeat between pages."""
        token: dict[str, str] = {}
        while True:
            reply = self.call(operation, MaxResults=100, **parameters, **token)
            if found := reply.get(rows, []):
                yield found
            if not found or not reply.get("NextToken"):
                return
            token = {"NextToken": reply["NextToken"]}

    def _patiently(self, operation: str, parameters: Reply) -> Reply:
        until = self.pace.time() + self.patience
        while True:
            turn = self.pace.wait()
            try:
                reply = self._send(operation, parameters)
            except Throttled:
                self.pace.throttled(turn)
                if self.pace.time() >= until:
                    raise
                continue
            except CallError as error:
                if error.status < 500:
                    self.pace.passed()
                raise
            self.pace.passed()
            return reply

    def _send(self, operation: str, parameters: Reply) -> Reply:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return _invoke(self.client, operation, parameters)
        except ClientError as error:
            raise understood(operation, error.response) from error
        except Unreadable as error:
            raise Lost(operation, "unreadable reply", str(error)) from error
        except BotoCoreError as error:
            raise _transport(operation, error) from error


def checked(parameters: Reply) -> Reply:
    """Return parameters as they may go out: money as text, moments with their zone.

    Raises:
        AssertionError: there is a float, a naive time, or an amount that is no amount. It is a fault of ours.
    """
    ready = {name: _moment(value) if name in MOMENTS else value for name, value in parameters.items()}
    for name in AMOUNTS:
        amount = ready.get(name, "0")
        if not isinstance(amount, str) or not MONEY.fullmatch(amount):
            raise AssertionError(f"{name} {amount!r} is not an amount like '0.05'")
    _refuse_inexact(ready)
    return ready


def _moment(value: object) -> object:
    """Return a moment that was kept as text as what boto3 understands."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _refuse_inexact(value: object) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _refuse_inexact(part)
    if isinstance(value, float) or (isinstance(value, datetime) and value.tzinfo is None):
        raise AssertionError(f"{value!r} is not exact: money is text, a time has its zone")


def _invoke(client: Any, operation: str, parameters: Reply) -> Reply:  # noqa: ANN401
    from botocore import xform_name

    reply: Reply = getattr(client, xform_name(operation))(**parameters)
    _require_outcome(client, operation, reply)
    return reply


def _require_outcome(client: Any, operation: str, reply: Reply) -> None:  # noqa: ANN401
    """Refuse a reply without what it is for: a reply cut short must not pass for an empty list."""
    wanted = clients.outcome(client.meta.service_model.operation_model(operation))
    if wanted is not None and wanted not in reply:
        raise Unreadable(f"it has no {wanted}")


def _transport(operation: str, error: Exception) -> CallError:
    from botocore.exceptions import (
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
        ParamValidationError,
    )

    from crowd.channels.mturk.errors import Refused

    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return Unreached(operation, "no connection", str(error))
    if isinstance(error, HTTPClientError):
        return Lost(operation, "no reply", str(error))
    if isinstance(error, ParamValidationError | NoCredentialsError):
        return Refused(operation, type(error).__name__, str(error))
    return Lost(operation, type(error).__name__, str(error))
