"""The Question of a HIT as endpoints take it: a page of ours whole, or the address where it is served."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas"
HTML_SCHEMA = f"{SCHEMAS}/2011-11-11/HTMLQuestion.xsd"
EXTERNAL_SCHEMA = f"{SCHEMAS}/2006-07-14/ExternalQuestion.xsd"
LONGEST = 65_535  # bytes in UTF-8, everything counted
# What XML has no place for, whatever it is written as.
UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})


def html_question(document: str, *, frame_height: int = 0) -> str:
    """Return a whole page as an HTMLQuestion; a height of 0 is as much as the page needs."""
    return (
        f'<HTMLQuestion xmlns="{HTML_SCHEMA}"><HTMLContent>{_cdata(document)}</HTMLContent>'
        f"<FrameHeight>{frame_height}</FrameHeight></HTMLQuestion>"
    )


def external_question(url: str, *, frame_height: int = 0) -> str:
    """Return the address of a page as an ExternalQuestion.

    Raises:
        ValueError: it is not an https address, the only kind an endpoint takes.
    """
    if not url.startswith("https://"):
        raise ValueError(f"an endpoint shows only pages at https:// addresses, not {url!r}")
    return (
        f'<ExternalQuestion xmlns="{EXTERNAL_SCHEMA}"><ExternalURL>{escape(url)}</ExternalURL>'
        f"<FrameHeight>{frame_height}</FrameHeight></ExternalQuestion>"
    )


def size(question: str) -> int:
    """Return how much of the limit a question takes."""
    return len(question.encode())


def _cdata(text: str) -> str:
    """Return any text as XML takes it: control characters have no place there, and `]]>` ends a section."""
    return f"<![CDATA[{_usable(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _usable(text: str) -> str:
    """Leave out what XML has no place for. Hardly any page has it, which bytes tell ten times as fast."""
    raw = text.encode(errors="surrogatepass")
    if len(raw.translate(None, CONTROLS)) == len(raw) and "\ufffe" not in text and "\uffff" not in text:
        return text
    return UNUSABLE.sub("", text)
