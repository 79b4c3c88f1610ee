"""QuestionFormAnswers: what a worker handed in, as programs get it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from crowd.errors import Problem, bad_inputs
from crowd.questions.form import Asked, Choice, Form, Words
from crowd.questions.tree import SCHEMAS, name, parse_any

NAMESPACE = f"{SCHEMAS}2005-10-01/QuestionFormAnswers.xsd"
RESERVED = frozenset({"assignmentId", "hitId", "turkSubmitTo", "workerId"})
START = f'<?xml version="1.0" encoding="ASCII"?><QuestionFormAnswers xmlns="{NAMESPACE}">'
VALUES = ("FreeText", "SelectionIdentifier", "OtherSelectionField")
# What XML 1.0 has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser turns a bare carriage return into a line feed.
ENTITIES = {"\r": "&#13;"}

Fields = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question: its values, each with the element that held it."""

    question: str
    values: tuple[tuple[str, str], ...]


def write(fields: Fields, form: Form | None = None) -> str:
    """Return the answers as XML in ASCII, in the order in which they were handed in.

    Args:
        fields: names and values of a page's fields; a name may be there several times.
        form: the QuestionForm they answer, which tells words from selections; None for a page of HTML.

    Raises:
        Unprocessable: the answers are not what the form asks for; the problems name the questions.
    """
    given = [(field, value) for field, value in fields if field and field not in RESERVED]
    answers = _of_page(given) if form is None else _of_form(given, form)
    body = "".join(map(_element, answers))
    xml = f"{START}{body}</QuestionFormAnswers>"
    return xml.encode("ascii", "xmlcharrefreplace").decode("ascii")


def read(xml: str) -> list[Answer]:
    """Return the answers in a document, in its order."""
    root = parse_any(xml)
    found = []
    for element in root:
        held = [(name(child), child.text or "") for child in element]
        question = next((value for kind, value in held if kind == "QuestionIdentifier"), "")
        found.append(Answer(question, tuple(pair for pair in held if pair[0] in VALUES)))
    return found


def is_empty(fields: Fields) -> bool:
    """Tell whether nothing but the frame's own parameters was handed in."""
    return all(not field or field in RESERVED for field, _ in fields)


def _of_page(given: list[tuple[str, str]]) -> Iterator[Answer]:
    for field, value in given:
        yield Answer(field, (("FreeText", value),))


def _of_form(given: list[tuple[str, str]], form: Form) -> list[Answer]:
    values: dict[str, list[str]] = {}
    for field, value in given:
        values.setdefault(field, []).append(value)
    answers = [_answer(asked, values) for asked in form.questions.values()]
    problems = [
        Problem(asked.title or asked.identifier, said)
        for asked, answer in zip(form.questions.values(), answers, strict=True)
        if (said := problem(asked, answer))
    ]
    if problems:
        raise bad_inputs(problems, what="the answers")
    return [answer for answer in answers if answer.values]


def _answer(asked: Asked, values: dict[str, list[str]]) -> Answer:
    given = values.get(asked.identifier, [])
    if isinstance(asked.answer, Words):
        return Answer(asked.identifier, tuple(("FreeText", value) for value in given[:1]))
    known = [option.identifier for option in asked.answer.options]
    chosen = [("SelectionIdentifier", each) for each in known if each in given]
    own = [each for each in values.get(asked.other, []) if each.strip()] if asked.answer.other else []
    # Where only one may be chosen, words that were typed before another choice was made do not count.
    if asked.answer.most == 1 and chosen:
        own = []
    return Answer(asked.identifier, (*chosen, *(("OtherSelectionField", each) for each in own[:1])))


def problem(asked: Asked, answer: Answer) -> str:
    """Say what is wrong with an answer; empty where nothing is. Formats are left to the worker's browser."""
    if isinstance(asked.answer, Choice):
        return _choice_problem(asked, asked.answer, len(answer.values))
    value = answer.values[0][1] if answer.values else ""
    if not value.strip():
        return "has to be answered" if asked.is_required else ""
    return _words_problem(asked.answer, value)


def _choice_problem(asked: Asked, choice: Choice, count: int) -> str:
    if count == 0 and not asked.is_required:
        return ""
    least = max(choice.least, int(asked.is_required))
    if count < least:
        return "has to be answered" if least == 1 else f"needs {least} selections, not {count}"
    return f"takes {choice.most} selections at most, not {count}" if count > choice.most else ""


def _words_problem(words: Words, value: str) -> str:
    if words.shortest is not None and len(value) < words.shortest:
        return f"needs {words.shortest} characters or more"
    if words.longest is not None and len(value) > words.longest:
        return f"takes {words.longest} characters at most"
    return "" if not words.is_number or _fits(words, value) else f"must be a number{_range(words)}"


def _fits(words: Words, value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    low = -math.inf if words.least is None else words.least
    high = math.inf if words.most is None else words.most
    return math.isfinite(number) and low <= number <= high


def _range(words: Words) -> str:
    low = "" if words.least is None else f" from {words.least:g}"
    return f"{low}{'' if words.most is None else f' to {words.most:g}'}"


def _element(answer: Answer) -> str:
    held = "".join(f"<{kind}>{_text(value)}</{kind}>" for kind, value in answer.values)
    return f"<Answer><QuestionIdentifier>{_text(answer.question)}</QuestionIdentifier>{held}</Answer>"


def _text(value: str) -> str:
    return escape(UNWRITABLE.sub("", value), ENTITIES)
