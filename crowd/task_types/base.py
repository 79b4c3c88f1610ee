"""What a task type is: which answers a question takes, and how near two answers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ask:
    """What one question is about, as far as it decides which answers it takes."""

    labels: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)  # of the project, as `faults` admits them
    payload: Mapping[str, Any] = field(default_factory=dict)  # of the item; empty unless `reads_payload`


ANY = Ask()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the options of a task type."""

    where: str
    message: str


class TaskType(Protocol):
    """One kind of question. Values are JSON as a page sends them; what is stored is canonical text.

    Canonical text is itself an answer, so that files may hold it.
    """

    name: str
    is_categorical: bool  # every answer is one label of the label set, so that the aggregators apply
    has_labels: bool
    reads_payload: bool  # which answers are right in form depends on the item

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Return what is wrong with a project's options and labels for this type."""

    def read(self, value: object, ask: Ask) -> str:
        """Return the canonical text of an answer.

        Raises:
            ValueError: the value is no answer to this question; the message says why.
        """

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:
        """Return how near a canonical answer is to a canonical truth, from 0 to 1; 1 for the same."""
