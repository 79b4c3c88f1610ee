"""Money moves and names are taken at once: nothing is paid twice, no name is given twice."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import BudgetExceeded, Conflict
from crowd.models import (
    AuditEntry,
    Project,
)
from crowd.services import pay, roster
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from tests.integration import world
from tests.integration.meanwhile import Meanwhile
from tests.integration.world import LABELS, PRICE, START


def test_settling_twice_at_once_pays_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    shop.answer("ann")

    def settle() -> int:
        return shop.do(lambda s, p: pay.settle(s, p, now=START))

    with meanwhile("UPDATE budget", settle) as other:
        mine = settle()
    assert mine + other.done() == 1
    assert shop.money() == (4, 4)
    shop.sound()


def test_a_cap_never_falls_below_what_is_reserved_meanwhile(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, ask=False, cap=10 * PRICE)

    def lower(session: Session, project: Project) -> None:
        assert pay.budget(session, project).held == 0
        projects.set_cap(session, shop.principal, project, 2 * PRICE, now=START)

    def reserve() -> None:
        shop.do(lambda s, p: pay.reserve(s, p.id, 4 * PRICE, key="test", now=START))

    refused: list[Exception] = []
    with meanwhile("SELECT budget.", reserve, time=2) as other:
        try:
            shop.do(lower)
        except Conflict as error:
            refused.append(error)
    try:
        other.done()
    except BudgetExceeded as error:
        refused.append(error)
    assert len(refused) == 1
    shop.sound()


def test_a_project_closed_meanwhile_is_not_paused(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)

    def become(state: str) -> None:
        shop.do(lambda s, p: projects.move(s, shop.principal, p, state, now=START))

    with meanwhile("UPDATE project", lambda: become("closed")) as other:
        try:
            become("paused")
        except Conflict:
            refused = True
        else:
            refused = False
    other.done()
    acts = shop.rows(
        select(AuditEntry.action).where(AuditEntry.action.in_(("project.paused", "project.closed")))
    )
    assert refused == ("project.paused" not in acts)
    assert shop.rows(select(Project.state)) == ["closed"]


def test_a_requester_who_comes_twice_at_once_is_one(database: Database, meanwhile: Meanwhile) -> None:
    def come() -> int:
        with database.write() as session:
            return keys.requester(session, "local", now=START).id

    with meanwhile("INSERT INTO requester", come) as other:
        mine = come()
    assert other.done() == mine


def test_a_slug_is_taken_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)

    def create() -> None:
        shop.do(
            lambda s, _: projects.create(
                s,
                shop.principal,
                slug="new",
                labels=LABELS,
                settings=ProjectSettings(),
                cap_micros=0,
                now=START,
            )
        )

    with meanwhile("INSERT INTO project", create) as other:
        create()
    with pytest.raises(Conflict, match="'new' already"):
        other.done()


def test_a_name_in_the_pool_is_taken_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)

    def invite() -> None:
        shop.do(lambda s, _: roster.invite(s, shop.principal, name="ann", now=START))

    with meanwhile("INSERT INTO worker", invite) as other:
        invite()
    with pytest.raises(Conflict, match="'ann' already"):
        other.done()
