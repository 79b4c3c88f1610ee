"""Tables that go out row by row: read in a snapshot of their own, after the view has returned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crowd.api.edge import edge
from crowd.api.fields import Schema
from crowd.db import Database
from crowd.tables.lines import FORMATS, TYPES, write_lines

Rows = Callable[[Session], Iterable[Mapping[str, Any]]]
DOCUMENTED = {"content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in TYPES.values()}}


class FormatQuery(Schema):
    """In which form."""

    format = fields.String(load_default="csv", validate=validate.OneOf(FORMATS))


def download(
    name: str, form: str, columns: Sequence[str], rows: Rows, *, exact: Collection[str] = ()
) -> Response:
    """Return a table as a file; `rows` reads it in a session of its own."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    body = _stream(edge().database, form, columns, rows, exact)
    return Response(body, content_type=TYPES[form], headers=headers)


def _stream(
    database: Database, form: str, columns: Sequence[str], rows: Rows, exact: Collection[str]
) -> Iterator[bytes]:
    with database.read() as session:
        yield from write_lines(columns, rows(session), form, exact=exact)
