"""Answers that are no labels go through the whole loop: asked, merged, settled, frozen."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crowd.channels import Pool
from crowd.errors import Unprocessable
from crowd.models import Consensus, Example, Item, Project
from crowd.services import assign, collect, conclude, estimate, intake, loop, roster
from crowd.services.access import keys
from crowd.services.check import check
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.items import ItemRow
from crowd.task_types import CATEGORICAL, TASK_TYPES, Ask

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = "Ada met Bob"
PAYLOAD = {"text": TEXT, "image": "https://example.org/i.png", "choices": ["x", "y", "z"]}
BOX = {"x": 0, "y": 0, "width": 10, "height": 10, "label": "a"}
ADA = {"start": 0, "end": 3, "label": "a"}
# By task type: labels, what three workers say, and what that is together.
CASES = {
    "multilabel": (["a", "b"], [["a", "b"], ["a", "b"], ["a"]], '["a","b"]'),
    "number": ([], [4, 4, 4], "4"),
    "text": ([], ["the cat sat", "The cat sat", "the hat sat"], "the cat sat"),
    "ranking": ([], [["x", "y", "z"], ["x", "y", "z"], ["x", "z", "y"]], '["x","y","z"]'),
    "spans": (
        ["a", "b"],
        [[ADA], [ADA], []],
        json.dumps([{"end": 3, "label": "a", "start": 0}], separators=(",", ":")),
    ),
    "boxes": (
        ["a", "b"],
        [[BOX], [BOX], [BOX]],
        '[{"height":10.0,"label":"a","width":10.0,"x":0.0,"y":0.0}]',
    ),
}


@pytest.fixture(params=CASES)
def task_type(request: pytest.FixtureRequest) -> str:
    return request.param


def played(database, task_type: str) -> int:
    """Ask three workers about two items of a type, and take turns until nothing moves."""
    labels, said, _ = CASES[task_type]
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=NOW))
        settings = ProjectSettings(
            task_type=task_type, overlap=3, strategy="random", price_micros=10_000, gold_share=0
        )
        project = projects.create(
            session, principal, slug="demo", labels=labels, settings=settings, cap_micros=10**9, now=NOW
        )
        rows = [ItemRow(key, PAYLOAD, f"line {n}") for n, key in enumerate("ij")]
        intake.add_items(session, project, rows, now=NOW)
        project_id = project.id
    loop.turn(database, project_id, Pool(), clock=lambda: NOW)
    for number, value in enumerate(said):
        with database.write() as session:
            project = session.get_one(Project, project_id)
            worker = roster.arrival(session, project.requester_id, "pool", f"w{number}", now=NOW)
            page = assign.claim(session, project, worker, now=NOW)
            assert page is not None
            answers = dict.fromkeys((question.name for question in page.questions), value)
            collect.submit(session, worker, page.token, answers=answers, now=NOW)
    for _ in range(2):
        loop.turn(database, project_id, Pool(), clock=lambda: NOW)
    return project_id


def test_every_type_is_merged_settled_and_frozen(database, task_type):
    project_id = played(database, task_type)
    with database.read() as session:
        said = session.execute(select(Consensus.label, Consensus.confidence, Consensus.votes)).all()
        examples = session.scalars(select(Example)).all()
        assert {row.label for row in said} == {CASES[task_type][2]}
        assert all(0 < row.confidence <= 1 + 1e-9 and row.votes == 3 for row in said)
        assert set(session.scalars(select(Item.state))) == {"settled"}
        assert {example.label for example in examples} == {CASES[task_type][2]}
        assert all(len(example.answers) == 3 for example in examples)
        assert session.get_one(Project, project_id).method == estimate.methods(task_type)[0]
        assert not [finding for finding in check(session) if finding.violations]


def test_what_was_merged_is_itself_an_answer_of_the_type(database, task_type):
    played(database, task_type)
    labels, _, merged = CASES[task_type]
    kind = TASK_TYPES[task_type]
    value = merged if task_type in ("number", "text") else json.loads(merged)
    again = kind.read(value, Ask(labels, {}, PAYLOAD))
    assert kind.score(again, merged) == pytest.approx(1.0)


def test_the_same_answers_give_the_same_run(database, task_type):
    project_id = played(database, task_type)
    with database.write() as session:
        project = session.get_one(Project, project_id)
        assert conclude.conclude(session, project, now=NOW).id == conclude.latest_run(session, project).id


def test_a_method_of_another_type_is_refused(database):
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=NOW))
        settings = ProjectSettings(task_type="number", method="panel")
        with pytest.raises(Unprocessable, match="method: the task type has no such method"):
            projects.create(
                session, principal, slug="demo", labels=[], settings=settings, cap_micros=0, now=NOW
            )


def test_every_task_type_whose_answers_are_no_labels_has_a_kind_that_merges_them():
    assert set(estimate.KIND_OF) == set(TASK_TYPES) - set(CATEGORICAL)
    assert set(CASES) == set(estimate.KIND_OF)
