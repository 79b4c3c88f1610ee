"""A project whose work goes the express way, and a look at which way each call went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crowd.db import Database
from tests.integration.meanwhile import interrupter


@pytest.fixture
def meanwhile(database):
    return interrupter(database)


@pytest.fixture
def project(ann, pets) -> int:
    """The number of a project whose terms this process knows, as it does after the first claim.

    Without gold: now and then chance would want more of it than there is, which is the general way's.
    """
    assert ann("PATCH", f"/projects/{pets}", json={"gold_share": 0.0}).status_code == 200
    assert ann.post(f"/projects/{pets}/batches", {"size": 8}).status_code == 201
    number = ann.get(f"/projects/{pets}").get_json().get("id", 1)
    primed = ann.post("/workers", {"name": "first"}).get_json()["token"]
    first = type(ann)(ann.app, primed)
    page = first.post(f"/work/projects/{number}/claim").get_json()
    assert first.post(f"/work/pages/{page['token']}/return").status_code == 204
    return number


@pytest.fixture
def way(monkeypatch) -> list[bool]:
    """Whether each call went the express way to its end."""
    seen: list[bool] = []
    taken = Database.express

    def express(self: Database, work: Callable[[Any], Any]) -> Any:
        result = taken(self, work)
        seen.append(result is not None)
        return result

    monkeypatch.setattr(Database, "express", express)
    return seen
