"""The documents of the MTurk protocol that the endpoint reads and writes: questions and answers."""

from __future__ import annotations

from crowd.questions.read import Question, read, read_form
from crowd.questions.tree import MOST_BYTES, Malformed

__all__ = ["MOST_BYTES", "Malformed", "Question", "read", "read_form"]
