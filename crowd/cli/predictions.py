"""`crowd predictions`: what a model thinks of the items."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Prediction, PredictionSet
from crowd.services import predict
from crowd.services.setup import projects
from crowd.tables.predictions import read_predictions
from crowd.tables.source import open_input


@click.group("predictions")
def command() -> None:
    """What a model thinks of the items."""


@command.command("add")
@click.argument("slug")
@click.argument("file")
@click.option("--model-version", required=True, help="A name for the model as it is now.")
@click.option("--lineage", help="What it is a version of; set, it is evidence beside people's answers.")
@works_on_database
def add(place: Workplace, *, slug: str, file: str, model_version: str, lineage: str | None) -> None:
    """Store the probabilities in FILE: the column item, and one column for each label.

    They help to choose items. With --lineage the newest version of it is also heard when answers are
    aggregated, once it foretells people's answers: the model must not have learned from these items' labels.
    """
    with place.database.write() as session:
        project = place.project(session, slug)
        table = read_predictions(open_input(file), projects.labels(session, project).labels)
        stored = predict.upload(
            session,
            project,
            model_version=model_version,
            lineage=lineage,
            labels=table.labels,
            keys=table.keys,
            probabilities=table.probabilities,
            now=utc_now(),
        )
        result = {"model_version": stored.model_version, "digest": stored.digest, "items": len(table.keys)}
    place.show(result, f"{result['items']} predictions of {model_version} stored")


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the model versions, newest first."""
    with place.database.write() as session:
        query = (
            select(PredictionSet, func.count(Prediction.item_id))
            .outerjoin(Prediction, Prediction.prediction_set_id == PredictionSet.id)
            .where(PredictionSet.project_id == place.project(session, slug).id)
            .group_by(PredictionSet.id)
            .order_by(PredictionSet.id.desc())
        )
        rows = [
            {"model_version": found.model_version, "items": items, "created_at": found.created_at.isoformat()}
            for found, items in session.execute(query)
        ]
    place.show_rows("predictions", rows)
