"""Lists come in pages; a page ends with a cursor that stays good whatever is added meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from marshmallow import fields, validate

from crowd.api.fields import KEY_LENGTH, Schema, about
from crowd.errors import bad_input

Row = TypeVar("Row")
MOST = 1000


class PageQuery(Schema):
    """Where a page begins, and how long it may be."""

    after = fields.String(
        load_default="",
        validate=validate.Length(max=KEY_LENGTH + 50),
        metadata=about("“next” of the page before"),
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


class PageSchema(Schema):
    """What every page ends with."""

    next = fields.String(
        required=True, allow_none=True, metadata=about("“after” of the next page; null at the end")
    )


def page(name: str, rows: Sequence[Row], limit: int, cursor: Callable[[Row], object]) -> dict[str, Any]:
    """Return the first `limit` of the rows as a page. One row more than that tells that there is a next."""
    shown = rows[:limit]
    return {name: shown, "next": str(cursor(shown[-1])) if len(rows) > limit else None}


def number(after: str) -> int | None:
    """Return the row number a cursor stands for, None for the first page."""
    if not after:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise bad_input("after", "is not the `next` of a page")
    return int(after)
