"""A database with a crowd's answers in it, for benches: only what aggregation reads, written in bulk."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from aggregation.answers import Answers
from crowd import migrations
from crowd.db import bulk, connect
from crowd.models import Answer, Item, LabelSet, Project, Worker
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHEN = "2026-01-01 00:00:00.000000"


def fill(url: str, answers: Answers) -> None:
    """Make a project with these items and workers, and no answers yet."""
    database = connect(url, durable=False)
    migrations.upgrade(database)
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "bench", now=NOW))
        settings = ProjectSettings(price_micros=0, overlap=5, max_overlap=7, confidence=0.9, method="panel")
        project = projects.create(
            session, principal, slug="bench", labels=answers.labels, settings=settings, cap_micros=0, now=NOW
        )
        fixed = {"created_at": NOW, "project_id": project.id, "payload": {}, "payload_digest": ""}
        item = {**fixed, "state": "asking", "wanted": 5}
        numbers = range(1, len(answers.items) + 1)
        session.execute(insert(Item), [{**item, "id": n, "key": f"i{n:08d}"} for n in numbers])
        worker = {"created_at": NOW, "requester_id": project.requester_id, "channel": "pool"}
        named = [
            {**worker, "id": n, "name": f"w{n}", "pseudonym": f"p{n}"}
            for n in range(1, len(answers.workers) + 1)
        ]
        session.execute(insert(Worker), named)
    database.dispose()


def add(url: str, answers: Answers, which: np.ndarray) -> None:
    """Hand in some of the answers. Their pages and places are left out: aggregation does not read them."""
    database = connect(url, durable=False)
    with Session(database.engine) as session:
        _trust(session)
        project, labels = session.query(Project).one(), session.query(LabelSet).one()
        taken = session.scalar(text("SELECT coalesce(max(id), 0) FROM answer"))
        numbers = range(taken + 1, taken + 1 + len(which))
        rows = {
            "id": numbers,
            "slot_id": numbers,
            "item_id": (answers.item[which] + 1).tolist(),
            "worker_id": (answers.worker[which] + 1).tolist(),
            "value": [answers.labels[label] for label in answers.label[which].tolist()],
        }
        same = {"created_at": WHEN, "project_id": project.id, "label_set_id": labels.id, "channel": "pool"}
        bulk.insert(session, Answer.__table__, rows, same=same)
        session.commit()
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    database.dispose()


def _trust(session: Session) -> None:
    """Let answers name places that are not there."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET session_replication_role = replica")
        return
    for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(statement)
