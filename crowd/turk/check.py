"""Values against the service model: what botocore checks before it sends, and all that it does not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from crowd.services.market.refusals import Refused
from crowd.turk.model import service

# Takes a value and where it stands; returns what operations work with, which differs only for times.
Check = Callable[[Any, str], Any]

# The model wants an id of the service's own here, yet it is a program's word: the manual has "Question_2".
LOOSE = frozenset({("ReviewResultDetail", "QuestionId")})
WHOLE = {"integer": 2**31, "long": 2**63}


@cache
def given(operation: str) -> Check:
    """Return the check of what a program sends with an operation."""
    return _structure(service().operation_model(operation).input_shape)


@cache
def reply(operation: str) -> Check:
    """Return the check of what we answer to an operation; it wants times as numbers."""
    return _structure(service().operation_model(operation).output_shape)


@cache
def _of(name: str) -> Check:
    shape = service().shape_for(name)
    if isinstance(shape, StructureShape):
        return _structure(shape)
    if isinstance(shape, ListShape):
        return _list(shape)
    assert not isinstance(shape, MapShape), f"no operation takes a map: {name}"
    return CHECKS[shape.type_name](shape)


def _structure(shape: StructureShape) -> Check:
    members = {
        name: _of("String" if (shape.name, name) in LOOSE else member.name)
        for name, member in shape.members.items()
    }
    required = shape.required_members

    def check(value: Any, where: str) -> dict[str, Any]:  # noqa: ANN401
        if not isinstance(value, dict):
            raise _mistyped(where, "an object")
        checked = {}
        for name, held in value.items():
            if name not in members:
                raise _refused(where, f"there is no member {name!r}")
            if held is not None:
                checked[name] = members[name](held, f"{where}.{name}" if where else name)
        for name in required:
            if name not in checked:
                raise _refused(where, f"the member {name!r} is required")
        return checked

    return check


def _list(shape: ListShape) -> Check:
    member = _of(shape.member.name)

    def check(value: Any, where: str) -> list[Any]:  # noqa: ANN401
        if not isinstance(value, list):
            raise _mistyped(where, "a list")
        return [member(each, f"{where}[{place}]") for place, each in enumerate(value)]

    return check


def _text(shape: Shape) -> Check:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", math.inf)
    allowed = frozenset(shape.metadata.get("enum", ()))
    pattern = re.compile(shape.metadata.get("pattern", ""), re.ASCII)
    is_patterned = "pattern" in shape.metadata

    def check(value: Any, where: str) -> str:  # noqa: ANN401
        if not isinstance(value, str):
            raise _mistyped(where, "a string")
        if not low <= len(value) <= high:
            raise _refused(where, f"its length must be from {low} to {high}, not {len(value)}")
        if allowed and value not in allowed:
            raise _refused(where, f"it must be one of {', '.join(sorted(allowed))}")
        # `$` alone would let a line feed follow.
        if is_patterned and (not pattern.search(value) or value.endswith("\n")):
            raise _refused(where, f"it must match the pattern {pattern.pattern}")
        if not value.isascii() or "\0" in value:
            _check_storable(value, where)
        return value

    return check


def _check_storable(value: str, where: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(where, "it holds half a character") from None
    if "\0" in value:
        raise _refused(where, "it holds a NUL character")


def _whole(shape: Shape) -> Check:
    bound = WHOLE[shape.type_name]
    low, high = shape.metadata.get("min", -bound), shape.metadata.get("max", bound - 1)

    def check(value: Any, where: str) -> int:  # noqa: ANN401
        if not isinstance(value, int) or isinstance(value, bool):
            raise _mistyped(where, "a whole number")
        if not low <= value <= high:
            raise _refused(where, f"it must be from {low} to {high}, not {value}")
        return value

    return check


def _truth(_shape: Shape) -> Check:
    def check(value: Any, where: str) -> bool:  # noqa: ANN401
        if not isinstance(value, bool):
            raise _mistyped(where, "true or false")
        return value

    return check


def _moment(_shape: Shape) -> Check:
    def check(value: Any, where: str) -> datetime:  # noqa: ANN401
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _mistyped(where, "a number of seconds since 1970")
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            raise _refused(where, "it is no moment that a calendar has") from None

    return check


CHECKS: dict[str, Callable[[Shape], Check]] = {
    "string": _text,
    "integer": _whole,
    "long": _whole,
    "boolean": _truth,
    "timestamp": _moment,
}


def _mistyped(where: str, wanted: str) -> Refused:
    return Refused(f"{where or 'The request'} must be {wanted}.", kind="SerializationException")


def _refused(where: str, problem: str) -> Refused:
    place = f"at '{where}'" if where else "in the request"
    return Refused(f"1 validation error detected {place}: {problem}.", kind="ValidationException")
