"""What can become of a call to an endpoint: a type for every way on, and the table that tells them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from crowd.errors import CrowdError

PREFIX = "AWS.MechanicalTurk."
NEVER = "(?!)"  # a pattern that fits nothing


class CallError(CrowdError):
    """A call to an endpoint that did not succeed. `reason` is its TurkErrorCode without the prefix."""

    status: ClassVar[int] = 502
    code: ClassVar[str] = "endpoint"

    def __init__(self, operation: str, kind: str, text: str, reason: str = "") -> None:
        super().__init__(f"{operation}: {kind}: {text}" if kind else f"{operation}: {text}")
        self.operation = operation
        self.kind = kind
        self.text = text
        self.reason = reason


class Unreadable(Exception):
    """A reply that should be JSON and is not: botocore would take it for an empty success."""


class Retryable(CallError):
    """The same call, with the same token, may be sent again later."""

    status = 503
    is_maybe_done: ClassVar[bool] = True  # whether the endpoint may have done it all the same


class Throttled(Retryable):
    """Too many calls: nothing was done."""

    is_maybe_done = False


class Unreached(Retryable):
    """No connection came about: nothing was done."""

    is_maybe_done = False


class Faulty(Retryable):
    """The endpoint broke down over the call."""


class Lost(Retryable):
    """No reply came, or none that can be read."""


class Refused(CallError):
    """The endpoint will refuse this call however often it is sent."""

    status = 422


class NoFunds(Refused):
    """The account at the endpoint does not cover the call; it may once there is more in it."""

    status = 402


class WrongStatus(Refused):
    """What the call is about is in a state that does not allow it: decided already, say."""

    status = 409


class Missing(Refused):
    """What the call is about is not there, or not ours."""

    status = 404


class NameTaken(Refused):
    """There is a qualification of this name already."""

    status = 409


class Replayed(Refused):
    """The endpoint has done this very call before: for whoever repeats one, this is success."""

    status = 409

    @property
    def hit(self) -> str | None:
        """Return the id of the HIT that was made then, where the message names it."""
        found = re.search(r'with ID "?([A-Z0-9]{1,64})"? already exists', self.text, re.IGNORECASE)
        return found[1].upper() if found else None


@dataclass(frozen=True, slots=True)
class _Rule:
    """A way to know an error: by its code first, by a piece of its text second."""

    meaning: type[CallError]
    codes: str
    text: str = NEVER

    def fits(self, codes: tuple[str, ...], text: str) -> bool:
        return any(re.fullmatch(self.codes, code, re.IGNORECASE) for code in codes) or bool(
            re.search(self.text, text, re.IGNORECASE)
        )


# No list of codes was ever published for this API: clients in the wild know these, in any letter case.
TABLE = (
    _Rule(Throttled, r"Throttl\w+|TooManyRequests\w*|RequestLimitExceeded|SlowDown|429", r"^Rate exceeded"),
    _Rule(Replayed, r"HITAlreadyExists|AssignmentAlreadyExists", r"already been processed"),
    _Rule(Replayed, NEVER, r"HIT with ID .* already exists|request ID .* already"),
    _Rule(
        NameTaken, r"QualificationTypeAlreadyExists", r"already created a QualificationType with this name"
    ),
    _Rule(NoFunds, r"InsufficientFunds", r"insufficient funds"),
    _Rule(WrongStatus, r"Invalid(HIT|Assignment|QualificationType)State", r"with a status of"),
    _Rule(Missing, r"\w+DoesNotExist", r"does not exist"),
    _Rule(Faulty, r"ServiceFault|ServiceUnavailable\w*|Internal\w*|5\d\d", r"^HTTP Version Not Supported"),
)


def understood(operation: str, reply: dict[str, Any]) -> CallError:
    """Return what an error reply means; botocore gives it as `ClientError.response`."""
    error = reply.get("Error", {})
    kind, text = str(error.get("Code", "")), str(error.get("Message", ""))
    reason = str(reply.get("TurkErrorCode") or error.get("TurkErrorCode") or "").removeprefix(PREFIX)
    status = reply.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    meaning = next((rule.meaning for rule in TABLE if rule.fits((reason, kind), text)), None)
    if meaning is None:
        meaning = Faulty if status >= 500 else Refused
    return meaning(operation, reason or kind, text[:500], reason)
