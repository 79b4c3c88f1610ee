"""Answer XML is read: what a worker's form held, as the protocol hands it over."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LONGEST = 1_048_576  # characters
# All of Unicode's but line feeds and tabs.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
FORM_ANSWERS = "taskAnswers"
VALUES = (
    "FreeText",
    "SelectionIdentifier",
    "OtherSelectionText",
    "OtherSelectionField",
    "OtherSelection",
    "UploadedFileKey",
)

Fields = dict[str, tuple[str, ...]]


class Malformed(ValueError):
    """A text that is not a set of answers."""


def read(xml: str) -> Fields:
    """Return the values of every field, in order; a repeated field has several, an empty one has none.

    The fields of a `crowd-form`, which come as one JSON text, are unpacked.

    Raises:
        Malformed: it is no answer XML.
    """
    if not xml.strip():
        return {}
    fields: dict[str, list[str]] = {}
    for answer in _answers(_root(xml)):
        name = next((_text(part) for part in answer if _name(part) == "QuestionIdentifier"), "")
        fields.setdefault(name, []).extend(_values(answer))
    whole = {name: tuple(values) for name, values in fields.items() if name}
    return _unpacked(whole) if set(whole) == {FORM_ANSWERS} else whole


def _root(xml: str) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(xml) > LONGEST:
        raise Malformed(f"longer than {LONGEST} characters")
    try:
        # As text the declaration's ASCII is of no account, and entities say the rest.
        root: Element = fromstring(xml.lstrip("\ufeff \r\n\t"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Malformed(f"not XML: {type(error).__name__}: {error}") from None
    if _name(root) != "QuestionFormAnswers":
        raise Malformed(f"the root element is {_name(root)}, not QuestionFormAnswers")
    return root


def _answers(root: Element) -> list[Element]:
    return [child for child in root if _name(child) == "Answer"]


def _values(answer: Element) -> list[str]:
    return [text for part in answer if _name(part) in VALUES and (text := _text(part))]


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element) -> str:
    """Return an element's text without control characters, line ends and tabs apart."""
    return CONTROLS.sub("", "".join(element.itertext()))


def _unpacked(fields: Fields) -> Fields:
    """Return the fields of a `crowd-form`; what is not one is left as it is."""
    try:
        forms = json.loads("".join(fields[FORM_ANSWERS]))
    except ValueError:
        return fields
    if not isinstance(forms, list) or not all(isinstance(form, dict) for form in forms):
        return fields
    unpacked: dict[str, tuple[str, ...]] = {}
    for form in forms:
        for name, value in form.items():
            unpacked[name] = (*unpacked.get(name, ()), *_said(value))
    return unpacked


def _said(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, dict) and set(value) == {"label"} and isinstance(value["label"], str):
        return (value["label"],)  # what crowd-classifier says
    return (json.dumps(value, ensure_ascii=False),)
