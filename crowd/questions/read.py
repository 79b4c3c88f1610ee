"""A question as programs send it, read and checked whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from crowd.questions import external, html
from crowd.questions.form import NAMESPACES, Form
from crowd.questions.form import read as form_of
from crowd.questions.tree import Malformed, name, namespace, parse

__all__ = ["Malformed", "Question", "read", "read_form"]

ROOTS = {
    ("HTMLQuestion", html.NAMESPACE): "html",
    ("ExternalQuestion", external.NAMESPACE): "external",
    **{("QuestionForm", each): "form" for each in NAMESPACES},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a worker is shown: a page, another server's page, or a form of the protocol's own widgets."""

    kind: str  # html, external or form
    frame_height: int = 0  # pixels; 0: as high as there is room
    html: str = ""
    url: str = ""
    form: Form | None = None


def read(xml: str, *, loopback_http: bool = False) -> Question:
    """Return the question in a document.

    Args:
        xml: an HTMLQuestion, an ExternalQuestion or a QuestionForm.
        loopback_http: let an ExternalURL be http:// on this machine, as a sandbox does.

    Raises:
        Malformed: it is none of these; the message is what the protocol answers.
    """
    root = parse(xml)
    kind = _kind(root)
    if kind == "html":
        page, height = html.read(root)
        return Question(kind, height, html=page)
    if kind == "external":
        url, height = external.read(root, loopback_http=loopback_http)
        return Question(kind, height, url=url)
    return Question(kind, form=form_of(root))


def read_form(xml: str) -> Form:
    """Return the QuestionForm in a document, as qualification tests are.

    Raises:
        Malformed: it is something else.
    """
    root = parse(xml)
    if _kind(root) != "form":
        raise Malformed(f"The root element is {name(root)}, not QuestionForm")
    return form_of(root)


def _kind(root: Element) -> str:
    kind = ROOTS.get((name(root), namespace(root)))
    if kind is not None:
        return kind
    known = [space for element, space in ROOTS if element == name(root)]
    if not known:
        wanted = ", ".join(dict.fromkeys(element for element, _ in ROOTS))
        raise Malformed(f"The root element is {name(root)}; it must be one of {wanted}")
    raise Malformed(f"Element {name(root)} is in the namespace {namespace(root)!r}, not {' or '.join(known)}")
