"""FormattedContent: the subset of XHTML that the protocol allows, without anything that acts."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "col"})
_TEXT = """
    a abbr acronym address b big blockquote caption center cite code colgroup dd del dfn div dl dt em
    font h1 h2 h3 h4 h5 h6 i ins kbd li ol p pre q s samp small span strike strong sub sup table tbody
    td tfoot th thead tr tt u ul var
"""
KEPT = VOID | frozenset(_TEXT.split())
# What stands inside these is no text for people.
DROPPED = frozenset({"script", "style", "iframe", "object", "noscript", "template", "textarea", "title"})
ATTRIBUTES = {
    "a": ("href", "title"),
    "img": ("src", "alt", "width", "height"),
    "td": ("colspan", "rowspan", "align", "valign"),
    "th": ("colspan", "rowspan", "align", "valign", "scope"),
    "ol": ("start", "type"),
    "font": ("color",),
}
ADDRESSES = ("href", "src")


def safe(markup: str) -> str:
    """Return markup with only what is known to be harmless; all else is left out, its text kept."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join((*reader.written, *(f"</{tag}>" for tag in reversed(reader.open))))


class _Reader(HTMLParser):
    """Writes what it reads again, tag by tag, so that nothing gets through that was not understood."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.open: list[str] = []
        self._dropped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            self._dropped.append(tag)
        if self._dropped or tag not in KEPT:
            return
        self.written.append(f"<{tag}{''.join(_attributes(tag, attrs))}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in DROPPED:
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            if tag == self._dropped[-1]:
                self._dropped.pop()
            return
        # Closing a tag closes all that were opened inside it.
        while tag in self.open:
            closed = self.open.pop()
            self.written.append(f"</{closed}>")
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.written.append(escape(data, quote=False))


def _attributes(tag: str, given: list[tuple[str, str | None]]) -> list[str]:
    kept = {
        key: value.strip() for key, value in given if value is not None and key in ATTRIBUTES.get(tag, ())
    }
    found = [
        f' {key}="{escape(value)}"'
        for key, value in kept.items()
        if key not in ADDRESSES or value.lower().startswith(("https://", "http://"))
    ]
    if tag == "a":
        found.append(' target="_blank" rel="noopener noreferrer"')
    if tag == "img" and "alt" not in kept:
        found.append(' alt=""')
    return found
