"""XML that is well-formed, harmless and of the expected shape, or a refusal that says where it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import ClassVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from crowd.errors import CrowdError

SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/"
MOST_BYTES = 65_535
PARSING = (
    "There was an error parsing the XML question or answer data in your request. "
    "Please make sure the data is well-formed and validates against the appropriate schema. Details: "
)
TRUE, FALSE = ("true", "1"), ("false", "0")


class Malformed(CrowdError):
    """A document that the protocol's schemas do not allow. On the wire it is a ParameterValidationError."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "malformed"

    def __init__(self, details: str) -> None:
        super().__init__(PARSING + details)


def parse(xml: str) -> Element:
    """Return the root of a document that is no longer than a program may send."""
    if (size := len(xml.encode("utf-8", "surrogatepass"))) > MOST_BYTES:
        raise Malformed(f"The document has {size} bytes, at most {MOST_BYTES} are allowed")
    return parse_any(xml)


def parse_any(xml: str) -> Element:
    """Return the root of a document of any length; entities and document types are refused."""
    try:
        root: Element = fromstring(xml.strip(), forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise Malformed(str(error)) from error
    except DefusedXmlException as error:
        raise Malformed("The document declares a document type or entities, which are not allowed") from error
    return root


def name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return an element's namespace, empty where it has none."""
    return element.tag.rpartition("}")[0].removeprefix("{")


def children(parent: Element, shape: str) -> dict[str, list[Element]]:
    """Return the children of an element by name, once they are what its schema allows.

    Args:
        parent: the element.
        shape: the names in their order, each with `?`, `*` or `+` where it is not wanted exactly once, and
            `a|b` for one of several.
    """
    found = list(parent)
    if strange := [each for each in found if namespace(each) != namespace(parent)]:
        raise Malformed(f"Element {name(strange[0])} is in the wrong namespace {namespace(strange[0])!r}")
    if (parent.text or "").strip() or any((each.tail or "").strip() for each in found):
        raise Malformed(f"Element {name(parent)} must hold elements only, not text")
    names = [name(each) for each in found]
    if not _pattern(shape).fullmatch("".join(f"{each} " for each in names)):
        held = ", ".join(names) or "nothing"
        raise Malformed(f"Element {name(parent)} holds {held}; it must hold {shape}")
    return {each: [child for child in found if name(child) == each] for each in names}


def text(element: Element) -> str:
    """Return the text of an element that holds nothing else."""
    if len(element):
        raise Malformed(f"Element {name(element)} must hold text only; put markup into a CDATA section")
    return element.text or ""


def optional(found: Mapping[str, list[Element]], wanted: str) -> str | None:
    """Return the text of a child that may be missing."""
    return text(found[wanted][0]) if wanted in found else None


def whole(element: Element, value: str | None) -> int | None:
    """Return a whole number from zero on, written in an element."""
    if value is None:
        return None
    if not re.fullmatch(r"\+?[0-9]{1,9}", value.strip()):
        raise Malformed(f"Element {name(element)}: {value.strip()!r} is not a whole number from 0 on")
    return int(value)


def truth(element: Element, value: str | None) -> bool:
    """Return a truth value, written in an element; false where there is none."""
    if (stripped := (value or FALSE[0]).strip()) not in (*TRUE, *FALSE):
        raise Malformed(f"Element {name(element)}: {stripped!r} is neither true nor false")
    return stripped in TRUE


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    parts = (re.fullmatch(r"([A-Za-z|]+)([?*+]?)", part) for part in shape.split())
    return re.compile("".join(f"(?:(?:{part[1]}) ){part[2]}" for part in parts if part))
