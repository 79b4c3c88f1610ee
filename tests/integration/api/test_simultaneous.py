"""Requests that meet in the same moment do what they would have done one after the other."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from crowd.models import Batch, Budget, Item, TrainingSetVersion

THREADS = 6


@pytest.fixture
def together():
    """Do the same thing in several threads at once, and return the status codes."""
    gate = Barrier(THREADS)

    def at_the_gate(work):
        gate.wait()
        return work().status_code

    with ThreadPoolExecutor(THREADS) as pool:
        yield lambda work: Counter(pool.map(at_the_gate, [work] * THREADS))


def test_one_of_several_new_projects_of_a_name_is_made(ann, together):
    body = {"slug": "pets", "labels": ["cat", "dog"]}
    assert together(lambda: ann.post("/projects", body)) == {201: 1, 409: THREADS - 1}


def test_equal_imports_all_succeed_and_store_once(ann, pets, together):
    body = {"items": [{"item": f"n{n}", "payload": {"n": n}} for n in range(20)]}
    assert together(lambda: ann.post(f"/projects/{pets}/items", body)) == {201: THREADS}
    assert len(ann.get(f"/projects/{pets}/items").get_json()["items"]) == 30


def test_an_item_is_asked_about_in_one_batch_only(ann, pets, together, database):
    statuses = together(lambda: ann.post(f"/projects/{pets}/batches", {"size": 3}))
    assert set(statuses) == {201, 409}
    with database.read() as session:
        wanted = session.scalars(select(Item.wanted).where(Item.state == "asking")).all()
        batches = session.scalars(select(Batch)).all()
        held = session.scalars(select(Budget.held)).one()
    assert wanted == [3] * 8
    assert sum(batch.size for batch in batches) == 8
    assert held == 8 * 3 * 50_000


def test_simultaneous_turns_ask_once(ann, pets, together, database):
    assert together(lambda: ann.post(f"/projects/{pets}/step")) == {200: THREADS}
    with database.read() as session:
        assert session.scalars(select(Item.wanted).where(Item.state == "asking")).all() == [3] * 8


def test_equal_versions_are_frozen_once(ann, pets, together, database):
    assert together(lambda: ann.post(f"/projects/{pets}/training-sets", {})) == {201: THREADS}
    with database.read() as session:
        assert session.scalars(select(TrainingSetVersion.number)).all() == [1]


def test_equal_runs_are_stored_once(ann, pets, together):
    assert together(lambda: ann.post(f"/projects/{pets}/consensus", {})) == {201: THREADS}


def test_equal_predictions_are_stored_once(ann, pets, together):
    body = {"labels": ["cat", "dog"], "predictions": [{"item": "i3", "probabilities": [0.5, 0.5]}]}
    path = f"/projects/{pets}/predictions?model_version=1"
    assert together(lambda: ann.post(path, body)) == {201: THREADS}


def test_a_cap_is_not_passed(ann, pets, together, database):
    assert ann("PUT", f"/projects/{pets}/budget", json={"cap": "0.60"}).status_code == 200
    together(lambda: ann.post(f"/projects/{pets}/batches", {"size": 2}))
    with database.read() as session:
        budget = session.scalars(select(Budget)).one()
    assert 0 < budget.held <= budget.cap
