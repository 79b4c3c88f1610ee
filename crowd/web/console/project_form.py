"""What the form of a new project says, as the body that the API takes; and what is wrong, by its fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crowd.errors import Problem
from crowd.web.console.kinds import KINDS, Kind, Option

LONGEST_SLUG = 63
OPTION = "option-"  # before the names of what the task type lets one set
FIRST = {"title": "The question", "slug": "Short name", "labels": "Labels"}
THEN = {
    "instructions": "Instructions",
    "overlap": "Answers for each item",
    "price": "Dollars for an answer",
    "cap": "Dollars in all, at most",
    "confidence": "Ask on until a label is this sure",
    "max_overlap": "Answers for each item, at most",
    "hit_size": "Questions on a page",
    "review": "Pages are accepted",
}
# Where the name under which something is checked is not that of its field.
FIELDS = {"price_micros": "price", "text": "instructions", "label_details": "labels"}


def blank(kind: Kind) -> dict[str, str]:
    """Return the form as it comes: what is suggested is written in it."""
    options = {OPTION + option.name: option.default for option in kind.options}
    return {"labels": "\n".join(kind.prefilled), "overlap": "3", "hit_size": "10", **options}


def names(kind: Kind) -> dict[str, str]:
    """Return what the fields are called, in their order."""
    options = {OPTION + option.name: option.text for option in kind.options}
    return FIRST | options | THEN


def body(task_type: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Return a filled form as the body of `POST /projects`; what is left blank is left out.

    What is no number stays the text that it is: the API's schema says what is wrong with it.
    """
    filled = {name: value.replace("\r\n", "\n").strip() for name, value in form.items()}
    kind = KINDS[task_type]
    found: dict[str, Any] = {
        name: read(filled[name]) for name, read in READERS.items() if filled.get(name)
    } | {"task_type": task_type}
    if "slug" not in found and (slug := slug_of(filled.get("title", ""))):
        found["slug"] = slug
    if kind.labels:
        found["labels"] = _lines(filled.get("labels", ""))
    if options := dict(_options(kind.options, filled)):
        found["task_options"] = options
    return found


def by_field(problems: Iterable[Problem], order: Iterable[str]) -> dict[str, list[str]]:
    """Return what is wrong by the field it is about: the form's fields in their order, then all else."""
    found: dict[str, list[str]] = {name: [] for name in order}
    for problem in problems:
        name, message = _placed(problem)
        found.setdefault(name, []).append(message)
    return {name: messages for name, messages in found.items() if messages}


def slug_of(title: str) -> str:
    """Return a name for paths and commands made of a title; nothing where it has no Latin letter or digit."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    while len(slug := "-".join(words)) > LONGEST_SLUG and len(words) > 1:
        words.pop()
    return slug[:LONGEST_SLUG]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text


def _number(text: str) -> float | str:
    is_decimal = re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text)
    return _whole(text) if not is_decimal or "." not in text else float(text)


READERS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("slug", "title", "instructions", "price", "cap", "review"), str),
    **dict.fromkeys(("overlap", "max_overlap", "hit_size"), _whole),
    "confidence": _number,
}
OPTION_READERS: Mapping[str, Callable[[str], Any]] = {"whole": _whole, "number": _number}


def _options(options: Iterable[Option], filled: Mapping[str, str]) -> Iterable[tuple[str, Any]]:
    for option in options:
        value = filled.get(OPTION + option.name, "")
        if option.kind == "flag":
            yield option.name, value == "1"
        elif value:
            yield option.name, OPTION_READERS.get(option.kind, str)(value)


def _placed(problem: Problem) -> tuple[str, str]:
    """Return the field a problem is about and what to say there: which label, where it is about one."""
    first, _, rest = problem.where.partition(".")
    if first == "task_options" and rest:
        return OPTION + rest, problem.message
    if which := re.fullmatch(r"(\w+)\[(\d+)\]", first):
        return which[1], f"{which[1].removesuffix('s')} {int(which[2]) + 1}: {problem.message}"
    return FIELDS.get(first, first), problem.message
