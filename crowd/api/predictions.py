"""Predictions over HTTP."""

from __future__ import annotations

from typing import Any

import numpy as np
from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.bodies import CSV
from crowd.api.fields import Number, Schema, about, key, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.errors import Problem, bad_inputs
from crowd.models import PredictionSet
from crowd.services import predict
from crowd.services.access import scope
from crowd.services.reports import browse
from crowd.tables.predictions import PredictionTable, read_predictions

blueprint = Blueprint("predictions", "What a model thinks of the items, by version of the model.")


class NewPrediction(Schema):
    """One item's probabilities, in the order of the labels."""

    item = key(required=True)
    probabilities = fields.List(Number(), required=True)


class NewPredictions(Schema):
    """The predictions of one version of a model."""

    labels = fields.List(text(200, shortest=1), required=True, validate=validate.Length(min=1))
    predictions = fields.List(fields.Nested(NewPrediction), required=True, validate=validate.Length(min=1))


class VersionQuery(Schema):
    """Which model made the predictions."""

    model_version = text(200, shortest=1, required=True)
    lineage = text(
        200,
        shortest=1,
        load_default=None,
        metadata=about(
            "What it is a version of. The newest version of each lineage is evidence beside people's "
            "answers: the model must not have learned from the labels of these items."
        ),
    )


class PredictionSetSchema(Schema):
    """The predictions of one version of a model."""

    model_version = fields.String()
    lineage = fields.String(allow_none=True)
    labels = fields.List(fields.String())
    digest = fields.String(metadata=about("SHA-256; equal predictions have an equal digest."))
    created_at = fields.DateTime()


class PredictionSetPage(PageSchema):
    """A page of model versions."""

    predictions = fields.List(fields.Nested(PredictionSetSchema))


def rows(body: dict[str, Any]) -> PredictionTable:
    """Return the predictions of a JSON body."""
    labels, predictions = body["labels"], body["predictions"]
    ragged = [
        Problem(f"predictions[{at}].probabilities", f"{len(labels)} are needed, one for each label")
        for at, row in enumerate(predictions)
        if len(row["probabilities"]) != len(labels)
    ]
    if ragged:
        raise bad_inputs(ragged[:20], what="predictions")
    table = np.array([row["probabilities"] for row in predictions], dtype=np.float64)
    return PredictionTable([row["item"] for row in predictions], tuple(labels), table)


@blueprint.on("POST", "/projects/<project>/predictions")
@blueprint.takes_query(VersionQuery)
@blueprint.takes_table(NewPredictions, read_predictions, rows, kinds=(CSV,))
@requires("write")
@blueprint.gives(201, PredictionSetSchema)
def upload_predictions(
    at: Visit, query: dict[str, Any], predictions: PredictionTable, project: str
) -> PredictionSet:
    """Store the predictions of one version of a model; the same upload again changes nothing.

    CSV holds the key in `item` and one column for each label.
    """
    return predict.upload(
        at.session,
        scope.project(at.session, at.principal, project),
        model_version=query["model_version"],
        lineage=query["lineage"],
        labels=predictions.labels,
        keys=predictions.keys,
        probabilities=predictions.probabilities,
        now=at.now,
    )


@blueprint.on("GET", "/projects/<project>/predictions")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, PredictionSetPage)
def list_predictions(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List the versions of models whose predictions are stored, newest first."""
    row = scope.project(at.session, at.principal, project)
    found = browse.predictions(at.session, row, before=number(query["after"]), limit=query["limit"] + 1)
    return page("predictions", found, query["limit"], lambda stored: stored.id)
