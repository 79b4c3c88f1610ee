"""What an item's payload shows: texts, media, and a table of the rest. Item content is data, never markup."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEDIA = ("image", "audio", "video")
# Fields that describe an image rather than stand beside it.
DESCRIPTION = "alt"
HTTPS = re.compile(r"https://[^\s\x00-\x1f]+", re.IGNORECASE)
DATA = re.compile(r"data:(image|audio|video)/[a-z0-9.+-]+[;,][^\s\x00-\x1f]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to look at or listen to: `value` is a text, or the address of a medium."""

    kind: str  # "text", "image", "audio", "video"
    value: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """All that is shown of an item."""

    parts: tuple[Part, ...]
    rows: tuple[tuple[str, str], ...]  # name and value of every other field


def content(payload: Mapping[str, Any], *, apart: tuple[str, ...] = ()) -> Content:
    """Return what a payload shows; `apart` names fields that the page shows in its own way."""
    fields = {name: value for name, value in payload.items() if name not in apart}
    parts = [part(kind, fields[kind], payload) for kind in ("text", *MEDIA) if kind in fields]
    described = any(found.kind == "image" for found in parts)
    shown = {"text", *MEDIA, *([DESCRIPTION] if described else [])}
    rows = ((name, plain(value)) for name, value in fields.items() if name not in shown)
    return Content(tuple(parts), tuple(rows))


def part(kind: str, value: object, payload: Mapping[str, Any]) -> Part:
    """Return one field's content: a medium where the address may be loaded, else the text of it."""
    if kind in MEDIA and isinstance(value, str) and is_loadable(kind, value):
        return Part(kind, value, plain(payload.get(DESCRIPTION, "")))
    return Part("text", plain(value))


def side(value: object) -> Content:
    """Return one of several things to compare: a text, or an object such as {"image": "https://…"}."""
    return content(value if isinstance(value, Mapping) else {"text": value}, apart=("key",))


def is_loadable(kind: str, address: str) -> bool:
    """Tell whether a worker's browser may load this: over https, or inline data of that very kind."""
    if HTTPS.fullmatch(address):
        return True
    inline = DATA.fullmatch(address)
    return inline is not None and inline[1].lower() == kind


def plain(value: object) -> str:
    """Return any JSON value as text for people."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
