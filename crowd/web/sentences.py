"""How the messages of errors read on a page."""

from __future__ import annotations

import re

# Not a file's name, a label or a field: these stay as they are written.
PLAIN_WORD = re.compile(r"[a-z]+[\s,:;]")


def sentence(message: str) -> str:
    """Begin with a capital letter and end with a full stop; names and commands stay as they are."""
    begun = message[0].upper() + message[1:] if PLAIN_WORD.match(message) else message
    return begun if begun.endswith((".", "!", "?", ":", "…")) else f"{begun}."
