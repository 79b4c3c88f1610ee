"""Errors as the protocol writes them: a type, a message with the moment it was made, a code."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from crowd.services.market.refusals import PREFIX, Refused

# All others are 400, as the service had it.
STATUSES = {
    "ServiceFault": 500,
    "NotImplemented": 501,
    "MissingAuthenticationTokenException": 403,
    "IncompleteSignatureException": 403,
    "UnrecognizedClientException": 403,
    "InvalidSignatureException": 403,
    "RequestEntityTooLargeException": 413,
}
WITH_CODE = frozenset({"RequestError", "ServiceFault"})
OTHERWISE = {"RequestError": "InvalidParameterValue", "ServiceFault": "ServiceFault"}


def body(error: Refused, now: datetime) -> tuple[str, int]:
    """Return the JSON of a refusal and its status."""
    told: dict[str, Any] = {
        "__type": error.kind,
        "Message": f"{error.message} ({int(now.timestamp() * 1000)})",
    }
    if error.kind in WITH_CODE:
        told["TurkErrorCode"] = PREFIX + (error.reason or OTHERWISE[error.kind])
    return json.dumps(told), STATUSES.get(error.kind, 400)


def fault(*, is_busy: bool = False) -> Refused:
    """Return what to answer when it is not the program's fault."""
    message = (
        "The service is busy; nothing was stored." if is_busy else "The service failed; nothing was stored."
    )
    return Refused(f"{message} Try your call again.", kind="ServiceFault")
