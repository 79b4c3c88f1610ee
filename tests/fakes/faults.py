"""What can go wrong between a program and an endpoint: planned call by call, or by chance from a seed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

BEFORE = ("drop", "throttle", "fault", "505", "html")  # nothing is done
AFTER = ("drop_after", "fault_after", "505_after", "html_after", "truncated")  # done, but no good reply
KINDS = (*BEFORE, *AFTER)

FAULT = {"__type": "ServiceFault", "Message": "Internal error", "TurkErrorCode": "AWS.ServiceUnavailable"}
THROTTLE = {"__type": "ThrottlingException", "message": "Rate exceeded"}
HTML = b"<html><body><h1>Service Unavailable</h1></body></html>"
OLD_HTTP = b"<html><title>505 HTTP Version Not Supported</title></html>"


@dataclass
class Plan:
    """Faults in the order they are to happen, by operation (or "*") and what it is about; then chance."""

    planned: list[tuple[str, str, str | None]] = field(default_factory=list)
    chance: float = 0.0
    random: Random = field(default_factory=lambda: Random(0))
    kinds: tuple[str, ...] = KINDS
    spared: tuple[str, ...] = ()  # operations that chance leaves alone

    def add(self, kind: str, operation: str = "*", *, times: int = 1, about: str | None = None) -> None:
        self.planned += [(kind, operation, about)] * times

    def draw(self, operation: str, given: dict[str, Any]) -> str | None:
        for position, (kind, wanted, about) in enumerate(self.planned):
            if wanted in ("*", operation) and (about is None or about in given.values()):
                del self.planned[position]
                return kind
        if operation not in self.spared and self.random.random() < self.chance:
            return self.random.choice(self.kinds)
        return None

    @staticmethod
    def is_before(fault: str | None) -> bool:
        return fault in BEFORE

    @staticmethod
    def spoiled(fault: str | None, status: int, reply: dict[str, Any]) -> tuple[int, bytes] | None:
        """Return what arrives of a reply; None: the connection breaks."""
        body = json.dumps(reply).encode()
        arrives: dict[str | None, tuple[int, bytes] | None] = {
            None: (status, body),
            "drop": None,
            "drop_after": None,
            "throttle": (400, json.dumps(THROTTLE).encode()),
            "fault": (500, json.dumps(FAULT).encode()),
            "fault_after": (500, json.dumps(FAULT).encode()),
            "505": (505, OLD_HTTP),
            "505_after": (505, OLD_HTTP),
            "html": (503, HTML),
            "html_after": (200, HTML),
            "truncated": (status, body[: len(body) // 2]),
        }
        return arrives[fault]
