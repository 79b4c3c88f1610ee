"""What a channel is: a place where HITs are published and answers come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Built = Literal["publish", "accept"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question on a page; nothing a worker sees of it tells gold from ordinary work.

    `name` ("q1", "q2", …) is what the worker's form carries. `key` is the requester's id of the item:
    the channel may use it, a worker never sees it.
    """

    name: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The questions of one HIT under the token its answers must carry."""

    token: str
    title: str
    instructions: str
    labels: tuple[str, ...]
    questions: tuple[Question, ...]
    kind: str = "work"  # or "training" or "quiz": the entrance to the project
    task_type: str = "choice"
    options: Mapping[str, Any] = field(default_factory=dict)  # of the task type
    details: Mapping[str, Any] = field(default_factory=dict)  # of the labels, by label
    template: str | None = None  # the requester's own; None: the task type's
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One HIT to be published: a page for so many workers."""

    page: Page
    assignments: int
    reward_micros: int


@dataclass(frozen=True, slots=True)
class Submission:
    """What one worker answered on one page."""

    assignment: str  # the channel's id of the assignment
    worker: str  # the channel's id of the worker
    answers: Mapping[str, str]  # question name -> value
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in for one published HIT."""

    hit: str
    submissions: Sequence[Submission]


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Places on a published HIT that nobody will ever fill."""

    hit: str
    places: Mapping[str, int]  # question name -> answers that will not come
    reason: str


class Desk(Protocol):
    """Where a channel's people meet the project; every call is a transaction of its own."""

    def claim(self, worker: str) -> Page | None:
        """Build a page for this worker, or return None when there is nothing for them."""

    def submit(self, worker: str, token: str, answers: Mapping[str, str], seconds: float | None) -> None:
        """Hand in a claimed page."""

    def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Hand in what was submitted to HITs whose pages were built when they were published."""

    def close(self, unfilled: Sequence[Unfilled]) -> None:
        """Report places that will stay empty."""


class Channel(Protocol):
    """A workforce: crowd's own pool, an MTurk endpoint, simulated people, recorded answers."""

    name: str
    built: Built  # when a HIT's page is built

    def publish(self, orders: Sequence[Order]) -> list[str]:
        """Offer HITs to the workforce; return the channel's id of each."""

    def expire(self, hits: Iterable[str]) -> None:
        """Stop offering these HITs."""

    def collect(self, desk: Desk) -> int:
        """Bring what the workforce has done so far to the desk; return how many pages it was."""
