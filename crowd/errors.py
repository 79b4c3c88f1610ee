"""Everything that can go wrong for a user, with the status it has over HTTP."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what a user sent: where it is and what to do."""

    where: str
    message: str

    def __str__(self) -> str:
        """Render as one line of a report."""
        return f"{self.where}: {self.message}" if self.where else self.message


class CrowdError(Exception):
    """Something a user can understand and act on."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems

    def as_dict(self) -> dict[str, Any]:
        """Return the body of an `application/problem+json` response (RFC 9457)."""
        body: dict[str, Any] = {
            "type": f"about:blank#{self.code}",
            "title": self.message,
            "status": self.status,
        }
        if self.problems:
            body["errors"] = [asdict(problem) for problem in self.problems]
        return body


class Unauthorized(CrowdError):
    """No valid key or token came with the request."""

    status = 401
    code = "unauthorized"


class BudgetExceeded(CrowdError):
    """The project's cap does not cover what was asked for."""

    status = 402
    code = "budget-exceeded"


class Forbidden(CrowdError):
    """The key or worker is known but may not do this."""

    status = 403
    code = "forbidden"


class NotFound(CrowdError):
    """Absent, or not visible to whoever asks: the two look alike."""

    status = 404
    code = "not-found"


class Conflict(CrowdError):
    """The request contradicts what is already stored."""

    status = 409
    code = "conflict"


class Stale(CrowdError):
    """The lease this submission came under has ended; it is kept apart and not counted."""

    status = 409
    code = "stale"


class TooLarge(CrowdError):
    """More was sent than one request may carry."""

    status = 413
    code = "too-large"


class Unprocessable(CrowdError):
    """The input is understood and wrong; nothing of it was stored."""

    status = 422
    code = "unprocessable"


class TooMany(CrowdError):
    """Tried too often; it may be tried again in `retry_after` seconds."""

    status = 429
    code = "too-many"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(CrowdError):
    """Another server that is needed does not answer; nothing was stored."""

    status = 503
    code = "unavailable"


class Misconfigured(CrowdError):
    """A setting is missing, unsafe or contradicts another."""

    code = "misconfigured"


def bad_input(where: str, message: str) -> Unprocessable:
    """Return an error about one place in the input."""
    problem = Problem(where, message)
    return Unprocessable(str(problem), problems=(problem,))


def bad_inputs(problems: list[Problem], *, what: str, found: int = 0) -> Unprocessable:
    """Return one error that lists the faults in `what`, of which perhaps more were `found`."""
    if len(problems) == 1:
        return Unprocessable(str(problems[0]), problems=tuple(problems))
    count = f"{len(problems)} problems" if found <= len(problems) else f"more than {len(problems)} problems"
    return Unprocessable(f"{what}: {count}, none of it was used", problems=tuple(problems))
