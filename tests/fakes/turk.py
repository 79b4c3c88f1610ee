"""A small endpoint of the MTurk protocol that breaks on purpose: it knows nothing of crowd's own endpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import RLock
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.faults import Plan

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0
UNAVAILABLE = "ASSIGNMENT_ID_NOT_AVAILABLE"
XMLNS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"

Given = dict[str, Any]


class No(Exception):
    """A refusal in the protocol's words."""

    def __init__(self, text: str, code: str, kind: str = "RequestError") -> None:
        super().__init__(text)
        self.code = code
        self.kind = kind


def no_status(noun: str, *allowed: str) -> No:
    listed = ",".join(allowed)
    return No(f"This operation can be called with a status of: {listed}", f"Invalid{noun}State")


@dataclass
class Call:
    """One request as it arrived: what was wanted, and what came of it."""

    operation: str
    given: Given
    fault: str | None
    outcome: str = "not done"  # or "done", or the refusal


@dataclass
class Task:
    """A worker's claim on a HIT."""

    id: str
    hit: str
    worker: str
    accepted: float
    deadline: float
    status: str = "Accepted"
    submitted: float = 0.0
    answer: str = ""
    decided: float = 0.0
    feedback: str = ""
    is_auto: bool = False


@dataclass
class Paid:
    """Money that left the account, in cents."""

    kind: str  # "reward" or "bonus"
    worker: str
    assignment: str
    cents: int
    fee: int
    reason: str = ""
    at: float = 0.0


@dataclass
class Turk:
    """The endpoint's true state, and every request it ever got."""

    balance: int = 1_000_000  # cents
    has_fees: bool = True
    reissues: bool = False  # the id of a returned assignment goes to the next worker
    newest_first: bool = False  # rows shift from page to page when something is added
    between_pages: Callable[[], None] = lambda: None
    now: float = START
    faults: Plan = field(default_factory=Plan)
    calls: list[Call] = field(default_factory=list)
    types: dict[str, Given] = field(default_factory=dict)
    hits: dict[str, Given] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    tokens: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    skills: dict[str, Given] = field(default_factory=dict)
    granted: dict[tuple[str, str], int] = field(default_factory=dict)
    letters: list[Given] = field(default_factory=list)
    told: list[Given] = field(default_factory=list)  # whom to tell of what happens to HITs
    spare: dict[str, list[str]] = field(default_factory=dict)
    made: int = 0
    lock: RLock = field(default_factory=RLock)

    # --- what a test does -------------------------------------------------------------------------------

    def forward(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds
            self.sweep()

    def accept(self, hit_id: str, worker: str) -> str:
        with self.lock:
            self.sweep()
            hit = self.hits[hit_id]
            assert self.available(hit) > 0, "no place is left"
            assert all(task.worker != worker for task in self.live(hit_id)), "one assignment per HIT"
            spare = self.spare.get(hit_id, [])
            name = spare.pop() if self.reissues and spare else self.new("3A")
            deadline = self.now + self.types[hit["type"]]["AssignmentDurationInSeconds"]
            self.tasks.append(Task(name, hit_id, worker, self.now, deadline))
            return name

    def give_back(self, assignment_id: str) -> None:
        with self.lock:
            task = next(t for t in self.tasks if t.id == assignment_id and t.status == "Accepted")
            self.tasks.remove(task)
            self.spare.setdefault(task.hit, []).append(task.id)

    def submit(self, assignment_id: str, fields: Sequence[tuple[str, str]] | str) -> None:
        with self.lock:
            self.sweep()
            task = next(t for t in self.tasks if t.id == assignment_id and t.status == "Accepted")
            task.status, task.submitted = "Submitted", self.now
            task.answer = fields if isinstance(fields, str) else answer_xml(fields)
            self.sweep()

    def work(self, hit_id: str, worker: str, fields: Sequence[tuple[str, str]] | str) -> str:
        name = self.accept(hit_id, worker)
        self.submit(name, fields)
        return name

    # --- what a request does ----------------------------------------------------------------------------

    def answer(self, operation: str, body: bytes) -> tuple[int, bytes] | None:
        """Return status and body of the reply, or None where the connection breaks."""
        from tests.fakes.rules import RULES

        with self.lock:
            given = json.loads(body or b"{}")
            call = Call(operation, given, self.faults.draw(operation, given))
            self.calls.append(call)
            if self.faults.is_before(call.fault):
                return self.faults.spoiled(call.fault, 200, {})
            self.sweep()
            status, reply = 200, {}
            try:
                reply = RULES[operation](self, call.given)
                call.outcome = "done"
            except No as no:
                call.outcome = no.code
                text = f"{no} ({int(self.now * 1000)})"
                status, reply = 400, {"__type": no.kind, "Message": text}
                if no.kind == "RequestError":
                    reply["TurkErrorCode"] = f"AWS.MechanicalTurk.{no.code}"
            return self.faults.spoiled(call.fault, status, reply)

    # --- the state as it follows from the clock ---------------------------------------------------------

    def sweep(self) -> None:
        """Drop claims whose time is over, and approve what nobody decided in time."""
        for task in list(self.tasks):
            if task.status == "Accepted" and task.deadline <= self.now:
                self.tasks.remove(task)
                self.spare.setdefault(task.hit, []).append(task.id)
            delay = self.types[self.hits[task.hit]["type"]]["AutoApprovalDelayInSeconds"]
            if task.status == "Submitted" and task.submitted + delay <= self.now:
                self.approve(task, at=task.submitted + delay)
                task.is_auto = True

    def live(self, hit_id: str) -> list[Task]:
        return [task for task in self.tasks if task.hit == hit_id]

    def available(self, hit: Given) -> int:
        if hit["expires"] <= self.now or hit.get("deleted"):
            return 0
        return int(hit["max"]) - len(self.live(hit["id"]))

    def pending(self, hit: Given) -> int:
        return sum(task.status == "Accepted" for task in self.live(hit["id"]))

    def status(self, hit: Given) -> str:
        if self.available(hit) > 0:
            return "Assignable"
        if self.pending(hit):
            return "Unassignable"
        return "Reviewing" if hit.get("reviewing") else "Reviewable"

    def approve(self, task: Task, *, at: float | None = None) -> None:
        hit = self.hits[task.hit]
        cents = self.cents(self.types[hit["type"]]["Reward"])
        self.pay(Paid("reward", task.worker, task.id, cents, self.fee(cents, hit["max"])))
        task.status, task.decided = "Approved", at or self.now

    def pay(self, paid: Paid) -> None:
        if self.balance < paid.cents + paid.fee:
            text = "This Requester has insufficient funds in their account to complete this transaction."
            raise No(text, "InsufficientFunds")
        self.balance -= paid.cents + paid.fee
        self.paid.append(paid)

    def promised(self) -> int:
        """Return the cents that HITs may still cost."""
        total = 0
        for hit in self.hits.values():
            cents = self.cents(self.types[hit["type"]]["Reward"])
            decided = sum(task.status in ("Approved", "Rejected") for task in self.live(hit["id"]))
            is_over = hit["expires"] <= self.now
            left = len(self.live(hit["id"])) if is_over else hit["max"]
            total += (left - decided) * (cents + self.fee(cents, hit["max"]))
        return total

    def spent(self) -> int:
        """Return what was truly paid, fees included, in micro-dollars."""
        return sum(paid.cents + paid.fee for paid in self.paid) * 10_000

    def fee(self, cents: int, assignments: int) -> int:
        percent = 40 if assignments >= 10 else 20
        return max(1, math.floor(cents * percent / 100 + 0.5)) if self.has_fees else 0

    @staticmethod
    def cents(amount: str) -> int:
        return round(float(amount) * 100)

    def new(self, prefix: str) -> str:
        self.made += 1
        random = Random(self.made)
        return prefix + "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=28))


def answer_xml(fields: Sequence[tuple[str, str]]) -> str:
    """Write answers as the service gave them: ASCII, everything else as numeric entities."""
    answers = "".join(
        f"<Answer><QuestionIdentifier>{escape(name)}</QuestionIdentifier><FreeText>{escape(value)}</FreeText></Answer>"
        for name, value in fields
    )
    root = f'<QuestionFormAnswers xmlns="{XMLNS}">{answers}</QuestionFormAnswers>'
    xml = f'<?xml version="1.0" encoding="ASCII"?>{root}'
    return xml.encode("ascii", "xmlcharrefreplace").decode()
