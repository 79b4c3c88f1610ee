"""The first row of a CSV file: which column is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from crowd.errors import Problem, bad_input, bad_inputs
from crowd.tables.reading import place

Extra = Literal["refuse", "ignore"]
# crowd-kit and many published sets say `task` where we say `item`.
ALIASES = {"task": "item"}
# Columns of an unknown header that an error names; wide files have hundreds.
SHOWN = 12


def positions(
    where: tuple[str, int],
    header: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    extra: Extra = "refuse",
    called: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Return the position of each known column that is there.

    Args:
        where: Name of the file and line of the header, for errors.
        header: The cells of the first row.
        required: Columns that must be there.
        optional: Columns that may be.
        extra: Whether other columns are an error or passed over.
        called: What the file calls some of our columns; None where nobody can say.
    """
    file, line = where
    names = canonical(file, line, header, called or {})
    known = (*required, *optional)
    problems = [
        Problem(place(file, line, name), _unknown(required, optional))
        for name in names
        if extra == "refuse" and name not in known
    ]
    problems += [
        Problem(place(file, line, name), "the column stands more than once; keep one")
        for name in known
        if names.count(name) > 1
    ]
    problems += [
        Problem(place(file, line), f"column {name} is missing; found {_found(header)}{_advice(name, called)}")
        for name in required
        if name not in names
    ]
    if problems:
        raise bad_inputs(problems, what=file)
    return {name: names.index(name) for name in known if name in names}


def canonical(
    file: str, line: int, header: Sequence[str], called: Mapping[str, str] | None = None
) -> list[str]:
    """Return our names of the columns; refuse what is no CSV header.

    A column that another one was said to stand for keeps no name of ours.
    """
    refuse_other_separators(place(file, line), header)
    ours = {theirs: name for name, theirs in (called or {}).items()}
    if absent := [theirs for theirs in ours if theirs not in header]:
        raise bad_input(
            place(file, line), f"there is no column {absent[0]!r} as --columns says; found {_found(header)}"
        )
    for name in header:
        if name != name.strip():
            raise bad_input(place(file, line, name), "remove the spaces around the commas, here and below")
    plain = [ALIASES.get(name, name) for name in header]
    return [
        ours.get(theirs, "" if name in ours.values() else name)
        for theirs, name in zip(header, plain, strict=True)
    ]


def refuse_other_separators(where: str, header: Sequence[str]) -> None:
    """Refuse a header of one cell that holds what other programs put between columns."""
    if len(header) == 1 and (found := next((mark for mark in ";\t|" if mark in header[0]), None)):
        shown = "tabs" if found == "\t" else repr(found)
        raise bad_input(where, f"the columns are separated by {shown}; save the file with commas")


def _unknown(required: Sequence[str], optional: Sequence[str]) -> str:
    may = f", and optionally {', '.join(optional)}" if optional else ""
    return f"unknown column; expected {', '.join(required)}{may}"


def _found(header: Sequence[str]) -> str:
    more = f", … ({len(header)} columns)" if len(header) > SHOWN else ""
    return ", ".join(header[:SHOWN]) + more


def _advice(name: str, called: Mapping[str, str] | None) -> str:
    return "" if called is None else f"; say which it is: --columns {name}=…"
