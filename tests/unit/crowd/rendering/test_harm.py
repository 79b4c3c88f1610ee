"""Whatever an item or a label says, the document around it stays the same."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from crowd.channels import Page, Question
from crowd.rendering import frame
from tests.payloads import PAYLOADS

LABELS = ("Yes", "No", "Tie")
HARMLESS = "plain"
LOADABLE = "https://example.org/a.png"


class Skeleton(HTMLParser):
    """The elements of a document with the names of their attributes, and the text of its own scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))


def skeleton(document: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Skeleton()
    parser.feed(document)
    return parser.elements


def page(task_type: str, payload: dict[str, Any], **more: Any) -> Page:
    labels = () if task_type in ("text", "number", "ranking") else LABELS
    more = {"labels": labels, "title": "What is it?"} | more
    return Page(
        token="t", instructions="", questions=(Question("q1", "k", payload),), task_type=task_type, **more
    )


FIELDS: dict[str, Callable[[str], Page]] = {
    "text": lambda harm: page("choice", {"text": harm}),
    "image": lambda harm: page("choice", {"image": harm}),
    "audio": lambda harm: page("choice", {"audio": harm}),
    "video": lambda harm: page("choice", {"video": harm}),
    "alt": lambda harm: page("choice", {"image": LOADABLE, "alt": harm}),
    "field": lambda harm: page("choice", {"source": harm}),
    "name of a field": lambda harm: page("choice", {f"x{harm}": "1"}),
    "nested": lambda harm: page("choice", {"source": {"deep": [harm, {harm: harm}]}}),
    "transcription": lambda harm: page("text", {"text": harm}),
    "left": lambda harm: page("pairwise", {"left": harm, "right": {"image": harm}}),
    "side": lambda harm: page("pairwise", {"left": {"source": harm}, "right": ""}),
    "choice to rank": lambda harm: page("ranking", {"choices": [{"key": "a", "text": harm}, "b"]}),
    "key to rank": lambda harm: page("ranking", {"choices": [{"key": f"x{harm}", "text": "a"}]}),
    "passage": lambda harm: page("spans", {"text": harm}),
    "picture": lambda harm: page("boxes", {"image": harm, "alt": harm}),
    "title": lambda harm: page("choice", {"text": "a"}, title=harm),
    "label": lambda harm: page("choice", {"text": "a"}, labels=(f"!{harm}", "No")),
    "definition": lambda harm: page("choice", {"text": "a"}, details={"Yes": {"definition": harm}}),
    "parent": lambda harm: page("choice", {"text": "a"}, details={"Yes": {"parent": harm}}),
    "unit": lambda harm: page("number", {"text": "a"}, options={"unit": harm}),
    "caption": lambda harm: page("rating", {"text": "a"}, labels=("1", "2"), options={"low": harm}),
}


def structure(field: str, harm: str) -> list[tuple[str, tuple[str, ...]]]:
    return skeleton(frame(FIELDS[field](harm), nonce="n", host=""))


@pytest.mark.parametrize("field", FIELDS)
def test_content_never_becomes_markup(field: str):
    # An address that may be loaded is shown by an element of ours; all else by the text of it.
    allowed = [structure(field, HARMLESS), structure(field, LOADABLE), structure(field, "data:image/png,x")]
    strange = [harm for harm in PAYLOADS if structure(field, harm) not in allowed]
    assert strange == []


def test_there_are_enough_payloads():
    assert len(set(PAYLOADS)) >= 50


def test_a_skeleton_shows_what_was_smuggled_in():
    assert ("img", ("src", "onerror")) in skeleton("<p><img src=x onerror=1></p>")


@pytest.mark.parametrize("harm", PAYLOADS)
def test_every_address_that_is_loaded_is_of_an_allowed_kind(harm: str):
    addresses: list[str] = []

    class Addresses(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            addresses.extend(
                value or "" for name, value in attrs if name in ("src", "href", "action", "data")
            )

    for field in ("image", "audio", "video", "picture", "left"):
        Addresses().feed(frame(FIELDS[field](harm), nonce="n", host=""))
    assert all(address.startswith(("https://", "data:image/")) for address in addresses)
