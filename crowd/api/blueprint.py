"""flask-smorest with types, and our door before every view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import flask_smorest  # type: ignore[import-untyped]
import marshmallow as ma

from crowd.api.access import View, guarded
from crowd.api.bodies import CSV, JSON_LINES, Parser, TableForm
from crowd.api.openapi import document_access
from crowd.tables.source import Source

Table = TypeVar("Table")


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """The views of one noun."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, name, url_prefix="/api/v1", description=description)
        self._prepare_doc_cbks.append(document_access)

    def on(self, method: str, rule: str) -> Callable[[View], View]:
        """Publish a view, behind its door, under one method of a path."""

        def decorate(view: View) -> View:
            published = guarded(self.describes(operationId=view.__name__)(view))
            self.add_url_rule(rule, view.__name__, published, methods=[method])
            return view

        return decorate

    def takes(self, schema: type[ma.Schema], location: str = "json") -> Callable[[View], View]:
        """Give the view the body, or the query, as this schema loads it."""
        return cast("Callable[[View], View]", self.arguments(schema, location=location))

    def may_take(self, schema: type[ma.Schema]) -> Callable[[View], View]:
        """Give the view the body as this schema loads it; without one, the schema's defaults."""
        return cast("Callable[[View], View]", self.arguments(schema, required=False))

    def takes_query(self, schema: type[ma.Schema]) -> Callable[[View], View]:
        """Give the view the query as this schema loads it."""
        return self.takes(schema, location="query")

    def takes_table(
        self,
        schema: type[ma.Schema],
        read: Callable[[Source], Table],
        convert: Callable[[Any], Table],
        *,
        kinds: Sequence[str] = (CSV, JSON_LINES),
    ) -> Callable[[View], View]:
        """Give the view the rows of a body: a JSON object, or a table of one of these media types."""
        form = TableForm(schema(), read, convert, kinds)

        def decorate(view: View) -> View:
            @wraps(view)
            def wrapper(*bodies: object, **named: object) -> object:
                return view(*bodies, form.load(), **named)

            text = {"schema": {"type": "string"}}
            content = {"application/json": {"schema": schema}} | dict.fromkeys(kinds, text)
            return self.describes(requestBody={"required": True, "content": content})(wrapper)

        return decorate

    def gives(
        self,
        status: int,
        schema: type[ma.Schema] | None = None,
        **options: Any,  # noqa: ANN401 - flask-smorest's own
    ) -> Callable[[View], View]:
        """Answer with what the view returns, as this schema dumps it."""
        return cast("Callable[[View], View]", self.response(status, schema, **options))

    def may_give_nothing(self, description: str) -> Callable[[View], View]:
        """Tell that the answer may also be an empty 204."""
        return cast("Callable[[View], View]", self.alt_response(204, description=description, success=True))

    def describes(self, **documentation: Any) -> Callable[[View], View]:  # noqa: ANN401 - OpenAPI's own
        """Add to a view's entry in the OpenAPI document."""
        return cast("Callable[[View], View]", self.doc(**documentation))
