"""What a model thinks of the items: uploaded, or learned here from the labels so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd import learning
from crowd.db import chunks
from crowd.errors import Conflict, Problem, bad_input, bad_inputs
from crowd.models import Item, Prediction, PredictionSet, Project
from crowd.selection import predictions as checks
from crowd.services import locks
from crowd.services.merge import candidates
from crowd.services.setup import projects

DIGITS = 6
FOLDS = 5
MAX_PROBLEMS = 20


def upload(
    session: Session,
    project: Project,
    *,
    model_version: str,
    labels: Sequence[str],
    keys: Sequence[str],
    probabilities: NDArray[np.float64],
    lineage: str | None = None,
    now: datetime,
) -> PredictionSet:
    """Store one model version's probabilities; the same upload again changes nothing.

    With a `lineage` the newest version of it is evidence beside people's answers: the model must not have
    learned from the labels of the items it speaks about.
    """
    label_set = projects.labels(session, project).labels
    for label in labels:
        projects.require_label(label, label_set, "labels")
    try:
        table = checks.check(probabilities, labels, keys)
    except ValueError as error:
        raise bad_input("predictions", str(error)) from None
    items = _item_ids(session, project, keys)
    if unknown := [key for key in keys if key not in items]:
        shown = [Problem("predictions", f"no item {key!r} in this project") for key in unknown[:MAX_PROBLEMS]]
        raise bad_inputs(shown, what="predictions")
    item_ids = [items[key] for key in keys]
    return _store(session, project, model_version, lineage, labels, item_ids, table, now)


def latest(session: Session, project: Project) -> PredictionSet | None:
    """Return the predictions of the newest model version."""
    query = select(PredictionSet).where(PredictionSet.project_id == project.id)
    return session.scalars(query.order_by(PredictionSet.id.desc()).limit(1)).first()


def train(session: Session, project: Project, *, now: datetime) -> PredictionSet | None:
    """Fit the project's model on the labels so far and store its predictions for all items.

    Items whose labels it learns from are predicted out of fold, by models that have not seen them. The same
    labels and items give the predictions already stored, without training again. Returns None where the
    project has no model, fewer than two labels are known yet, or all of them.
    """
    if project.model is None:
        return None
    known = {candidate.item_id: candidate.label for candidate in candidates(session, project)}
    item_ids = session.scalars(select(Item.id).where(Item.project_id == project.id).order_by(Item.id)).all()
    others = [item_id for item_id in item_ids if item_id not in known]
    if len(set(known.values())) < 2 or not others:
        return None
    version = _version(project.model, known, others)
    found = _find(session, project, version)
    if found is not None:
        return found
    labels, table = _fit_predict(session, project, project.model, known, others)
    lineage = f"model:{project.model}"
    return _store(session, project, version, lineage, labels, [*known, *others], table, now)


def _fit_predict(
    session: Session, project: Project, name: str, known: Mapping[int, str], others: Sequence[int]
) -> tuple[Sequence[str], NDArray[np.float64]]:
    """Return the labels the model knows and its probabilities (known and then others, labels)."""
    query = select(Item.id, Item.payload).where(Item.project_id == project.id).order_by(Item.id)
    payloads = {item_id: payload for item_id, payload in session.execute(query)}
    position = {item_id: number for number, item_id in enumerate(payloads)}
    features = learning.features_of(list(payloads.values()))
    model = learning.load(name, features)
    inputs, labels = features.take([position[item_id] for item_id in known]), list(known.values())
    model.fit(inputs, labels)
    table = model.predict_proba(features.take([position[item_id] for item_id in others]))
    rng = np.random.default_rng(project.seed)
    seen = learning.out_of_fold(lambda: learning.load(name, features), inputs, labels, FOLDS, rng)
    column = [seen.classes.index(label) for label in model.classes_]
    return model.classes_, np.vstack([seen.probabilities[:, column], table])


def _version(model: str, known: Mapping[int, str], others: Sequence[int]) -> str:
    # The items belong to it: ones that come later need predictions, from the same labels too.
    content = repr((sorted(known.items()), list(others)))
    return f"{model}@{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _find(session: Session, project: Project, model_version: str) -> PredictionSet | None:
    query = select(PredictionSet).where(
        PredictionSet.project_id == project.id, PredictionSet.model_version == model_version
    )
    return session.scalars(query).first()


def _store(
    session: Session,
    project: Project,
    model_version: str,
    lineage: str | None,
    labels: Sequence[str],
    item_ids: Sequence[int],
    table: NDArray[np.float64],
    now: datetime,
) -> PredictionSet:
    rounded = np.asarray(table, dtype=np.float64).round(DIGITS)
    digest = _digest(labels, item_ids, rounded)
    locks.step(session, project)
    found = _find(session, project, model_version)
    if found is not None and found.digest != digest:
        raise Conflict(
            f"model version {model_version!r} already has other predictions; give the new model a new version"
        )
    if found is not None:
        return found
    stored = PredictionSet(
        project_id=project.id,
        model_version=model_version,
        lineage=lineage,
        labels=list(labels),
        digest=digest,
        created_at=now,
    )
    session.add(stored)
    session.flush()
    rows = zip(item_ids, rounded.tolist(), strict=True)
    session.execute(
        insert(Prediction),
        [{"prediction_set_id": stored.id, "item_id": item_id, "probabilities": row} for item_id, row in rows],
    )
    return stored


def _digest(labels: Sequence[str], item_ids: Sequence[int], table: NDArray[np.float64]) -> str:
    order = np.argsort(np.asarray(item_ids, dtype=np.int64))
    content = hashlib.sha256(repr(list(labels)).encode())
    content.update(np.asarray(item_ids, dtype="<i8")[order].tobytes())
    content.update(table[order].astype("<f8").tobytes())
    return content.hexdigest()


def _item_ids(session: Session, project: Project, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in chunks(list(keys)):
        query = select(Item.key, Item.id).where(Item.project_id == project.id, Item.key.in_(some))
        found.update({key: item_id for key, item_id in session.execute(query)})
    return found
