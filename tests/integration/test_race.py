"""Sixteen threads race for two hundred items: nothing over-assigned, nothing twice, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bench._naive import naive
from bench._racing import PRICE, START, Figures, Plan, count, prepare
from crowd.db import Database, connect
from crowd.models import Answer, Budget, Project
from crowd.services import pay
from tests.integration.world import violations


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Open a database that need not survive a power cut: the race is about order, not about disks."""
    database = connect(migrated_url, durable=False)
    yield database
    database.dispose()


def faults(figures: Figures) -> tuple[int, ...]:
    return (
        figures.over_assigned,
        figures.short,
        figures.twice,
        figures.lost,
        figures.money_off,
        figures.errors,
    )


@pytest.mark.parametrize(
    ("items", "hit_size"),
    [(200, 10), *(pytest.param(items, 1, marks=pytest.mark.slow) for items in (50, 200))],
)
def test_every_item_gets_exactly_its_answers(database: Database, items: int, hit_size: int) -> None:
    race = prepare(database, Plan(items=items, hit_size=hit_size))
    figures = count(race, race.run())
    assert race.errors == []
    assert faults(figures) == (0, 0, 0, 0, 0, 0)
    assert all((figures.aborted, figures.returned, figures.late, figures.repeated)), "nothing went wrong"
    with database.write() as session:
        pay.settle(session, session.get_one(Project, race.project_id), now=START)
        budget = session.scalars(select(Budget)).one()
        assert budget.held == 0
        assert budget.spent == PRICE * len(session.scalars(select(Answer.id)).all())
    assert violations(database) == []


def test_a_claim_that_counts_over_assigns_and_is_found_out(database: Database) -> None:
    race = prepare(database, Plan(misfortune=0.0))
    with naive():
        figures = count(race, race.run())
    # On SQLite one writer at a time claims, so that even counting is safe there.
    assert (figures.over_assigned > 0) == (database.engine.dialect.name == "postgresql")
