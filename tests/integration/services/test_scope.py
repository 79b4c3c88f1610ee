"""Ids from outside become rows: only of one's own, and a foreign one looks like an absent one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import NotFound
from crowd.models import Batch, Project
from crowd.services import conclude, merge
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from tests.integration import world
from tests.integration.world import START, World

Find = Callable[[Session, Project, Principal, Any], Any]

FINDERS: dict[str, Find] = {
    "project": lambda s, _, principal, name: scope.project(s, principal, name),
    "item": lambda s, project, _, key: scope.item(s, project, key),
    "batch": lambda s, project, _, number: scope.batch(s, project, number),
    "run": lambda s, project, _, number: scope.run(s, project, number),
    "worker": lambda s, _, principal, name: scope.worker(s, principal, name),
    "version": lambda s, project, _, name: scope.version(s, project, name, None),
}
TEXTS = ("project", "item", "worker", "version")


def refusal(shop: World, finder: str, key: Any) -> str:
    with pytest.raises(NotFound) as error:
        shop.do(lambda s, p: FINDERS[finder](s, p, shop.principal, key))
    return error.value.message.replace(repr(key), "…").replace(str(key), "…")


@pytest.fixture
def mine(database: Database) -> World:
    return world.make(database, items=0, slug="mine")


@pytest.fixture
def foreign(database: Database) -> dict[str, Any]:
    """Fill a project of someone else, and return what its things are called."""
    shop = world.make(database, items=2, gold=3, slug="theirs", requester="someone else")
    shop.answer("ann")
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    shop.do(lambda s, p: merge.freeze(s, p, name="theirs", now=START))
    ann = shop.do(lambda s, _: shop.worker(s, "ann").pseudonym)
    batch = shop.rows(world.select(Batch.id))[0]
    return {
        "project": "theirs",
        "item": "i00",
        "batch": batch,
        "run": run.id,
        "worker": ann,
        "version": "theirs",
    }


@pytest.mark.parametrize("finder", FINDERS)
def test_what_is_foreign_looks_absent(mine: World, foreign: dict[str, Any], finder: str) -> None:
    absent = "no-such-thing" if finder in TEXTS else 987_654
    assert refusal(mine, finder, foreign[finder]) == refusal(mine, finder, absent)


@pytest.mark.parametrize("finder", TEXTS)
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "", "x" * 100_000], ids=["nul", "half", "none", "long"])
def test_no_text_is_too_odd_to_be_absent(mine: World, finder: str, text: str) -> None:
    refusal(mine, finder, text)


@pytest.mark.parametrize("finder", ["batch", "run"])
@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 2**200])
def test_no_number_is_too_large_to_be_absent(mine: World, finder: str, number: int) -> None:
    refusal(mine, finder, number)


def test_what_is_ones_own_is_found(database: Database) -> None:
    shop = world.make(database, items=1, gold=1)
    page = shop.answer("ann")

    def find(session: Session, project: Project) -> tuple[Any, ...]:
        return (
            scope.project(session, shop.principal, "demo").id == project.id,
            scope.item(session, project, page.questions[0].key).key,
            scope.batch(session, project, 1).size,
        )

    assert shop.do(find) == (True, "i00", 1)


def test_a_key_for_one_project_sees_no_other(mine: World, database: Database) -> None:
    other = world.make(database, slug="other")
    narrow = replace(mine.principal, project_id=mine.project_id)
    with database.read() as session:
        assert [project.slug for project in session.scalars(scope.projects(narrow))] == ["mine"]
        assert scope.project(session, other.principal, "other").id == other.project_id
        with pytest.raises(NotFound, match="no project 'other'"):
            scope.project(session, narrow, "other")


def test_a_version_is_found_by_number_or_the_newest(database: Database) -> None:
    shop = world.make(database, items=0, gold=3)
    shop.do(lambda s, p: merge.freeze(s, p, now=START))
    with database.read() as session:
        project = session.get_one(Project, shop.project_id)
        assert scope.version(session, project, "main", None).number == 1
        assert scope.version(session, project, "main", 1).number == 1
        for number in (2, 2**70):
            with pytest.raises(NotFound, match=f"no training set 'main' version {number}"):
                scope.version(session, project, "main", number)
