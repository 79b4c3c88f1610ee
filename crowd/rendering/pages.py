"""The document with a page's questions: a plain form, made comfortable by a little script of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from crowd.channels import Page, Question
from crowd.rendering import check as own
from crowd.rendering import content, labels, language, sources
from crowd.task_types import ranking

SCRIPTS = ("state", "clock", "options", "media", "dialogs", "keys")
# Scripts that a type shares with others: answers that are marks with labels, an image to look closer at.
SHARED = {"spans": ("marks",), "boxes": ("marks", "pinch")}
RESERVED = {"boxes": labels.RESERVED | {"n", "0"}}
COLLECTING = "template"  # the script of a template that brings its own fields
FAILED = '<p class="banner">The page for this question could not be shown. Skip it as broken.</p>'
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
    return document(page, nonce=nonce, scripts=("frame",), data={"host": host})


def document(
    page: Page,
    *,
    nonce: str,
    scripts: tuple[str, ...],
    data: Mapping[str, Any],
    **surroundings: Any,  # noqa: ANN401 - what the template knows of where the page stands
) -> str:
    """Return the document; `scripts` are those that tie it to its surroundings, which read `data`."""
    kind = page.task_type if page.template is None or own.uses_answer(page.template) else COLLECTING
    questions = [_asked(page, number, question) for number, question in enumerate(page.questions, 1)]
    return (
        environment()
        .get_template("tasks/frame.html")
        .render(
            page=page,
            nonce=nonce,
            questions=questions,
            own=[_own(page, question) for question in questions],
            group=_group(page),
            kind=kind,
            bare=False,
            scripts=(*SCRIPTS, *SHARED.get(kind, ()), kind, *scripts),
            data={"options": page.options, "texts": _texts(page), **data},
            **surroundings,
        )
    )


def preview(
    template: str | None,
    *,
    task_type: str,
    payload: Mapping[str, Any],
    labels: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    title: str = "",
    nonce: str,
) -> str:
    """Return one question as workers would see it, as a whole HTML document.

    Raises:
        ValueError: the template cannot be filled in with this payload; the message says why.
    """
    page = Page(
        token="",
        title=title,
        instructions="",
        labels=tuple(labels),
        questions=(Question("q1", "", payload),),
        task_type=task_type,
        options=options or {},
        details=details or {},
        template=template,
    )
    if template is not None:
        _filled(page, template, _asked(page, 1, page.questions[0]))
    return frame(page, nonce=nonce, host="")


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


def _own(page: Page, question: Asked) -> Markup | None:
    """Return a question in the requester's own form, where there is one; what fails can still be skipped."""
    if page.template is None:
        return None
    try:
        return _filled(page, page.template, question)
    except ValueError:
        return Markup(FAILED)  # noqa: S704 - a text of ours


def _filled(page: Page, template: str, question: Asked) -> Markup:
    def answer() -> Markup:
        return _answer(page, question)

    context = {
        "payload": question.payload,
        "question": {"name": question.name, "number": question.number},
        "labels": list(page.labels),
        "details": dict(page.details),
        "options": dict(page.options),
        "title": page.title,
        "answer": answer,
        "show": _show,
    }
    # Every value in it is escaped; the rest is the requester's, shut in like all of this document.
    return Markup(language.render(template, context))  # noqa: S704


def _answer(page: Page, question: Asked) -> Markup:
    template = environment().get_template(f"tasks/{page.task_type}.html")
    return Markup(template.render(page=page, question=question, group=_group(page), bare=True))  # noqa: S704


def _show(kind: str, value: object) -> Markup:
    """Return a field's content as the types show it: `show("image", payload.photo)`."""
    given = "" if isinstance(value, jinja2.Undefined) else value
    shown: Any = environment().get_template("tasks/parts.html").module
    return Markup(shown.show(content.part(kind, given, {})))  # noqa: S704


def _group(page: Page) -> labels.Group:
    return labels.arrange(page.labels, _details(page), RESERVED.get(page.task_type, labels.RESERVED))


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
