"""A reviewer's word settles an item, and an appeal that is upheld takes back what was decided."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, Forbidden, NotFound, TooMany, Unprocessable
from crowd.models import (
    Answer,
    AnswerFlag,
    Assignment,
    AuditEntry,
    AuditPick,
    Case,
    Decision,
    Restriction,
    Slot,
)
from crowd.services import cases, conclude, grade, merge, roster
from crowd.services.access import keys
from crowd.services.experts import appeals, review, rulings
from crowd.services.experts.rulings import Ruling
from crowd.services.people import messages
from tests.integration import world
from tests.integration.world import START, World


def case_about(shop: World, key: str, kind: str = "unsure") -> int:
    item, facts = shop.item(key).id, {"votes": 0, "label": "a"}
    case = shop.do(lambda s, p: cases.open_case(s, p, kind, item_id=item, facts=facts, now=shop.clock()))
    assert case is not None
    return case.id


def rule(shop: World, case: int, outcome: str, *, principal: Any = None, **said: Any) -> Case:
    who = principal or shop.principal
    return shop.do(
        lambda s, p: rulings.close(
            s, who, p, cases.find(s, p, case), Ruling(outcome, **said), now=shop.clock()
        )
    )


def concluded(shop: World) -> Any:
    return shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))


def appeal(shop: World, name: str, what: Any, which: str, text: str = "I looked at every one") -> int:
    return shop.do(lambda s, _: appeals.file(s, shop.worker(s, name), what, which, text, now=shop.clock()).id)


def told(shop: World, name: str) -> list[str]:
    return shop.do(lambda s, _: [row.text for row in messages.for_worker(s, shop.worker(s, name), limit=9)])


def rejected(shop: World, name: str = "ann") -> Assignment:
    """Let somebody hand in a page, and reject it."""
    shop.answer(name)
    (page,) = shop.rows(select(Assignment).where(Assignment.review == "pending"))
    shop.do(
        lambda s, p: review.decide(s, shop.principal, p, [page.id], "rejected", reason="careless", now=START)
    )
    return page


def banned(shop: World, name: str = "ann") -> int:
    """Keep somebody out and set their answers aside; return the number of the restriction."""

    def ban(session: Any, project: Any) -> int:
        worker = shop.worker(session, name)
        facts = {"kind": "banned", "reason": "answers at random", "facts": {"test": "llr"}, "actor": "qc"}
        row = roster.restrict(session, worker, project=project, now=shop.clock(), **facts)
        grade.exclude(session, project, worker, reason="answers at random", now=shop.clock())
        session.flush()
        return row.id

    return shop.do(ban)


def test_a_label_settles_its_item_and_gives_the_money_back(database: Database) -> None:
    shop = world.make(database, items=2)
    shop.answer("ann")
    assert shop.money() == (4, 0)
    closed = rule(shop, case_about(shop, "i00"), "labeled", label="b", note="It is written there")
    assert (closed.state, closed.outcome, closed.label) == ("closed", "labeled", "b")
    assert (shop.item("i00").state, shop.item("i00").open) == ("settled", 0)
    assert shop.money() == (3, 0)
    assert shop.rows(select(Decision.action)) == ["expert"]
    assert shop.rows(select(Decision.reason)) == ["It is written there"]
    assert shop.decide(concluded(shop)).more == 0  # nobody is asked about it again
    assert len(shop.page("bob").questions) == 1
    version = shop.do(lambda s, p: merge.freeze(s, p, now=START))
    assert version.size == 1
    (row,) = shop.do(merge.candidates)
    assert (row.key, row.label, row.confidence, row.source) == ("i00", "b", 1.0, "gold")
    assert "case.labeled" in shop.rows(select(AuditEntry.action))
    shop.sound()


def test_an_item_that_was_given_up_is_settled_by_a_label(database: Database) -> None:
    shop = world.make(database, items=1)
    shop.configure(max_overlap=2)
    shop.answer("ann", "a")
    shop.answer("bob", "b")
    shop.configure(confidence=0.99)
    shop.decide(concluded(shop))
    assert shop.item("i00").state == "given_up"
    shop.do(lambda s, p: cases.refresh(s, p, now=START))
    (case,) = shop.rows(select(Case))
    assert case.kind == "disputed"
    rule(shop, case.id, "labeled", label="a")
    assert shop.item("i00").state == "settled"
    assert shop.do(lambda s, p: cases.refresh(s, p, now=START)) == 0
    shop.sound()


def test_a_pick_of_the_audit_slice_is_checked_by_the_expert(database: Database) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.answer("ann", "a")
    run = concluded(shop)
    shop.decide(run)
    said = shop.rows(select(Answer.id))
    claim = {"run_id": run.id, "label": "a", "confidence": 1.0, "votes": 1, "answers": said, "extra": 0}
    item = shop.item("i00").id
    shop.do(lambda s, p: s.add(AuditPick(project_id=p.id, item_id=item, created_at=START, **claim)))
    rule(shop, case_about(shop, "i00", "audit"), "labeled", label="b")
    (pick,) = shop.rows(select(AuditPick))
    assert (pick.found, pick.right, pick.checked_by, pick.checked_at) == ("b", 0.0, "expert", START)
    shop.sound()


def test_a_ruling_fits_its_case_or_changes_nothing(database: Database) -> None:
    shop = world.make(database, items=1)
    case = case_about(shop, "i00")
    for said, wrong in (
        (Ruling("upheld"), "outcome: of unsure is one of: labeled, dismissed"),
        (Ruling("labeled"), "label: is needed"),
        (Ruling("labeled", label="zebra"), "label"),
        (Ruling("dismissed", wrong_gold={"i00": "a"}), "wrong_gold: comes with an appeal"),
    ):
        with pytest.raises(Unprocessable, match=wrong):
            rule(shop, case, said.outcome, label=said.label, wrong_gold=said.wrong_gold)
    rule(shop, case, "dismissed")
    with pytest.raises(Conflict, match=f"case {case} is closed already: dismissed"):
        rule(shop, case, "labeled", label="a")
    assert shop.item("i00").state == "asking"


def test_a_rejected_page_is_paid_and_counts_after_an_appeal(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1, review="manual")
    page = rejected(shop)
    case = appeal(shop, "ann", "page", page.token)
    with pytest.raises(Conflict, match="you have appealed against this already"):
        appeal(shop, "ann", "page", page.token)
    rule(shop, case, "upheld", note="You were right")
    (row,) = shop.rows(select(Assignment))
    assert (row.review, row.payment) == ("overturned", "due")
    assert shop.rows(select(Slot.state)) == ["done", "done"]
    assert shop.rows(select(AnswerFlag.kind)) == ["excluded"] * 2 + ["reinstated"] * 2
    assert told(shop, "ann")[0] == "Your appeal was upheld. You were right"
    shop.sound()
    assert shop.decide(concluded(shop)).enough == 2  # the places that had opened again close
    assert shop.money() == (2, 0)
    shop.sound()


def test_an_appeal_is_declined_with_a_reason_the_worker_reads(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1, review="manual")
    page = rejected(shop)
    case = appeal(shop, "ann", "page", page.token)
    with pytest.raises(Unprocessable, match="note: is needed where an appeal is declined"):
        rule(shop, case, "declined", note="  ")
    rule(shop, case, "declined", note="Every answer is the same")
    assert told(shop, "ann")[0] == "Your appeal was declined. Every answer is the same"
    assert shop.rows(select(Assignment.review)) == ["rejected"]
    with pytest.raises(Conflict, match="already"):  # one appeal, one answer
        appeal(shop, "ann", "page", page.token)
    (seen,) = shop.do(lambda s, _: appeals.grievances(s, shop.worker(s, "ann"), now=START))
    assert (seen.kind, seen.appeal.outcome) == ("rejected", "declined")


def test_who_was_banned_wrongly_comes_back_with_all_their_answers(database: Database) -> None:
    shop = world.make(database, items=4, overlap=2, hit_size=2)
    shop.answer("ann")
    number = banned(shop)
    with pytest.raises(Forbidden, match="banned"):
        shop.claim("ann")
    shop.sound()
    case = appeal(shop, "ann", "restriction", str(number))
    rule(shop, case, "upheld")
    (row,) = shop.rows(select(Restriction))
    assert row.lifted_at == START
    assert shop.rows(select(Slot.state)) == ["done", "done"]
    shop.clock.forward(1)
    assert shop.page("ann") is not None
    assert {"worker.lift", "case.upheld"} <= set(shop.rows(select(AuditEntry.action)))
    banned(shop)  # and this time for good
    assert set(shop.rows(select(Slot.state).where(Slot.state != "leased"))) == {"void"}
    shop.sound()


def test_answers_set_aside_for_another_reason_stay_out(database: Database) -> None:
    shop = world.make(database, items=4, overlap=2, hit_size=2, review="manual")
    rejected(shop)
    shop.answer("ann")
    case = appeal(shop, "ann", "restriction", str(banned(shop)))
    rule(shop, case, "upheld")
    assert shop.rows(select(Slot.state).order_by(Slot.id)) == ["void", "void", "done", "done"]
    shop.sound()


def test_answers_of_somebody_banned_are_asked_of_others(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1)
    shop.answer("ann")
    shop.decide(concluded(shop))
    banned(shop)
    assert shop.decide(concluded(shop)).more == 2
    assert len(shop.page("bob").questions) == 2
    shop.sound()


def test_only_what_stands_against_oneself_can_be_appealed(database: Database) -> None:
    shop = world.make(database, items=4, overlap=2, hit_size=2, review="manual")
    page, number = rejected(shop), banned(shop, "bob")
    with pytest.raises(NotFound):
        appeal(shop, "bob", "page", page.token)
    with pytest.raises(NotFound):
        appeal(shop, "ann", "restriction", str(number))
    for nonsense in ("", "0", "x" * 300, "9" * 30, "\x00", "-1"):
        with pytest.raises(NotFound):
            appeal(shop, "ann", "restriction", nonsense)
    with pytest.raises(Unprocessable, match="text"):
        appeal(shop, "ann", "page", page.token, "  ")
    shop.do(lambda s, p: roster.lift(s, shop.principal, shop.worker(s, "bob"), p, now=START))
    with pytest.raises(Conflict, match="does not stand any more"):
        appeal(shop, "bob", "restriction", str(number))


def test_appeals_are_few_a_day(database: Database) -> None:
    shop = world.make(database, items=1)
    numbers = [banned(shop) for _ in range(appeals.OFTEN.most + 1)]
    for number in numbers[:-1]:
        appeal(shop, "ann", "restriction", str(number))
    with pytest.raises(TooMany):
        appeal(shop, "ann", "restriction", str(numbers[-1]))


def test_a_key_for_one_project_lifts_no_ban_from_all(database: Database) -> None:
    shop = world.make(database, items=2)
    shop.answer("ann")

    def ban(session: Any, _: Any) -> int:
        told = {"kind": "banned", "reason": "sold the account", "facts": {}, "actor": "qc", "now": START}
        row = roster.restrict(session, shop.worker(session, "ann"), project=None, **told)
        session.flush()
        return row.id

    case = appeal(shop, "ann", "restriction", str(shop.do(ban)))
    narrow = keys.Principal("key:1", shop.principal.requester_id, frozenset({"spend"}), 1, shop.project_id)
    with pytest.raises(Forbidden):
        rule(shop, case, "upheld", principal=narrow)
    assert rule(shop, case, "upheld").outcome == "upheld"
