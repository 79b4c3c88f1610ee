"""A page as a program reads it: its links and frames, and its forms with what stands before each question."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

Attributes = dict[str, str]

UNSEEN: Final = frozenset({"script", "style", "title", "template", "noscript", "textarea"})
MEDIA: Final = frozenset({"img", "audio", "video", "source"})
TYPED: Final = frozenset({"input", "crowd-input"})
# Elements at which the words that name an option are over: at their beginning, and at their end.
BLOCKS: Final = frozenset(
    {"p", "div", "fieldset", "legend", "label", "section", "li", "tr", "h1", "h2", "h3", "h4"}
)
NAMED: Final = frozenset({"label", "crowd-radio-button", "crowd-checkbox", "crowd-toggle-button"})
# How a control is answered, by its element and, for an input, its type; all other inputs are not answers.
KINDS: Final = {
    "textarea": "text",
    "crowd-text-area": "text",
    "crowd-slider": "number",
    "crowd-checkbox": "many",
    "crowd-toggle-button": "many",
    "crowd-radio-button": "one",
    "crowd-classifier": "label",
    "crowd-classifier-multi-select": "labels",
}
INPUTS: Final = {
    "hidden": "fixed",
    "radio": "one",
    "checkbox": "many",
    "number": "number",
    "range": "number",
} | dict.fromkeys(("", "text", "search", "email", "url", "tel", "date", "time", "password"), "text")


@dataclass(slots=True)
class Field:
    """One question: how it is answered, what may be chosen, and the words and pictures before it.

    `kind` is "one" or "many" of the options, "label" or "labels" of a classifier, "text", "number", or
    "fixed" for a value that is sent as it stands. In a group of radio buttons each may have its own name.
    """

    name: str
    kind: str
    asked: str = ""
    options: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of each option, in a group
    value: str = ""
    least: float = 0.0
    most: float = 100.0


@dataclass(slots=True)
class Form:
    """A form, where it goes, and whether it is made of Crowd HTML Elements."""

    action: str
    is_crowd: bool
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def fixed(self) -> list[tuple[str, str]]:
        """The hidden fields as they are sent."""
        return [(each.name, each.value) for each in self.fields.values() if each.kind == "fixed"]

    @property
    def questions(self) -> list[Field]:
        """The fields that want an answer."""
        return [each for each in self.fields.values() if each.kind != "fixed"]


@dataclass(slots=True)
class Document:
    """What on a page matters to somebody who works."""

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)


def read(html: str) -> Document:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.document


class _Reader(HTMLParser):
    """Walks through a page once, and remembers what it saw since the last question."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self._form: Form | None = None
        self._seen: list[str] = []
        self._unseen = 0
        self._answered: set[str] = set()  # ids of controls, whose labels name options and ask nothing
        self._is_naming = False  # the words that follow name an option
        self._menu: Field | None = None  # the select we are in
        self._groups = 0
        self._group = ""  # the group of radio buttons we are in
        self._option: list[str] | None = None  # words of an option without a value

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        given = {name: value or "" for name, value in attrs}
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self._is_naming = given.get("for") in self._answered
        if tag in ("form", "crowd-form"):
            self._form = Form(given.get("action", ""), tag == "crowd-form")
            self.document.forms.append(self._form)
        elif tag == "a":
            self.document.links.append(given.get("href", ""))
        elif tag == "iframe":
            self.document.frames.append(given.get("src", ""))
        elif tag == "crowd-radio-group":
            self._groups += 1
            self._group = f"{tag} {self._groups}"
        elif tag in MEDIA:
            self._seen.append(given.get("src", ""))
        elif self._form is not None and "disabled" not in given:
            self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        """Take note that an element ends."""
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in NAMED:
            self._is_naming = False
        elif tag in ("option", "select"):
            self._end_option()
            self._menu = None if tag == "select" else self._menu
        elif tag == "crowd-radio-group":
            self._group = ""
        elif tag in ("form", "crowd-form"):
            self._form = None

    def handle_data(self, data: str) -> None:
        """Remember words that are shown."""
        if self._option is not None:
            self._option.append(data)
        elif not self._unseen and not self._is_naming:
            self._seen.append(data)

    def _control(self, form: Form, tag: str, given: Attributes) -> None:
        kind = INPUTS.get(given.get("type", "").lower()) if tag in TYPED else KINDS.get(tag)
        if tag == "select":
            self._menu = self._field(form, "many" if "multiple" in given else "one", given)
        elif tag == "option" and self._menu is not None:
            self._end_option()
            self._option = None if "value" in given else []
            self._menu.options += [given["value"]] if given.get("value") else []
        elif kind == "fixed":
            form.fields[given.get("name", "")] = Field(
                given.get("name", ""), kind, value=given.get("value", "")
            )
        elif kind is not None:
            found = self._field(form, kind, given)
            self._is_naming = kind in ("one", "many")
            found.options += [given.get("value", "on")] if self._is_naming else _categories(given)
            found.names += [given.get("name", "")] if self._group else []

    def _field(self, form: Form, kind: str, given: Attributes) -> Field:
        """Return the field of a control, made where its name is new; what was seen so far asked for it."""
        name = self._group or given.get("name", "")
        if name not in form.fields:
            asked = " ".join(" ".join(self._seen).split())
            limits = (_number(given, "min", 0.0), _number(given, "max", 100.0))
            form.fields[name] = Field(name, kind, asked, least=limits[0], most=limits[1])
            self._seen.clear()
        self._answered.add(given.get("id", name))
        return form.fields[name]

    def _end_option(self) -> None:
        if self._option is not None and self._menu is not None:
            self._menu.options.append(" ".join("".join(self._option).split()))
        self._option = None


def _categories(given: Attributes) -> list[str]:
    """Return what a classifier of Crowd HTML Elements lets choose."""
    try:
        found = json.loads(given.get("categories", "[]"))
    except ValueError:
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def _number(given: Attributes, name: str, default: float) -> float:
    try:
        return float(given.get(name, default))
    except ValueError:
        return default
