"""How a project's HITs are offered at an endpoint: its settings, checked, and what a HIT costs there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from workers.fees import CENT, MTURK, MTURK_MASTERS, NO_FEE, FeeSchedule, fee_of_one

CHANNEL = "mturk"
DAY = 86_400
YEAR = 365 * DAY
MODES = ("html", "external")
SCHEDULES = {"mturk": MTURK, "none": NO_FEE}
PRODUCTION_HOSTS = ("mturk-requester.us-east-1.amazonaws.com",)
SANDBOX_HOST = "mturk-requester-sandbox.us-east-1.amazonaws.com"
WORKER_SITES = {
    PRODUCTION_HOSTS[0]: "https://www.mturk.com",
    SANDBOX_HOST: "https://workersandbox.mturk.com",
}
MASTERS = {
    SANDBOX_HOST: "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6",
    "": "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH",  # production's id, which other endpoints took over
}
MOST_REQUIREMENTS = 7  # the protocol takes ten, and three may be ours
CHANNELS_OF_NOTICES = ("queue", "topic", "webhook")
CLOSED = "AWS closed Mechanical Turk on September 30, 2026"

AUTO = "auto"  # a qualification that the first publication makes
BadWork = Literal["accepted", "soft_rejected", "rejected"]
BAD_WORK: tuple[BadWork, ...] = ("accepted", "soft_rejected", "rejected")
Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Posting:
    """The settings of a project for a channel that speaks the MTurk protocol."""

    mode: str = "html"  # "external": our own server composes the page when a worker accepts
    description: str = ""
    keywords: str = ""
    assignment_seconds: int = 3600
    lifetime_seconds: int = 3 * DAY
    auto_approval_seconds: int = 3 * DAY
    requirements: tuple[Mapping[str, Any], ...] = ()  # as the protocol has them
    masters: bool = False
    fees: str = "mturk"  # what the endpoint charges: AWS's published prices, or "none"
    allow_production: bool = False  # AWS's own host, with real money
    most_assignments: int = 9  # of one HIT; from 10 on AWS's fee doubles
    submit_hosts: tuple[str, ...] = ()  # origins of worker sites; the endpoint's own unless given
    url: str = ""  # where workers reach our server, in mode "external"
    frame_height: int = 0  # in pixels; 0: as much as the page needs
    # Work is paid for; that of a worker may not be with less than this share right of so much gold, at least.
    bad_work: BadWork = "accepted"
    bad_below: float = 0.5
    bad_least: int = 10
    # Ids of qualifications of ours, or AUTO. Workers who have handed in a page get the first, those who are
    # kept out the second, and neither are offered more; the third tells everyone's skill in percent.
    worked: str = ""
    barred: str = ""
    skilled: str = ""
    # Where the endpoint tells us of what happens to HITs: one of these, or none.
    queue: str = ""
    topic: str = ""
    webhook: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Posting:
        """Return a project's settings; what is not set takes its default."""
        posting = cls(**stored)
        return replace(
            posting,
            requirements=tuple(posting.requirements),
            submit_hosts=tuple(origin(host) for host in posting.submit_hosts),
        )

    @property
    def schedule(self) -> FeeSchedule:
        """Return what the endpoint takes on top of a reward."""
        return MTURK_MASTERS if self.masters and self.fees == "mturk" else SCHEDULES[self.fees]

    @property
    def told(self) -> tuple[str, str] | None:
        """Return the transport and the destination of notifications, as the protocol has them."""
        if self.queue:
            return "SQS", self.queue
        destination = self.topic or self.webhook
        return ("SNS", destination) if destination else None

    def hosts(self, endpoint: str) -> tuple[str, ...]:
        """Return the origins that a page may hand its answers to; the first unless its frame says which."""
        own = WORKER_SITES.get(host_of(endpoint), origin(endpoint))
        return self.submit_hosts or (own,)

    def qualifications(self, endpoint: str) -> list[dict[str, Any]]:
        """Return who may accept, as the protocol has it."""
        masters = MASTERS.get(host_of(endpoint), MASTERS[""])
        wanted = [{"QualificationTypeId": masters, "Comparator": "Exists"}] if self.masters else []
        unwanted = [each for each in (self.worked, self.barred) if each]
        without = [{"QualificationTypeId": each, "Comparator": "DoesNotExist"} for each in unwanted]
        return [*map(dict, self.requirements), *wanted, *without]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one assignment of a HIT costs, in micro-dollars."""

    reward: int
    fee: int

    @property
    def whole(self) -> int:
        """Return both together."""
        return self.reward + self.fee


def cost(posting: Posting, *, price_micros: int, questions: int, assignments: int) -> Cost:
    """Return what one of so many assignments costs: rewards are whole cents, so a page's is rounded up."""
    reward = -(-price_micros * questions // CENT) * CENT
    return Cost(reward, fee_of_one(reward, assignments, posting.schedule))


def dollars(micros: int) -> str:
    """Return an amount in whole cents as the protocol writes it."""
    if micros % CENT:
        raise AssertionError(f"{micros} micro-dollars are not whole cents")
    return f"{micros // (100 * CENT)}.{micros // CENT % 100:02}"


def origin(address: str) -> str:
    """Return the origin of an address, as a browser would write it."""
    parts = urlsplit(address)
    port = "" if parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def host_of(endpoint: str) -> str:
    """Return the host of an endpoint."""
    return (urlsplit(endpoint).hostname or "").lower()


def is_production(endpoint: str) -> bool:
    """Tell whether this is AWS's own host, where the money was real."""
    host = host_of(endpoint)
    return host in PRODUCTION_HOSTS or (
        host.startswith("mturk-requester.") and host.endswith(".amazonaws.com")
    )


def faults(stored: Mapping[str, Any], endpoint: str | None) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a project's settings for an endpoint: the field, and what to do."""
    if endpoint is None or not _is_address(endpoint):
        yield "endpoint", "must be an address of the MTurk protocol, such as http://127.0.0.1:8081/mturk"
        return
    known = {field.name for field in fields(Posting)}
    for name in stored:
        if name not in known:
            yield f"posting.{name}", f"is no setting; there are {', '.join(sorted(known))}"
    for name, is_right, text in _RULES:
        if name in stored and not is_right(stored[name]):
            yield f"posting.{name}", text
    if stored.get("mode") == "external" and not stored.get("url"):
        yield "posting.url", "mode external needs the https:// address at which workers reach this server"
    if sum(bool(stored.get(name)) for name in CHANNELS_OF_NOTICES) > 1:
        yield "posting", f"has at most one of {', '.join(CHANNELS_OF_NOTICES)}"
    if is_production(endpoint) and stored.get("allow_production") is not True:
        yield "endpoint", f"is AWS's production host ({CLOSED}); set posting.allow_production to use it"


def _is_address(value: object) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def _text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _between(least: int, most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 64 and (value == "" or value.isalnum())


def _is_empty_or(is_right: Check) -> Check:
    return lambda value: value == "" or is_right(value)


def _is_topic(value: object) -> bool:
    parts = value.split(":") if isinstance(value, str) and len(value) <= 300 else []
    return len(parts) == 6 and parts[0] == "arn" and parts[2] == "sns" and all(parts[3:])


def _all(is_right: Check, most: int) -> Check:
    return lambda value: isinstance(value, list | tuple) and len(value) <= most and all(map(is_right, value))


def _is_requirement(value: object) -> bool:
    return isinstance(value, Mapping) and {"QualificationTypeId", "Comparator"} <= set(value)


QUALIFICATION = f"is the id of a qualification, {AUTO}, or empty"
_RULES: tuple[tuple[str, Check, str], ...] = (
    ("mode", lambda value: value in MODES, f"choose from {', '.join(MODES)}"),
    ("description", _text(2000), "must be text of at most 2000 characters"),
    ("keywords", _text(1000), "must be text of at most 1000 characters"),
    ("assignment_seconds", _between(30, YEAR), "lies between 30 and 31536000"),
    ("lifetime_seconds", _between(30, YEAR), "lies between 30 and 31536000"),
    ("auto_approval_seconds", _between(0, 30 * DAY), "lies between 0 and 2592000"),
    (
        "requirements",
        _all(_is_requirement, MOST_REQUIREMENTS),
        f"is a list of at most {MOST_REQUIREMENTS} of the protocol's requirements",
    ),
    ("masters", _is_flag, "is true or false"),
    ("fees", lambda value: value in SCHEDULES, f"choose from {', '.join(SCHEDULES)}"),
    ("allow_production", _is_flag, "is true or false"),
    ("most_assignments", _between(1, 10**9), "is at least 1"),
    ("submit_hosts", _all(_is_address, 10), "is a list of addresses such as https://host"),
    ("url", lambda value: value == "" or str(value).startswith("https://"), "must begin with https://"),
    ("worked", _is_id, QUALIFICATION),
    ("barred", _is_id, QUALIFICATION),
    ("skilled", _is_id, QUALIFICATION),
    ("queue", _is_empty_or(_is_address), "is the address of a queue, https://…, or empty"),
    (
        "topic",
        _is_empty_or(_is_topic),
        "is the ARN of a topic, arn:aws:sns:<region>:<account>:<name>, or empty",
    ),
    (
        "webhook",
        _is_empty_or(_is_address),
        "is the address at which the endpoint reaches this server, or empty",
    ),
    ("bad_work", lambda value: value in BAD_WORK, f"choose from {', '.join(BAD_WORK)}"),
    ("bad_below", _is_share, "is a share from 0 to 1"),
    ("bad_least", _between(1, 10_000), "is at least 1"),
    ("frame_height", _between(0, 10_000), "lies between 0 and 10000"),
)
