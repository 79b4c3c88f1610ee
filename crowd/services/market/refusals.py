"""What the market refuses, in the protocol's own words."""

from __future__ import annotations

from typing import ClassVar

from crowd.errors import CrowdError

PREFIX = "AWS.MechanicalTurk."


class Refused(CrowdError):
    """A request that the rules of the protocol do not allow; nothing was changed.

    `kind` is the error's type on the wire. `reason` is its TurkErrorCode without the prefix, which only
    RequestError and ServiceFault have.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"

    def __init__(self, message: str, reason: str | None = None, *, kind: str = "RequestError") -> None:
        super().__init__(message)
        self.reason = reason
        self.kind = kind


def missing(noun: str, external_id: str) -> Refused:
    """Return the refusal for a HIT, an assignment, … that is not there or not the caller's."""
    return Refused(f"{noun} {external_id} does not exist.", f"{noun.replace(' ', '')}DoesNotExist")


def wrong_status(noun: str, *allowed: str) -> Refused:
    """Return the refusal for something in a state that does not allow it."""
    return Refused(
        f"This {noun} has a wrong status. This operation can be called with a status of: {','.join(allowed)}",
        f"Invalid{noun}State",
    )
