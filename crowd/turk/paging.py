"""Pages of results: a NextToken says after which row the next page begins, and nothing else."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from crowd.models.base import UtcDateTime
from crowd.services.market.refusals import Refused
from crowd.turk.call import Call, Given, Reply

DEFAULT_RESULTS = 10
TOKEN = re.compile(r"p1((?::\d{1,18}){1,2})", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = TypeVar("Row")
Column = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the token of what follows."""

    rows: Sequence[Row]
    token: str | None

    def reply(self, name: str, rows: Sequence[Any]) -> Reply:
        """Return the reply with these rows under their name."""
        told: Reply = {"NumResults": len(rows), name: list(rows)}
        return told if self.token is None else {**told, "NextToken": self.token}


def page(
    call: Call, given: Given, query: Select[Row], *keys: Column, newest_first: bool = False
) -> Page[Row]:
    """Return the page of a query that a program asks for, in the order of `keys`: numbers or times.

    Together the keys are unique. A query over several columns yields its first. By the service's custom
    every page that is not empty has a token, and the last page is empty.
    """
    if "NextToken" in given:
        query = query.where(_follows(keys, _positions(given["NextToken"], len(keys)), newest_first))
    size = given.get("MaxResults", DEFAULT_RESULTS)
    has_tail = call.profile.has_paging_tail
    ordered = query.order_by(*(key.desc() if newest_first else key for key in keys))
    found = call.session.scalars(ordered.limit(size if has_tail else size + 1)).all()
    rows = found[:size]
    has_next = bool(rows) if has_tail else len(found) > size
    return Page(rows, token([getattr(rows[-1], key.key) for key in keys]) if has_next else None)


def _follows(keys: Sequence[Column], positions: Sequence[int], newest_first: bool) -> ColumnElement[bool]:
    """Return the condition for rows after a position: by the first key, and by the next where it is equal."""
    key, value = keys[0], _value(keys[0], positions[0])
    beyond: ColumnElement[bool] = key < value if newest_first else key > value
    if len(keys) == 1:
        return beyond
    return or_(beyond, and_(key == value, _follows(keys[1:], positions[1:], newest_first)))


def token(values: Sequence[Any]) -> str:
    """Return what says that a page ended with a row of these keys."""
    numbers = [
        (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value
        for value in values
    ]
    return base64.urlsafe_b64encode("".join(["p1", *(f":{number}" for number in numbers)]).encode()).decode()


def _positions(token: str, count: int) -> list[int]:
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = TOKEN.fullmatch(text)
    positions = [int(number) for number in found[1].split(":")[1:]] if found else []
    if len(positions) != count:
        raise Refused("NextToken is not one that this operation returned.", "InvalidParameterValue")
    return positions


def _value(key: Column, position: int) -> Any:  # noqa: ANN401 - a number or a time
    if not isinstance(key.type, UtcDateTime):
        return position
    try:
        return EPOCH + timedelta(microseconds=position)
    except OverflowError:
        return EPOCH
