"""A page is handed in while something happens to it: it counts once or is kept apart."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import (
    Answer,
    Consensus,
    Project,
    StraySubmission,
)
from crowd.services import (
    collect,
    conclude,
    grade,
    roster,
)
from crowd.services.collect import Kept, Receipt
from tests.integration import world
from tests.integration.meanwhile import STORING, Meanwhile


def test_the_same_page_handed_in_twice_at_once_counts_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    with meanwhile(STORING, lambda: shop.submit("ann", page)) as other:
        receipt = shop.submit("ann", page)
    assert other.done() == receipt
    assert isinstance(receipt, Receipt)
    assert shop.count(Answer) == 4
    shop.sound()


def test_a_page_swept_just_before_it_is_handed_in_is_kept_apart(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    shop.clock.forward(10_000)
    with meanwhile("UPDATE slot", lambda: shop.submit("ann", page)) as other:
        assert shop.sweep() == 1
    assert isinstance(other.done(), Kept)
    assert (shop.count(Answer), shop.count(StraySubmission)) == (0, 1)
    shop.sound()


def test_a_page_handed_in_just_before_the_sweep_counts(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    answers = {question.name: "a" for question in page.questions}
    shop.clock.forward(10_000)

    def submit(session: Session, _: Project) -> object:
        receipt = collect.submit(
            session, shop.worker(session, "ann"), page.token, answers=answers, now=shop.clock()
        )
        session.execute(text("SELECT 'before the commit'"))
        return receipt

    with meanwhile("SELECT 'before", shop.sweep) as other:
        assert isinstance(shop.do(submit), Receipt)
    assert other.done() == 0
    assert shop.count(Answer) == 4
    shop.sound()


def test_two_sweeps_share_the_work(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    shop.page("ann")
    shop.page("bob")
    shop.clock.forward(10_000)
    with meanwhile("UPDATE slot", shop.sweep) as other:
        mine = shop.sweep()
    assert mine + other.done() == 2
    shop.sound()


def test_a_page_handed_in_while_its_worker_is_set_aside_does_not_count_in_the_end(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=4, hit_size=2)
    shop.answer("ann")
    page = shop.page("ann")

    def ban(session: Session, project: Project) -> int:
        ann = shop.worker(session, "ann")
        roster.restrict(
            session,
            ann,
            project=project,
            kind="banned",
            reason="spam",
            facts={},
            actor="test",
            now=shop.clock(),
        )
        return grade.exclude(session, project, ann, reason="spam", now=shop.clock())

    with meanwhile("INSERT INTO answer_flag", lambda: shop.submit("ann", page)) as other:
        assert shop.do(ban) == 2
    assert isinstance(other.done(), Receipt)
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    run = shop.do(lambda s, p: conclude.conclude(s, p, method="majority", now=shop.clock()))
    votes = shop.rows(select(func.sum(Consensus.votes)).where(Consensus.run_id == run.id))
    assert not votes[0]
    shop.sound()
