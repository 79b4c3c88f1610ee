"""What comes in the body of a request: strict JSON, or a table as CSV or JSON Lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar, cast

import marshmallow as ma
from flask import Request, request
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from crowd.api.edge import edge
from crowd.errors import Problem, bad_inputs
from crowd.tables import strict_json
from crowd.tables.source import Source, uploaded

Table = TypeVar("Table")
CSV = "text/csv"
JSON_LINES = "application/x-ndjson"
# Names under which errors speak of a body; the ending tells the reader what it is.
TABLES = {CSV: "body.csv", JSON_LINES: "body.jsonl"}
MOST_PROBLEMS = 20


class Parser(FlaskParser):
    """webargs' parser, which refuses unknown names in the query too, and JSON that no database can hold."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": ma.RAISE}

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ANN401 - any JSON value
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType("send the body as application/json")
        return parse_json(body)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401
        """Raise what marshmallow found as one error of ours, with the place of every fault."""
        # webargs puts the messages under the place it read: json, query.
        (messages,) = cast("dict[str, Any]", error.messages).values()
        raise faults(messages)


def faults(messages: Any) -> Exception:  # noqa: ANN401 - marshmallow's nested lists and dicts
    """Return our error for marshmallow's."""
    found = list(_flat(messages, ""))
    return bad_inputs(found[:MOST_PROBLEMS], what="request")


@dataclass(frozen=True, slots=True)
class TableForm(Generic[Table]):
    """How the rows of one kind may be sent: a JSON object, or a table of one of these media types."""

    schema: ma.Schema
    read: Callable[[Source], Table]
    convert: Callable[[Any], Table]
    kinds: Sequence[str]

    def load(self) -> Table:
        """Read the body of the current request."""
        body, kind = request.get_data(), request.mimetype
        if kind in self.kinds:
            return self.read(uploaded(TABLES[kind], body, limit=edge().settings.max_upload_bytes))
        if not request.is_json:
            raise UnsupportedMediaType(f"send the body as application/json or {' or '.join(self.kinds)}")
        try:
            return self.convert(self.schema.load(parse_json(body)))
        except ma.ValidationError as error:
            raise faults(error.messages) from None


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse a body; refuse what JSON does not know, repeated names, and what a database cannot hold."""
    try:
        return strict_json.parse(body.decode())
    except RecursionError:
        raise BadRequest("the body is nested too deeply") from None
    except ValueError as error:
        raise BadRequest(f"the body is not JSON that can be stored: {error}") from None


def _flat(messages: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401 - marshmallow's nested lists and dicts
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flat(inner, _below(where, name))
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield Problem(where, str(message))


def _below(where: str, name: object) -> str:
    if name in ("_schema", "key", "value"):
        return where
    if isinstance(name, int):
        return f"{where}[{name}]"
    return f"{where}.{name}" if where else str(name)
