"""An exam of a worker at an endpoint: on the gold of ordinary HITs, or on pages of nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.app import create_app
from crowd.db import Database
from crowd.models import Gold, Hit, HitQuestion, Item, Project, Restriction, Slot, Worker
from crowd.services import grade
from crowd.services.trust import exam
from crowd.settings import Settings
from qc.spam import EXAM
from tests.integration.mturk.stall import Stall, stall
from tests.integration.mturk.test_shown import POSTING, SECRET, page_of

ANN = "AW1"


def suspend(shop: Stall) -> None:
    def work(session: Session, project: Project) -> None:
        ann = session.scalars(select(Worker).where(Worker.name == ANN)).one()
        about: dict[str, Any] = {"reason": "r", "facts": {}, "actor": "t", "now": shop.shop.clock()}
        exam.begin(session, project, ann, **about)

    shop.shop.world.do(work)


def answer(shop: Stall, hit: str) -> None:
    """Hand in a page of ordinary questions and gold, with what is right of the gold."""
    query = select(HitQuestion.position, Gold.label).join(Hit, Hit.id == HitQuestion.hit_id)
    query = query.outerjoin(Gold, Gold.id == HitQuestion.gold_id).where(Hit.external_id == hit)
    with shop.database.read() as session:
        said = {f"q{position}": label or "a" for position, label in session.execute(query)}
    field = json.dumps({"answers": said, "notes": {}, "skips": {}, "times": {}})
    shop.turk.work(hit, ANN, [("crowd", field)])


def look(shop: Stall, hit: str) -> tuple[int, set[str]]:
    """Return the status and the items of a page as our server shows it to the worker."""
    app = create_app(Settings(secret_key=SECRET), database=shop.database, clock=shop.shop.clock)
    reply = app.test_client().get(page_of(shop, hit), query_string={"assignmentId": "3A", "workerId": ANN})
    return reply.status_code, set(re.findall(r"\b[ig]\d\d\b", reply.text))


def asked(shop: Stall) -> list[str]:
    """Return the items of all that the worker has answered, in order."""
    query = select(Item.key).join(Slot, Slot.item_id == Item.id).join(Worker, Worker.id == Slot.worker_id)
    return shop.shop.world.rows(query.where(Worker.name == ANN, Slot.state == "done").order_by(Slot.id))


def test_the_gold_of_ordinary_hits_is_the_exam_where_pages_are_the_endpoints(database: Database) -> None:
    shop = stall(database, items=2 * EXAM, gold=2 * EXAM, overlap=2)
    shop.shop.world.configure(gold_share=0.5)
    first, *others = shop.published()
    answer(shop, first)
    shop.collect()
    suspend(shop)
    for hit in others:
        answer(shop, hit)
    shop.shop.world.clock.forward(60)
    shop.collect()
    assert sum(key[0] == "g" for key in asked(shop)) > EXAM + 1
    shop.shop.world.sound()
    shop.shop.world.clock.forward(60)
    shop.shop.world.do(lambda s, p: grade.grade(s, p, now=shop.shop.clock()))
    [held] = shop.shop.world.rows(select(Restriction))
    assert held.facts["exam"]["outcome"] == "passed"
    shop.shop.world.sound()


@pytest.fixture
def examined(database: Database) -> Stall:
    """Give somebody a page of our own server, and suspend them; gold is left for a page and a half."""
    shop = stall(database, items=9, gold=5, hit_size=3, overlap=2, posting=POSTING)
    first, *_ = shop.published()
    shop.work(first, ANN)
    shop.collect()
    suspend(shop)
    return shop


def test_our_own_pages_are_of_nothing_but_gold_for_who_sits_an_exam(examined: Stall) -> None:
    _, second, third = examined.published()
    status, shown = look(examined, second)
    assert (status, len(shown), {key[0] for key in shown}) == (200, 3, {"g"})
    assert look(examined, second) == (status, shown)
    examined.work(second, ANN)
    examined.collect()
    assert set(asked(examined)[3:]) == shown
    # What their HIT was to ask is offered again, to others.
    again = examined.shop.world.rows(select(Item.key).where(Item.open > 0))
    assert len(again) == 3
    examined.judge(), examined.send()
    examined.shop.world.sound()
    assert look(examined, third)[0] == 200


def test_where_no_gold_is_left_who_sits_an_exam_is_turned_away(examined: Stall) -> None:
    _, second, third = examined.published()
    for hit in (second, third):
        look(examined, hit)
        examined.work(hit, ANN)
        examined.collect()
    assert [key[0] for key in asked(examined)] == ["i"] * 3 + ["g"] * 5 + ["i"]
    fourth = examined.published()[-1]
    assert fourth not in (second, third)
    assert look(examined, fourth)[0] == 403
    examined.shop.world.sound()
