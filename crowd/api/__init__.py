"""The HTTP API: one file per noun, with its schemas beside its views."""

from __future__ import annotations

from flask import Flask

from crowd import __version__
from crowd.api import (
    access_keys,
    accuracy,
    advice,
    answers,
    appeals,
    batches,
    cases,
    erasure,
    gold,
    groups,
    items,
    keys,
    labels,
    messages,
    payouts,
    pool,
    predictions,
    problems,
    projects,
    restrictions,
    review,
    rules,
    skills,
    steps,
    training_sets,
    wording,
    work,
    workers,
)
from crowd.api.edge import Edge
from crowd.api.openapi import Api
from crowd.api.paths import Id

__all__ = ["Edge", "register"]

# In the order of a project's life; the document lists them so.
NOUNS = (
    projects,
    wording,
    items,
    gold,
    predictions,
    batches,
    workers,
    pool,
    restrictions,
    groups,
    skills,
    messages,
    erasure,
    review,
    rules,
    cases,
    payouts,
    answers,
    labels,
    accuracy,
    advice,
    training_sets,
    steps,
    keys,
    access_keys,
    work,
    appeals,
)
CONFIG = {
    "API_TITLE": "crowd",
    "API_VERSION": __version__,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
}


def register(app: Flask, edge: Edge) -> Api:
    """Hang the API on an application; return what knows its OpenAPI document."""
    app.extensions["crowd"] = edge
    app.config.from_mapping(CONFIG, MAX_CONTENT_LENGTH=edge.settings.max_upload_bytes)
    app.url_map.converters["id"] = Id
    problems.register(app)
    api = Api(app)
    for noun in NOUNS:
        api.register_blueprint(noun.blueprint)
    return api
