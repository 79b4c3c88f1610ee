"""Who may work on a project: requirements as data, written "skill german >= 0.8 and not group trainees"."""

import math
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

Requirement = dict[str, Any]

NAME: Final = re.compile(r"[^\W_][\w.-]{0,62}")
FORM: Final = "skill NAME >= NUMBER, group NAME or not group NAME, joined by and"
COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_TOKEN: Final = re.compile(r"\s*([<>]=?|[^\s<>]+)")


def parse(text: str) -> list[Requirement]:
    """Read requirements, all of which must be met; an empty text has none.

    Raises:
        ValueError: The text is not in the form of `FORM`; the message says where.
    """
    tokens = _TOKEN.findall(text.strip())
    return [_term(words) for words in _split(tokens)] if tokens else []


def text(requirements: Sequence[Requirement]) -> str:
    """Write requirements as `parse` reads them."""
    return " and ".join(_say(requirement) for requirement in requirements)


def faults(requirements: Sequence[Requirement]) -> list[str]:
    """Return what keeps data from being requirements."""
    return [
        f"{requirement!r} is not of the form {FORM}" for requirement in requirements if not _ok(requirement)
    ]


def unmet(
    requirements: Sequence[Requirement], skills: Mapping[str, float], groups: Collection[str]
) -> list[str]:
    """Return, in words, the requirements that somebody with these skills in these groups does not meet."""
    return [words for requirement in requirements if (words := _missing(requirement, skills, groups))]


def _split(tokens: Sequence[str]) -> Iterator[list[str]]:
    # "and" stands only between requirements, never first in one: so it may also be a name.
    words: list[str] = []
    for token in tokens:
        if token.lower() == "and" and len(words) >= _length(words):
            yield words
            words = []
        else:
            words.append(token)
    yield words


def _length(words: Sequence[str]) -> int:
    """Return how many words the requirement that begins like this has."""
    first = words[0].lower() if words else ""
    return {"skill": 4, "not": 3, "group": 2}.get(first, 1)


def _term(words: Sequence[str]) -> Requirement:
    match [words[0].lower() if words else "", *words[1:]]:
        case ["skill", name, sign, value]:
            found: Requirement = {"kind": "skill", "name": name, "sign": sign, "value": _number(value)}
        case ["group", name]:
            found = {"kind": "group", "name": name, "member": True}
        case ["not", word, name] if word.lower() == "group":
            found = {"kind": "group", "name": name, "member": False}
        case _:
            raise ValueError(f"{' '.join(words) or 'nothing'!r} is no requirement: write {FORM}")
    if not _ok(found):
        raise ValueError(f"{' '.join(words)!r} is no requirement: write {FORM}, a NUMBER from 0 to 1")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _ok(requirement: Mapping[str, object]) -> bool:
    if not (isinstance(name := requirement.get("name"), str) and NAME.fullmatch(name)):
        return False
    match dict(requirement):
        case {"kind": "skill", "name": _, "sign": str(sign), "value": float() | int() as value, **rest}:
            return not rest and sign in COMPARISONS and 0 <= value <= 1 and not isinstance(value, bool)
        case {"kind": "group", "name": _, "member": bool(), **rest}:
            return not rest
    return False


def _say(requirement: Requirement) -> str:
    if requirement["kind"] == "skill":
        return f"skill {requirement['name']} {requirement['sign']} {requirement['value']!r}"
    return f"{'' if requirement['member'] else 'not '}group {requirement['name']}"


def _missing(requirement: Requirement, skills: Mapping[str, float], groups: Collection[str]) -> str:
    name = requirement["name"]
    if requirement["kind"] == "group":
        if (name in groups) == requirement["member"]:
            return ""
        return f"{_say(requirement)}: the worker is {'not ' if requirement['member'] else ''}in it"
    if name not in skills:
        return f"{_say(requirement)}: the worker has no such skill"
    if COMPARISONS[requirement["sign"]](skills[name], requirement["value"]):
        return ""
    return f"{_say(requirement)}: the worker's is {skills[name]:.2f}"
