"""Pages of other servers: which addresses are taken, and what is told to them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit
from xml.etree.ElementTree import Element

from crowd.questions.tree import SCHEMAS, Malformed, children, text, whole

NAMESPACE = f"{SCHEMAS}2006-07-14/ExternalQuestion.xsd"
NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"  # instead of an assignment's id while a HIT is only looked at
PORTS = {"https": 443, "http": 80}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def read(root: Element, *, loopback_http: bool) -> tuple[str, int]:
    """Return the address and the height of an ExternalQuestion.

    Args:
        root: the document.
        loopback_http: take http:// from this machine too, as a sandbox does.
    """
    found = children(root, "ExternalURL FrameHeight")
    height = found["FrameHeight"][0]
    address = text(found["ExternalURL"][0]).strip()
    _check(address, loopback_http=loopback_http)
    return address, whole(height, text(height)) or 0


def framed(address: str, parameters: Mapping[str, str]) -> str:
    """Return the address with the frame's parameters after the query that it has."""
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit(parts._replace(query=query))


def origin(address: str) -> str:
    """Return the scheme, host and port of an address, as browsers compare them."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port if parts.port != PORTS.get(parts.scheme) else None
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"


def _check(address: str, *, loopback_http: bool) -> None:
    parts = _split(address)
    is_here = loopback_http and parts.scheme == "http" and parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise Malformed(f"ExternalURL must begin with https://, not be {address[:200]!r}")


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # a port that is no number is only found when it is asked for
    except ValueError as error:
        raise Malformed(f"ExternalURL {address[:200]!r} is not an address: {error}") from error
    if not address.isprintable() or " " in address:
        raise Malformed("ExternalURL holds a blank or a control character; write it as %20 and so on")
    return parts
