"""A file of labeling functions: TOML with one `[[function]]` for each."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crowd.errors import Misconfigured, Problem, bad_input, bad_inputs
from crowd.learning import entry_point
from crowd.learning.functions import LabelingFunction, Vote, column, containing, looked_up, matching

ReadTable = Callable[[Path], Mapping[str, str]]

# By kind the settings it needs and those it may have, beside name and the kind's own.
KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "regex": (frozenset({"label"}), frozenset({"field"})),
    "keyword": (frozenset({"label"}), frozenset({"field"})),
    "lookup": (frozenset({"field"}), frozenset()),
    "column": (frozenset(), frozenset({"labels"})),
    "python": (frozenset(), frozenset()),
}


def read_functions(path: str, labels: Sequence[str], *, read_table: ReadTable) -> list[LabelingFunction]:
    """Read labeling functions for these labels; every fault of the file is named, by function.

    A function has a `name` and one of: `regex` (a pattern) or `keyword` (a list of words) with a `label` and
    maybe a `field`; `lookup` (a CSV file of item,label whose items are values of `field`); `column` (a field
    whose value is the label, or means one by `labels`); `python` ("module:function", which gets the payload).

    Args:
        path: The file.
        labels: What the functions may name.
        read_table: Reads the table of a `lookup`: labels by value.

    Raises:
        Unprocessable: The file cannot be read, or a function is wrong.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise bad_input(path, f"cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise bad_input(path, f"is no TOML: {error}") from None
    entries = content.get("function")
    if not isinstance(entries, list) or not entries or set(content) != {"function"}:
        raise bad_input(path, "needs one [[function]] or more, and nothing else")
    return _functions(_Context(Path(path), labels, read_table), entries)


@dataclass(frozen=True, slots=True)
class _Context:
    """What every function is read with."""

    path: Path
    labels: Sequence[str]
    read_table: ReadTable


def _functions(context: _Context, entries: Sequence[Any]) -> list[LabelingFunction]:
    found: dict[str, LabelingFunction] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        try:
            _require(isinstance(name, str) and name and name not in found, "needs a name of its own")
            found[str(name)] = LabelingFunction(str(name), _vote(context, entry))
        except (ValueError, Misconfigured) as error:
            problems.append(Problem(f"{context.path.name}: function {name or number}", str(error)))
    if problems:
        raise bad_inputs(problems, what=str(context.path))
    return list(found.values())


def _vote(context: _Context, entry: Mapping[str, Any]) -> Vote:
    kinds = [kind for kind in KINDS if kind in entry]
    _require(len(kinds) == 1, f"needs exactly one of {', '.join(KINDS)}")
    needed, allowed = KINDS[kinds[0]]
    given = set(entry) - {"name", kinds[0]}
    missing, unknown = sorted(needed - given), sorted(given - needed - allowed)
    _require(not missing, f"{kinds[0]} needs {', '.join(missing)} too")
    _require(not unknown, f"{kinds[0]} takes no {', '.join(unknown)}")
    for setting in ("label", "field"):
        _require(isinstance(entry.get(setting, ""), str), f"{setting} must be text")
    if "label" in entry:
        _require_label(entry["label"], context)
    return MAKERS[kinds[0]](context, entry)


def _regex(_: _Context, entry: Mapping[str, Any]) -> Vote:
    _require(isinstance(entry["regex"], str), "regex must be text")
    return matching(entry["regex"], entry["label"], entry.get("field"))


def _keyword(_: _Context, entry: Mapping[str, Any]) -> Vote:
    words = entry["keyword"]
    fit = isinstance(words, list) and words and all(isinstance(word, str) and word.strip() for word in words)
    _require(fit, "keyword must be a list of words")
    return containing(words, entry["label"], entry.get("field"))


def _lookup(context: _Context, entry: Mapping[str, Any]) -> Vote:
    _require(isinstance(entry["lookup"], str), "lookup must be the path of a CSV file")
    table = context.read_table(context.path.parent / entry["lookup"])
    for label in set(table.values()):
        _require_label(label, context)
    return looked_up(table, entry["field"])


def _column(context: _Context, entry: Mapping[str, Any]) -> Vote:
    meaning = entry.get("labels", {})
    fit = isinstance(entry["column"], str) and isinstance(meaning, dict)
    _require(fit, "column must be the name of a field, labels a table of value = label")
    for label in meaning.values():
        _require_label(label, context)
    return column(entry["column"], meaning)


def _python(_: _Context, entry: Mapping[str, Any]) -> Vote:
    _require(isinstance(entry["python"], str), 'python must be "module:function"')
    return entry_point.function(entry["python"])


MAKERS: Mapping[str, Callable[[_Context, Mapping[str, Any]], Vote]] = {
    "regex": _regex,
    "keyword": _keyword,
    "lookup": _lookup,
    "column": _column,
    "python": _python,
}


def _require_label(label: object, context: _Context) -> None:
    offered = ", ".join(map(repr, context.labels))
    _require(label in context.labels, f"label {label!r} is not among {offered}")


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)
