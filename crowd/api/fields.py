"""What all schemas share: unknown fields are refused, and a field takes its own type only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError, fields, validate

from crowd.services.setup.projects import SLUG, SLUG_FAULT
from workers.money import dollars, to_micros

# What an INTEGER column holds, with room for what is added to it later.
MOST = 2**30
MOST_MICROS = 10**15
KEY_LENGTH = 500


class Schema(ma.Schema):
    """An allow-list of fields."""

    error_messages = {"type": 'must be a JSON object: {"name of a field": …}'}  # noqa: RUF012 - marshmallow declares it so

    class Meta:
        """marshmallow's own name for options."""

        unknown = ma.RAISE


class Dollars(fields.Field[int]):
    """An amount of money: text such as "12.50" on the wire, integer micro-dollars within."""

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(metadata={"pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?$"} | (metadata or {}), **options)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ANN401, ARG002
        return None if value is None else dollars(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401, ARG002
        try:
            micros = to_micros(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(str(error)) from None
        if micros > MOST_MICROS:
            raise ValidationError(f"cannot be above {dollars(MOST_MICROS)}")
        return micros


class Moment(fields.AwareDateTime):
    """A time with its zone; within it is UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ANN401
        return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)


class Number(fields.Float):
    """A JSON number; text that looks like one is refused."""

    def _validated(self, value: Any) -> float:  # noqa: ANN401
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        result: float = super()._validated(value)
        return result


class Flag(fields.Boolean):
    """A JSON boolean; text that looks like one is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ANN401, ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def about(description: str) -> dict[str, Any]:
    """Return the metadata that describes a field in the OpenAPI document."""
    return {"description": description}


def text(longest: int, *, shortest: int | None = None, **options: Any) -> fields.String:  # noqa: ANN401 - marshmallow's own
    """Return a field for text of a bounded length."""
    return fields.String(validate=validate.Length(min=shortest, max=longest), **options)


def flag(description: str) -> fields.Boolean:
    """Return a field that is true or false, and nothing like it."""
    return fields.Boolean(truthy={True}, falsy={False}, metadata=about(description))


def whole(least: int, most: int = MOST, **options: Any) -> fields.Integer:  # noqa: ANN401 - marshmallow's own
    """Return a field for a whole number within bounds."""
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **options)


def share(**options: Any) -> Number:  # noqa: ANN401 - marshmallow's own
    """Return a field for a share between 0 and 1."""
    return Number(validate=validate.Range(min=0, max=1), **options)


def slug(**options: Any) -> fields.String:  # noqa: ANN401 - marshmallow's own
    """Return a field for a name that stands in paths."""
    # `$` also matches before a newline at the end.
    rules = validate.Regexp(f"^{SLUG.pattern}$", error=SLUG_FAULT), validate.ContainsNoneOf("\n")
    return fields.String(validate=rules, **options)


def key(**options: Any) -> fields.String:  # noqa: ANN401 - marshmallow's own
    """Return a field for the requester's own id of an item."""
    return text(KEY_LENGTH, shortest=1, **options)
