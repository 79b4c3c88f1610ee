"""Rules fire once on the same evidence, act as they say, and leave a trace with the facts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, Forbidden, NotFound, Unprocessable
from crowd.models import (
    AnswerFlag,
    Assignment,
    AuditEntry,
    Case,
    Decision,
    Firing,
    Gold,
    Grade,
    Item,
    Message,
    Restriction,
    Rule,
    Skill,
    Worker,
)
from crowd.services import grade, pay, rules
from crowd.services.experts import golds
from crowd.services.rules import trial
from crowd.services.rules.actions import release
from crowd.services.setup import rule_book
from crowd.services.setup.default_rules import DEFAULTS
from qc.rules import read
from tests.integration import world
from tests.integration.world import LABELS, World

WRONG = "collect gold; when graded >= 3 and accuracy < 0.5; do"


def shop_of(database: Database, **settings: Any) -> World:
    """Make a project without rules, half of whose questions are gold."""
    chosen = {"items": 40, "gold": 30, "overlap": 2, "gold_share": 0.5, "hit_size": 10, **settings}
    shop = world.make(database, **chosen)
    shop.do(lambda s, p: [setattr(row, "state", "retired") for row in rule_book.active(s, p)])
    return shop


def work(shop: World, name: str, *, right: bool, pages: int = 1) -> None:
    """Answer as told on gold; say "a" on everything else."""
    for _ in range(pages):
        page = shop.page(name)
        said = {}
        for question in page.questions:
            truth = LABELS[int(question.key[1:]) % 3] if question.key[0] == "g" else "a"
            said[question.name] = truth if right else LABELS[(LABELS.index(truth) + 1) % 3]
        shop.submit(name, page, said)
        shop.clock.forward(60)


def grade_new(shop: World) -> None:
    """Grade without judging: what these tests are about is what rules do."""
    shop.do(lambda s, p: grade._grade_new(s, p, shop.clock()))


def enact(shop: World, line: str, name: str = "it") -> Rule:
    def both(session: Any, project: Any) -> Rule:
        rule_book.add(session, shop.principal, project, name, rule_book.of_line(line), now=shop.clock())
        return rule_book.activate(session, shop.principal, project, name, now=shop.clock())

    return shop.do(both)


def run(shop: World) -> int:
    return shop.do(lambda s, p: rules.run(s, p, now=shop.clock()))


def try_out(shop: World, line: str) -> trial.Trial:
    rule = read(rule_book.of_line(line))
    return shop.do(lambda s, p: trial.attempt(s, p, rule, now=shop.clock()))


def ids(shop: World) -> dict[str, int]:
    return {worker.name: worker.id for worker in shop.rows(select(Worker))}


def test_a_rule_suspends_for_a_while_with_the_facts_and_once(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "good", right=True)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} suspend for 7d")
    assert run(shop) == 1
    [restriction] = shop.rows(select(Restriction))
    assert (restriction.kind, restriction.worker_id) == ("suspended", ids(shop)["bad"])
    assert restriction.until == shop.clock() + timedelta(days=7)
    assert restriction.facts["rule"] == "it"
    assert restriction.facts["right"] == 0
    [firing] = shop.rows(select(Firing))
    assert firing.facts["accuracy"] < 0.5
    assert firing.action["restriction"] == restriction.id
    assert "rule:it v1" in shop.rows(select(AuditEntry.actor))
    with pytest.raises(Forbidden, match="suspended"):
        shop.claim("bad")
    assert shop.claim("good") is not None
    assert run(shop) == 0
    shop.clock.forward(8 * 86_400)  # the suspension has ended, and nothing new is known
    assert run(shop) == 0
    enact(shop, "collect gold; when graded >= 2 and accuracy < 0.5; do ban; again after 2")
    assert run(shop) == 0, "a new version goes by what the one before fired on"
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    assert run(shop) == 1
    assert shop.rows(select(Restriction.kind).order_by(Restriction.id)) == ["suspended", "banned"]
    shop.sound()


@pytest.mark.parametrize("scope", ["", " scope all"])
def test_a_ban_by_a_rule_ends_where_the_gold_behind_it_was_wrong(database: Database, scope: str) -> None:
    shop = shop_of(database)
    work(shop, "misled", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} ban{scope}")
    assert run(shop) == 1
    lifted = [correct(shop, key) for key in graded_items(shop)]
    first = next(place for place, ended in enumerate(lifted) if ended)
    assert first > 0, "one wrong gold among many is no reason, all are"
    [restriction] = shop.rows(select(Restriction))
    assert lifted[first] == (restriction.id,)
    assert "corrects gold" in restriction.facts["undone"]
    assert shop.claim("misled") is not None
    assert run(shop) == 0, "nothing new is known"
    shop.sound()


def test_a_ban_by_a_rule_about_anything_else_stays(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "hasty", right=False, pages=2)
    grade_new(shop)
    enact(shop, "collect today; when answers >= 1; do ban")
    assert run(shop) == 1
    for key in graded_items(shop):
        assert correct(shop, key) == ()
    assert shop.rows(select(Restriction.lifted_at)) == [None]


def graded_items(shop: World) -> list[str]:
    query = select(Item.key).join(Gold, Gold.item_id == Item.id).join(Grade, Grade.gold_id == Gold.id)
    return shop.rows(query.order_by(Item.key))


def correct(shop: World, key: str) -> tuple[int, ...]:
    """Let gold say what a wrong worker said; return the restrictions that end with it."""
    label = LABELS[(int(key[1:]) + 1) % 3]
    return shop.do(lambda s, p: golds.correct(s, p, key, label, reviewer="eve", now=shop.clock())).lifted


def test_a_rule_sends_to_an_exam_once(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} exam; again after 1")
    assert run(shop) == 1
    [restriction] = shop.rows(select(Restriction))
    assert restriction.exam_after is not None
    page = shop.page("bad")
    shop.submit("bad", page, dict.fromkeys((question.name for question in page.questions), "a"))
    grade_new(shop)
    assert run(shop) <= 1
    assert shop.count(Restriction) == 1, "who is in an exam is not suspended again"


def test_what_is_barred_already_is_not_barred_again(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} ban", "first")
    enact(shop, f"{WRONG} suspend for 7d", "second")
    assert run(shop) == 2
    assert shop.rows(select(Restriction.kind)) == ["banned"]
    last = shop.rows(select(Firing).order_by(Firing.id))[-1]
    assert last.action["done"] is False
    assert "already" in last.action["because"]


def test_rules_exclude_say_skills_write_and_open_cases(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "good", right=True)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} exclude", "exclude")
    enact(shop, "collect gold; when accuracy >= 0.7; do set_skill name able value accuracy for 4w", "skill")
    enact(shop, f'{WRONG} notify to worker text "Please read the guide again."', "write")
    enact(shop, f"{WRONG} open_case", "case")
    assert run(shop) == 4
    people = ids(shop)
    assert shop.count(AnswerFlag, AnswerFlag.kind == "excluded") == 20
    [skill] = shop.rows(select(Skill))
    assert (skill.worker_id, skill.name, skill.source) == (people["good"], "able", "rule")
    assert 0.7 <= skill.value <= 1
    assert skill.expires_at == shop.clock() + timedelta(weeks=4)
    [message] = shop.rows(select(Message))
    assert (message.worker_id, message.sender) == (people["bad"], "requester")
    [case] = shop.rows(select(Case).where(Case.kind == "rule"))
    assert case.subject == f"worker:{people['bad']}"
    shop.sound()


def test_what_is_due_waits_while_a_rule_holds_it(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "good", right=True)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} hold_payment for 2d")
    assert run(shop) == 1

    def settle() -> int:
        return shop.do(lambda s, p: pay.settle(s, p, now=shop.clock()))

    assert settle() == 1
    due = shop.rows(select(Assignment).where(Assignment.payment == "due"))
    assert {page.worker_id for page in due} == {ids(shop)["bad"]}
    bad = shop.rows(select(Worker).where(Worker.name == "bad"))[0]
    shop.clock.forward(3 * 86_400)
    assert settle() == 2, "a wait ends by itself"
    assert not shop.do(lambda s, p: release(s, p, bad, actor="ann", now=shop.clock()))
    shop.sound()


def test_a_wait_can_be_ended_early(database: Database) -> None:
    shop = shop_of(database)
    work(shop, "bad", right=False, pages=2)
    grade_new(shop)
    enact(shop, f"{WRONG} hold_payment for 2d")
    run(shop)
    bad = shop.rows(select(Worker))[0]
    assert shop.do(lambda s, p: release(s, p, bad, actor="ann", now=shop.clock()))
    assert shop.do(lambda s, p: pay.settle(s, p, now=shop.clock())) == 2


def test_disputed_items_get_more_answers_and_keep_them(database: Database) -> None:
    shop = shop_of(database, items=3, gold=0, gold_share=0.0, overlap=2)
    shop.answer("ann", "a")
    shop.answer("bob", {"q1": "b", "q2": "a", "q3": "a"})
    enact(shop, "collect items; when answers >= 2 and disagreement >= 0.5; do raise_overlap to 4")
    assert run(shop) == 1
    [firing] = shop.rows(select(Firing))
    item = shop.rows(select(Item).where(Item.id == firing.item_id))[0]
    assert (item.open, item.wanted) == (2, 4)
    assert firing.action["opened"] == 2
    assert "disagreement 0.5: 4 answers wanted" in shop.rows(select(Decision.reason))[0]
    assert run(shop) == 0
    assert shop.do(rules.raised) == {item.id: 4}
    said = {f"i{n:02d}": (0.6, 2) for n in range(3)}
    shop.decide(shop.concluded(said))
    assert shop.item(item.key).open == 2, "deciding leaves alone what a rule wants more of"
    shop.sound()


def test_more_answers_are_bought_as_far_as_the_budget_reaches(database: Database) -> None:
    shop = shop_of(database, items=1, gold=0, gold_share=0.0, overlap=2, cap=3 * world.PRICE)
    shop.answer("ann", "a")
    shop.answer("bob", "b")
    enact(shop, "collect items; when disagreement >= 0.5; do raise_overlap to 9")
    assert run(shop) == 1
    assert shop.item("i00").open == 1
    shop.sound()


def test_versions_are_drafted_activated_and_retired(database: Database) -> None:
    shop = shop_of(database)
    now = shop.clock()
    me = shop.principal
    line = rule_book.of_line

    def state(version: int) -> str:
        return shop.do(lambda s, p: rule_book.one(s, p, "it", version).state)

    enact(shop, f"{WRONG} ban")
    shop.do(lambda s, p: rule_book.add(s, me, p, "it", line(f"{WRONG} suspend"), now=now))
    assert (state(1), state(2)) == ("active", "draft")
    shop.do(lambda s, p: rule_book.activate(s, me, p, "it", now=now))
    assert (state(1), state(2)) == ("retired", "active")
    with pytest.raises(Conflict, match="retired"):
        shop.do(lambda s, p: rule_book.activate(s, me, p, "it", 1, now=now))
    assert shop.do(lambda s, p: rule_book.retire(s, me, p, "it", now=now)) == 1
    assert shop.do(rule_book.active) == []
    with pytest.raises(NotFound, match="no rule 'else'"):
        shop.do(lambda s, p: rule_book.retire(s, me, p, "else", now=now))
    with pytest.raises(Unprocessable, match=r"when\[0\].fact: of gold choose from graded"):
        shop.do(lambda s, p: rule_book.add(s, me, p, "x", line("collect gold; when a > 1; do ban"), now=now))
    with pytest.raises(Unprocessable, match="crowd measures itself"):
        shop.do(
            lambda s, p: rule_book.add(
                s,
                me,
                p,
                "x",
                line("collect gold; when graded > 1; do set_skill name accuracy value 1"),
                now=now,
            )
        )
    actions = shop.rows(select(AuditEntry.action).where(AuditEntry.action.startswith("rule.")))
    assert actions == ["rule.draft", "rule.activate", "rule.draft", "rule.activate", "rule.retire"]


def test_a_dry_run_tells_who_when_and_how_much_and_changes_nothing(database: Database) -> None:
    shop = shop_of(database)
    for _ in range(3):
        work(shop, "good", right=True)
        work(shop, "bad", right=False)
    grade_new(shop)
    found = try_out(shop, f"{WRONG} ban")
    assert (found.about, found.subjects, found.answers) == ("worker", 2, 60)
    [hit] = found.hits
    bad = shop.rows(select(Worker).where(Worker.name == "bad"))[0]
    assert hit.subject == bad.pseudonym
    assert hit.facts["right"] == 0
    assert (found.share, found.answers_share, hit.answers) == (0.5, 0.5, 30)
    assert shop.count(Firing) == shop.count(Restriction) == 0


def test_new_projects_begin_with_rules_that_only_tell(database: Database) -> None:
    shop = world.make(database)
    begun = shop.do(rule_book.active)
    assert [row.name for row in begun] == sorted(each.name for each in DEFAULTS if each.begins)
    assert {row.body["do"]["action"] for row in begun} == {"notify"}
    drafted = shop.do(lambda s, p: rule_book.install(s, shop.principal, p, [], now=shop.clock()))
    assert len(drafted) + len(begun) == len(DEFAULTS)
    assert {row.state for row in drafted} == {"draft"}
    assert run(shop) == 0


def test_what_new_projects_watch_is_told_once_and_looked_at_again_when_there_is_more(
    database: Database,
) -> None:
    shop = world.make(database, items=320, overlap=1)

    def answer(name: str, seconds: float, pages: int) -> None:
        for _ in range(pages):
            page = shop.page(name)
            shop.clock.forward(seconds)
            shop.submit(name, page)

    for number in range(9):
        answer(f"honest {number}", 4, 2)
    answer("fast", 0.2, 12)
    assert run(shop) == 2
    found = shop.rows(select(Firing).order_by(Firing.id))
    assert {firing.worker_id for firing in found} == {ids(shop)["fast"]}
    assert {row.name for row in shop.rows(select(Rule).join(Firing, Firing.rule_id == Rule.id))} == {
        "too-fast",
        "most-of-the-work",
    }
    answer("fast", 0.2, 1)  # more than ten answers, and less than one in twenty of all
    assert run(shop) == 0
    answer("fast", 0.2, 1)
    assert run(shop) == 2
    assert shop.count(Restriction) == shop.count(Case) == shop.count(Message) == 0
