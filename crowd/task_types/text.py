"""Words of one's own: a transcription, a translation, a caption."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types import options as known
from crowd.task_types.base import ANY, Ask, Fault

LONGEST = 10_000
# Line breaks and tabs aside, what has no glyph is a slip of the keyboard, and databases refuse some of it.
ALLOWED = "\n\t"
CONTROL = ("Cc", "Cs")


class Text:
    """Free text."""

    name = "text"
    is_categorical = False
    has_labels = False
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check the length, whether there may be lines, and the direction of writing."""
        taken = {
            "max_length": known.whole(1, LONGEST),
            "multiline": known.flag,
            "direction": known.one_of("auto", "ltr", "rtl"),
        }
        return known.check(options, taken, "a text") + known.labels(labels, 0, "a text")

    def read(self, value: object, ask: Ask) -> str:
        """Return the text in Unicode's composed form, with neither blanks nor empty lines around it."""
        if not isinstance(value, str):
            raise ValueError("the answer must be a text")  # noqa: TRY004 - as promised
        longest = ask.options.get("max_length", LONGEST)
        # Composing can triple a text at most, so what is this long need not be composed to be refused.
        text = unicodedata.normalize(
            "NFC", value[: 3 * longest + 1].replace("\r\n", "\n").replace("\r", "\n")
        ).strip()
        if not text:
            raise ValueError("the answer is empty")
        if len(text) > longest or len(value) > 3 * longest:
            raise ValueError(f"the answer is longer than {longest} characters")
        if any(unicodedata.category(sign) in CONTROL and sign not in ALLOWED for sign in text):
            raise ValueError("the answer holds control characters")
        if "\n" in text and not ask.options.get("multiline", False):
            raise ValueError("the answer must be one line")
        return text

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return 1 less the edit distance (Levenshtein 1966) as a share of the longer text."""
        longer = max(len(value), len(truth))
        return 1 - distance(value, truth) / longer if longer else 1.0


def distance(one: str, other: str) -> int:
    """Return how many characters must be inserted, deleted or replaced to make one text the other.

    A column of the table is a pair of whole numbers, one bit for each character (Myers 1999, as in
    Hyyrö 2001): texts of 10,000 characters take a fraction of a second.
    """
    if not one:
        return len(other)
    every, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    places: dict[str, int] = {}
    for position, sign in enumerate(one):
        places[sign] = places.get(sign, 0) | 1 << position
    up, down, edits = every, 0, len(one)  # where the column rises, where it falls, its lowest entry
    for sign in other:
        equal = places.get(sign, 0)
        same = (((equal & up) + up) ^ up) | equal
        rising, falling = (down | ~(same | up)) & every, up & same
        edits += bool(rising & last) - bool(falling & last)
        rising, falling = rising << 1 | 1, falling << 1
        equal |= down
        up, down = (falling | ~(equal | rising)) & every, rising & equal & every
    return edits
