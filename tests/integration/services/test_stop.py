"""The stop rule of a project: weighed against what its labels claim, what is left, and what it cost."""

from __future__ import annotations

import pytest

from crowd.db import Database
from crowd.models import AuditPick
from crowd.services import loop
from crowd.services.honesty import accuracy, stop
from tests.integration import world
from tests.integration.world import PRICE, START, World


def begun(database: Database, **rule: object) -> World:
    """Settle four of eight items by two answers each; nobody was asked about the others."""
    shop = world.make(database, items=8, ask=False, hit_size=4, batch_size=4)
    shop.do(lambda s, p: world.ask_about(s, p, [f"i{n:02d}" for n in range(4)]))
    shop.configure(stop=rule)
    for name in ("ann", "bob"):
        shop.answer(name)
    return shop


def turn(shop: World) -> loop.Turn:
    with shop.database.read() as session:
        channel = loop.channel_of(loop._project(session, shop.project_id))
    return loop.turn(shop.database, shop.project_id, channel, clock=shop.clock)


def test_a_project_that_has_spent_its_share_asks_about_nothing_new_and_says_why(database: Database) -> None:
    shop = begun(database, budget_micros=8 * PRICE)
    done = turn(shop)
    assert (done.asked, done.decided.enough) == (0, 4)
    assert done.stopped is not None
    assert done.stopped.startswith("budget used: $0.24 of $0.24")
    shop.configure(stop={"budget_micros": 9 * PRICE})
    again = turn(shop)
    assert (again.asked, again.stopped) == (8, None)
    shop.sound()


def test_items_nobody_was_asked_about_count_as_the_commonest_label(database: Database) -> None:
    shop = begun(database, accuracy=0.9)
    turn(shop)
    verdict = shop.do(stop.verdict)
    assert verdict is not None
    found = verdict.evidence
    assert (found.settled, found.rest, found.gain) == (4, 4, pytest.approx(found.high - 0.8, abs=0.1))
    assert not verdict.stop
    shop.configure(stop=None)
    assert shop.do(stop.verdict) is None


def test_second_looks_move_what_is_taken_for_true(database: Database) -> None:
    shop = begun(database, accuracy=0.9)
    shop.configure(max_overlap=2)
    turn(shop)
    before = shop.do(accuracy.measure)
    assert before.true is not None
    assert before.claimed is not None

    def wrong(session: object, project: object) -> None:
        for number in range(3):
            run = stop.conclude.latest_run(session, project)  # type: ignore[attr-defined]
            row = {"item_id": shop.item(f"i{number:02d}").id, "label": "a", "confidence": 0.9, "votes": 2}
            seen = {"found": "b", "right": 0.0, "checked_by": "expert", "checked_at": START}
            session.add(  # type: ignore[attr-defined]
                AuditPick(
                    project_id=shop.project_id,
                    run_id=run.id,
                    extra=0,
                    answers=[],
                    created_at=START,
                    **row,
                    **seen,
                )
            )

    shop.do(wrong)
    after = shop.do(accuracy.measure)
    assert after.true is not None
    assert (after.checked, after.agreed, after.by_experts) == (3, 0, 3)
    assert after.true.value < before.true.value
    assert after.gap is not None
    assert after.gap == pytest.approx(before.claimed - after.true.value)
