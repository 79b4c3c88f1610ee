"""The document with a page's questions: a plain form, made comfortable by a little script of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from crowd.channels import Page, Question
from crowd.rendering import content, labels, sources
from crowd.task_types import ranking

SCRIPTS = ("state", "clock", "options", "media", "dialogs", "keys")
MARKING = ("spans", "boxes")  # types whose answers are marks with labels
RESERVED = {"boxes": labels.RESERVED | {"n", "0"}}
# Fields of the payload that a type's own page shows; the rest is shown the same everywhere.
APART = {
    "pairwise": ("left", "right"),
    "ranking": ("choices",),
    "spans": ("text",),
    "boxes": ("image", "alt"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the templates see it."""

    name: str
    number: int
    payload: dict[str, Any]
    content: content.Content


def frame(page: Page, *, nonce: str, host: str) -> str:
    """Return the questions of a page as a whole HTML document.

    Args:
        page: the questions, in the order they are asked.
        nonce: what the response's policy lets scripts run by.
        host: the origin of the page around the document; empty for the document's own.
    """
    template = environment().get_template("tasks/frame.html")
    return template.render(
        page=page,
        nonce=nonce,
        host=host,
        questions=[_asked(page, number, question) for number, question in enumerate(page.questions, 1)],
        group=labels.arrange(page.labels, _details(page), RESERVED.get(page.task_type, labels.RESERVED)),
        texts=_texts(page),
        kind=page.task_type,
        scripts=(*SCRIPTS, *(["marks"] if page.task_type in MARKING else []), page.task_type, "frame"),
    )


@cache
def environment() -> jinja2.Environment:
    """Return the environment of our own templates: everything is escaped, nothing may be missing."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(sources.folder()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.globals["inline"] = lambda name: Markup(sources.text(name))  # noqa: S704 - a file of ours
    found.globals["part"] = content.part
    found.globals["side"] = content.side
    found.globals["choices"] = ranking.choices
    return found


def _details(page: Page) -> Mapping[str, Any]:
    """Return what is known of the labels; a step of a scale is chosen by its own digit."""
    if page.task_type != "rating":
        return page.details
    own = {label: {"key": label} for label in page.labels if len(label) == 1}
    return {label: {**own.get(label, {}), **page.details.get(label, {})} for label in page.labels}


def _texts(page: Page) -> dict[str, str]:
    """Return the texts to be marked, which a parser of HTML would change: it knows one kind of line end."""
    if page.task_type != "spans":
        return {}
    return {question.name: content.plain(question.payload.get("text")) for question in page.questions}


def _asked(page: Page, number: int, question: Question) -> Asked:
    payload = dict(question.payload)
    shown = content.content(payload, apart=APART.get(page.task_type, ()))
    return Asked(question.name, number, payload, shown)
