"""The OpenAPI document as something to read: sections, operations, fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
# What a schema may say of a value beside its type, and how it reads.
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "default": "default {}",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body, or one parameter."""

    name: str
    type: str
    notes: str
    required: bool


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or comes back: its media types, and its fields where it has any."""

    label: str
    media: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be done."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[Field, ...]
    body: Body | None
    answers: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The operations on one noun."""

    name: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole API."""

    description: str
    sections: tuple[Section, ...]


def reference(document: Document) -> Reference:
    """Return an OpenAPI document in the form the page shows."""
    operations = [
        (about["tags"][0], _operation(document, method, path, entry, about))
        for path, entry in document["paths"].items()
        for method in METHODS
        if (about := entry.get(method))
    ]
    sections = [
        (tag, tuple(found for name, found in operations if name == tag["name"])) for tag in document["tags"]
    ]
    return Reference(
        document["info"].get("description", ""),
        tuple(Section(tag["name"], tag["description"], found) for tag, found in sections),
    )


def _operation(document: Document, method: str, path: str, entry: Document, about: Document) -> Operation:
    parameters = [*entry.get("parameters", ()), *about.get("parameters", ())]
    sent = about.get("requestBody")
    return Operation(
        id=about["operationId"],
        method=method.upper(),
        path=path,
        summary=about.get("summary", ""),
        description=about.get("description", ""),
        scope=about.get("x-scope", ""),
        parameters=tuple(_parameter(document, _resolved(document, each)) for each in parameters),
        body=_body(document, "Body", sent) if sent else None,
        answers=tuple(
            _body(document, status, answer)
            for status, answer in about["responses"].items()
            if status.startswith("2")
        ),
    )


def _parameter(document: Document, about: Document) -> Field:
    required = about.get("required", False)
    return _field(document, about["name"], about["schema"], about.get("description", ""), required=required)


def _body(document: Document, label: str, about: Document) -> Body:
    content = about.get("content", {})
    schema = next((kind["schema"] for kind in content.values() if "schema" in kind), None)
    shown = f"{label}: {about['description']}" if about.get("description") else label
    return Body(shown, tuple(content), tuple(_fields(document, schema)) if schema else ())


def _fields(document: Document, schema: Document, prefix: str = "") -> Iterator[Field]:
    """Yield the fields of an object, those of nested objects after the one that holds them."""
    resolved = _resolved(document, schema)
    required = resolved.get("required", ())
    fields = resolved.get("properties", {}).items()
    for name, about in sorted(fields, key=lambda field: field[0] not in required):
        yield _field(document, prefix + name, about, about.get("description", ""), required=name in required)
        inner, mark = (about["items"], "[].") if "items" in about else (about, ".")
        yield from _fields(document, _nested(inner), f"{prefix}{name}{mark}")


def _field(document: Document, name: str, schema: Document, description: str, *, required: bool) -> Field:
    limits = [text.format(schema[key]) for key, text in LIMITS.items() if schema.get(key) not in (None, "")]
    values = [str(value) for value in schema.get("enum", ()) if value]
    choices = [f"one of {', '.join(values)}"] if values else []
    # A pattern is for machines: where a description says what is meant, it would only be noise.
    pattern = [] if description or "pattern" not in schema else [f"matching {schema['pattern']}"]
    said = [description.rstrip(".")] if description else pattern
    return Field(name, _type(document, schema), "; ".join([*said, *choices, *limits]), required)


def _type(document: Document, schema: Document) -> str:
    if "items" in schema:
        return f"list of {_type(document, schema['items'])}"
    resolved = _resolved(document, _nested(schema))
    named = resolved.get("type", "any value")
    kinds = [named] if isinstance(named, str) else list(named)
    if any(kind.get("type") == "null" for kind in schema.get("anyOf", ())):
        kinds.append("null")
    return " or ".join(kinds)


def _nested(schema: Document) -> Document:
    """Return what a field refers to where it may also be null, or carries a description of its own."""
    wrapped = [*schema.get("anyOf", ()), *schema.get("allOf", ())]
    return next((each for each in wrapped if "$ref" in each), schema)


def _resolved(document: Document, schema: Document) -> Document:
    if "$ref" not in schema:
        return schema
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: Document = found
    return resolved
