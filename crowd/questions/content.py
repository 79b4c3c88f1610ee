"""What a QuestionForm shows beside its fields: texts, lists, media and formatted text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from crowd.questions import formatted
from crowd.questions.tree import Malformed, children, name, text

SHAPE = "Title|Text|List|Binary|EmbeddedBinary|FormattedContent|Application+"
MEDIA = ("image", "audio", "video")
GONE = "Java applets and Flash do not run in browsers any more; show an image, a text or FormattedContent"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of content: `kind` is title, text, list, html, image, audio or video.

    `value` is the text, the address of a medium, or markup that is safe to show; `items` are a list's.
    """

    kind: str
    value: str = ""
    items: tuple[str, ...] = ()
    description: str = ""  # of a medium, for those who do not see it


def read(parent: Element) -> tuple[Block, ...]:
    """Return the content of an Overview, a QuestionContent or a Selection."""
    children(parent, SHAPE)
    return tuple(block(child) for child in parent)


def block(element: Element) -> Block:
    """Return one piece of content."""
    return BLOCKS[name(element)](element)


def _words(kind: str) -> Callable[[Element], Block]:
    return lambda element: Block(kind, text(element))


def _list(element: Element) -> Block:
    found = children(element, "ListItem*")
    return Block("list", items=tuple(text(item) for item in found.get("ListItem", ())))


def _formatted(element: Element) -> Block:
    return Block("html", formatted.safe(text(element)))


def _binary(element: Element) -> Block:
    found = children(element, "MimeType DataURL AltText")
    mime = children(found["MimeType"][0], "Type SubType?")
    return _medium(text(mime["Type"][0]), text(found["DataURL"][0]), text(found["AltText"][0]))


def _embedded(element: Element) -> Block:
    shape = "EmbeddedMimeType DataURL AltText Width Height EmbeddedBinaryParameter*"
    found = children(element, shape)
    mime = children(found["EmbeddedMimeType"][0], "Type SubType?")
    return _medium(text(mime["Type"][0]), text(found["DataURL"][0]), text(found["AltText"][0]))


def _medium(kind: str, address: str, description: str) -> Block:
    if kind.strip().lower() not in MEDIA:
        raise Malformed(f"MimeType {kind.strip()!r} cannot be shown; it must be one of {', '.join(MEDIA)}")
    if urlsplit(address.strip()).scheme not in ("https", "http"):
        raise Malformed(f"DataURL {address.strip()[:200]!r} must begin with https://")
    return Block(kind.strip().lower(), address.strip(), description=description.strip())


def _application(element: Element) -> Block:
    raise Malformed(f"Element {name(element)}: {GONE}")


BLOCKS: dict[str, Callable[[Element], Block]] = {
    "Title": _words("title"),
    "Text": _words("text"),
    "List": _list,
    "FormattedContent": _formatted,
    "Binary": _binary,
    "EmbeddedBinary": _embedded,
    "Application": _application,
}
