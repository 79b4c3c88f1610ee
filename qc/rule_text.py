"""Rules as one line: `collect gold; when graded >= 10 and accuracy_high < 0.6; do suspend for 7d`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any, Final

from qc.rules import AGAIN, Rule, Value, Window
from qc.vocabulary import ACTIONS

FORM: Final = "collect COLLECTOR; when FACT >= VALUE and …; do ACTION NAME VALUE …"


def parse(line: str) -> dict[str, Any]:
    """Read a rule from one line, as data that may still have faults.

    Raises:
        ValueError: The line is not of the form `FORM`.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";<>=!")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        tokens = list(lexer)
    except ValueError:
        raise ValueError(f"a quotation mark is not closed in {line!r}") from None
    data: dict[str, Any] = {}
    for words in _split(tokens, ";"):
        _clause(words, data)
    return data


def text(rule: Rule) -> str:
    """Write a rule as `parse` reads it."""
    window = "" if rule.window == Window() else f" over {_window_text(rule.window)}"
    when = " and ".join(f"{each.fact} {each.op} {_shown(each.value)}" for each in rule.when)
    done = " ".join(
        [rule.action, *(f"{name} {_quoted(value)}" for name, value in sorted(rule.parameters.items()))]
    )
    again = "" if rule.again == AGAIN[rule.about] else f"; again after {rule.again}"
    return f"collect {rule.collect}{window}; when {when}; do {done}{again}"


def _clause(words: Sequence[str], data: dict[str, Any]) -> None:
    match list(words):
        case ["collect", name] if "collect" not in data:
            data["collect"] = name
        case ["collect", name, "over", "last", count] if "collect" not in data:
            data |= {"collect": name, "window": {"last": _literal(count)}}
        case ["collect", name, "over", period] if "collect" not in data:
            data |= {"collect": name, "window": {"period": period}}
        case ["when", *terms] if "when" not in data:
            data["when"] = [_condition(term) for term in _split(terms, "and")]
        case ["do", action, *pairs] if "do" not in data and len(pairs) % 2 == 0:
            data["do"] = {"action": action, **_told(action, pairs)}
        case ["again", "after", count] if "again" not in data:
            data["again"] = _literal(count)
        case _:
            raise ValueError(f"{' '.join(words) or 'nothing'!r} is no part of a rule: write {FORM}")


def _told(action: str, pairs: Sequence[str]) -> dict[str, Any]:
    known = ACTIONS[action].parameters if action in ACTIONS else ()
    numbers = {each.name for each in known if each.kind in ("count", "share")}
    return {
        name: _literal(value) if name in numbers else value
        for name, value in zip(pairs[::2], pairs[1::2], strict=True)
    }


def _condition(words: Sequence[str]) -> dict[str, Any]:
    if len(words) != 3:
        raise ValueError(f"{' '.join(words) or 'nothing'!r} is no condition: write FACT >= VALUE")
    return {"fact": words[0], "op": words[1], "value": _literal(words[2])}


def _split(tokens: Sequence[str], at: str) -> Iterator[list[str]]:
    words: list[str] = []
    for token in tokens:
        if token == at:
            yield words
            words = []
        else:
            words.append(token)
    if words:
        yield words


def _literal(word: str) -> float | bool | str:
    if word in ("true", "false"):
        return word == "true"
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if re.fullmatch(r"-?\d+", word) else number


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _quoted(value: object) -> str:
    return shlex.quote(value) if isinstance(value, str) else repr(value)


def _window_text(window: Window) -> str:
    return f"last {window.last}" if window.last is not None else str(window.period)
