"""Gold is doubted, retired, made of consensus; it takes several answers, and answers that are no labels."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, NotFound, Unprocessable
from crowd.models import Case, Gold, Grade, Item, Restriction, Skill, Slot
from crowd.services import conclude, decide, grade, intake, merge
from crowd.services.experts import gold_cases, gold_supply, golds
from crowd.services.experts.undo import Affected, Change
from crowd.services.reports import browse
from crowd.services.trust import standings
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.world import LABELS, START, World


def truth(key: str) -> str:
    return LABELS[int(key[1:]) % 3]


def work(shop: World, name: str) -> None:
    """Answer all there is as the items' numbers say."""
    while (page := shop.claim(name)) is not None:
        shop.submit(name, page, {question.name: truth(question.key) for question in page.questions})


def turn(shop: World) -> gold_cases.Tended:
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    shop.do(standings.refresh)
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))
    shop.do(lambda s, p: decide.decide(s, p, s.merge(run, load=False), now=shop.clock()))
    return shop.do(lambda s, p: gold_cases.tend(s, p, now=shop.clock()))


def known(shop: World, rows: list[GoldRow]) -> None:
    names = [row.key for row in rows]
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(names), now=START))
    shop.do(lambda s, p: intake.add_gold(s, p, rows, source="test", now=START))


def busy(database: Database, wrong: str = "g04", **settings: object) -> World:
    """Make a project on which four good workers worked, with six gold, one of them wrong."""
    chosen = {"items": 12, "overlap": 4, "max_overlap": 4, "gold_share": 0.5, "hit_size": 4, **settings}
    shop = world.make(database, **chosen)
    says = {f"g{n:02d}": LABELS[(n + (f"g{n:02d}" == wrong)) % 3] for n in range(6)}
    known(shop, [GoldRow(key, label, "gold") for key, label in says.items()])
    for name in ("ann", "ben", "cia", "dan"):
        work(shop, name)
    return shop


def gold(shop: World, key: str) -> Gold:
    return shop.do(lambda s, p: golds.of_item(s, p, key))


def test_gold_that_good_workers_contradict_waits_for_a_reviewer(database: Database) -> None:
    shop = busy(database)
    assert turn(shop).disputed == 1
    [case] = shop.rows(select(Case).where(Case.kind == "gold_dispute"))
    assert (case.facts["label"], case.facts["rival"], case.facts["against"]) == ("c", "b", 1.0)
    assert gold(shop, "g04").use == "told"  # asked of nobody until somebody has looked
    assert turn(shop).disputed == 0
    shop.do(lambda s, p: golds.keep(s, p, s.get_one(Gold, case.gold_id), reviewer="eve", now=shop.clock()))
    assert gold(shop, "g04").use == "hidden"
    shop.sound()


@pytest.mark.parametrize("outcome", ["corrected", "retired"])
def test_whoever_says_what_is_right_answers_the_case_as_well(database: Database, outcome: str) -> None:
    shop = busy(database)
    turn(shop)
    if outcome == "corrected":
        shop.do(lambda s, p: golds.correct(s, p, "g04", "b", reviewer="eve", now=shop.clock()))
    else:
        shop.do(
            lambda s, p: golds.retire(
                s, p, golds.of_item(s, p, "g04"), because="unclear", reviewer="eve", now=shop.clock()
            )
        )
    [case] = shop.rows(select(Case).where(Case.kind == "gold_dispute"))
    assert (case.state, case.outcome, case.reviewer) == ("closed", outcome, "eve")
    assert case.label == ("b" if outcome == "corrected" else None)
    shop.sound()


def test_gold_corrected_in_a_dispute_is_asked_again_and_not_doubted_again(database: Database) -> None:
    shop = busy(database)
    turn(shop)
    assert shop.do(gold_supply.supply).hidden == 5
    shop.do(lambda s, p: golds.correct(s, p, "g04", "b", reviewer="eve", now=shop.clock()))
    assert gold(shop, "g04").use == "hidden"
    assert turn(shop).disputed == 0
    assert shop.do(gold_supply.supply).hidden == 6
    shop.ask_again(*(f"i{n:02d}" for n in range(7)))
    shop.configure(gold_share=1.0, hit_size=7)
    assert "g04" in {question.key for question in shop.page("new").questions}
    shop.sound()


def test_an_experts_word_on_gold_in_dispute_undoes_the_grades_as_a_correction_does(
    database: Database,
) -> None:
    shop = busy(database)
    turn(shop)
    wrong = gold(shop, "g04")
    shop.do(lambda s, p: golds.told(s, p, wrong.item_id, "b", reviewer="eve", now=shop.clock()))
    [case] = shop.rows(select(Case).where(Case.kind == "gold_dispute"))
    assert (case.state, case.outcome) == ("closed", "corrected")
    assert gold(shop, "g04").use == "hidden"
    shop.sound()


def test_where_gold_is_short_items_are_proposed_and_made_gold(database: Database) -> None:
    shop = busy(database, wrong="", gold_share=None, gold_policy={"share": 0.5})
    done = turn(shop)
    assert done.warning is not None
    assert done.candidates > 0
    [case, *_] = shop.rows(select(Case).where(Case.kind == "gold_candidate").order_by(Case.id))
    item = shop.rows(select(Item).where(Item.id == case.item_id))[0]
    made = shop.do(
        lambda s, p: golds.accept(s, p, s.get_one(Item, item.id), None, reviewer="eve", now=shop.clock())
    )
    assert (made.label, made.source, made.use) == (truth(item.key), "consensus", "hidden")
    assert shop.item(item.key).state == "gold"
    with pytest.raises(Conflict):
        shop.do(lambda s, p: golds.accept(s, p, s.get_one(Item, item.id), None, reviewer="e", now=START))
    turn(shop)
    shop.sound()


def test_gold_is_retired_by_exposure_and_stays_known(database: Database) -> None:
    shop = busy(database, wrong="", gold_share=None, gold_policy={"share": 0.5, "exposure": 4})
    shown = {}
    for slot in shop.rows(select(Slot).where(Slot.gold_id.is_not(None))):
        shown[slot.gold_id] = shown.get(slot.gold_id, 0) + 1
    exposed = {gold_id for gold_id, count in shown.items() if count >= 4}
    assert exposed
    assert turn(shop).withheld == len(exposed)
    assert set(shop.rows(select(Gold.id).where(Gold.use == "told"))) == exposed
    supply = shop.do(gold_supply.supply)
    assert (supply.hidden, supply.told) == (6 - len(exposed), len(exposed))
    shop.sound()


@pytest.mark.parametrize("is_withheld", [True, False])
def test_a_correction_does_not_let_gold_be_shown_to_more(database: Database, *, is_withheld: bool) -> None:
    shop = busy(database, wrong="", gold_share=None, gold_policy={"share": 0.5})
    limit = {"share": 0.5, "exposure": 4}
    if is_withheld:
        shop.configure(gold_policy=limit)
        turn(shop)
    [most, *_] = sorted(shop.do(lambda s, p: browse.gold(s, p, limit=9)), key=lambda line: -line.shown)
    assert most.shown == 4
    more = {next(label for label in LABELS if label != most.label): 0.5}
    shop.do(lambda s, p: golds.correct(s, p, most.item, most.label, accepted=more, reviewer="e", now=START))
    shop.configure(gold_policy=limit)
    turn(shop)
    held = gold(shop, most.item)
    assert (held.use, held.retired_because) == ("told", "shown to 4 workers")
    [line] = [line for line in shop.do(lambda s, p: browse.gold(s, p, limit=9)) if line.item == most.item]
    assert line.shown == 4
    shop.sound()


def test_retired_gold_becomes_an_item_with_the_answers_it_has(database: Database) -> None:
    shop = busy(database)
    turn(shop)
    before = shop.count(Slot)
    row = gold(shop, "g04")
    done = shop.do(
        lambda s, p: golds.retire(
            s, p, s.get_one(Gold, row.id), because="?", reviewer="eve", now=shop.clock()
        )
    )
    assert done.label is None
    item = shop.item("g04")
    assert (item.state, item.wanted, item.open) == ("asking", 4, 0)
    turn(shop)
    assert shop.item("g04").state == "settled"
    assert shop.count(Slot) == before  # nothing was bought
    with pytest.raises(NotFound):
        gold(shop, "g04")
    shop.sound()


def test_a_correction_names_the_versions_that_hold_the_error(database: Database) -> None:
    shop = busy(database)
    turn(shop)
    version = shop.do(lambda s, p: merge.freeze(s, p, now=shop.clock()))
    shop.clock.forward(60)
    done = shop.do(lambda s, p: golds.correct(s, p, "g04", "b", reviewer="eve", now=shop.clock()))
    assert done.versions == (Affected("main", version.number, (Change("g04", "c", "b"),)),)
    assert done.regraded == len(done.workers) == 4
    shop.clock.forward(60)
    following = shop.do(lambda s, p: merge.freeze(s, p, now=shop.clock()))
    assert following.number == version.number + 1
    assert shop.count(Restriction) == 0
    shop.sound()


def test_what_is_no_correction_is_refused(database: Database) -> None:
    shop = world.make(database, items=1, gold=1)

    def correct(key: str, label: object, **more: object) -> None:
        shop.do(lambda s, p: golds.correct(s, p, key, label, reviewer="eve", now=START, **more))

    with pytest.raises(NotFound, match="is no gold"):
        correct("i00", "a")
    with pytest.raises(Unprocessable):
        correct("g00", "z")
    with pytest.raises(Unprocessable):
        correct("g00", "a")  # as it is
    with pytest.raises(Unprocessable):
        correct("g00", "a", accepted={"b": 2})
    correct("g00", "a", accepted={"b": 0.5})
    assert gold(shop, "g00").accepted == {"b": 0.5}


def test_an_expert_is_believed_and_nobody_asked(database: Database) -> None:
    shop = world.make(database, items=2)
    item = shop.item("i00")
    told = shop.do(lambda s, p: golds.told(s, p, item.id, "b", reviewer="eve", now=START))
    assert (told.use, told.source, told.label) == ("told", "expert", "b")
    again = shop.do(lambda s, p: golds.told(s, p, item.id, "b", reviewer="eve", now=START))
    assert again.id == told.id
    other = shop.do(lambda s, p: golds.told(s, p, item.id, "c", reviewer="eve", now=START))
    assert (other.replaces_id, other.use) == (told.id, "told")


def test_accepted_answers_count_as_much_as_their_credit(database: Database) -> None:
    shop = world.make(database, items=3, overlap=3, hit_size=4)
    shop.configure(gold_share=1.0)
    known(shop, [GoldRow("g00", "a", "gold", {"b": 1.0, "c": 0.5})])
    for name, label in (("ann", "a"), ("ben", "b"), ("cia", "c")):
        shop.answer(name, label)
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    grades = shop.rows(select(Grade).order_by(Grade.id))
    assert [(row.correct, row.score) for row in grades] == [(True, 1.0), (True, 1.0), (False, 0.5)]
    ann, ben, cia = shop.rows(select(Skill.value).order_by(Skill.worker_id))
    assert ann == ben > cia > 0.5


@pytest.mark.parametrize(
    ("task_type", "labels", "right", "near", "far"),
    [
        ("number", (), 100, 90, 10),
        ("text", (), "hello world", "hello worlds", "bye"),
        (
            "spans",
            ("x",),
            [{"start": 0, "end": 5, "label": "x"}, {"start": 6, "end": 8, "label": "x"}],
            [
                {"start": 0, "end": 5, "label": "x"},
                {"start": 6, "end": 8, "label": "x"},
                {"start": 7, "end": 8, "label": "x"},
            ],
            [],
        ),
        (
            "boxes",
            ("x",),
            [{"x": 0, "y": 0, "width": 10, "height": 10, "label": "x"}],
            [{"x": 1, "y": 0, "width": 10, "height": 10, "label": "x"}],
            [{"x": 50, "y": 50, "width": 10, "height": 10, "label": "x"}],
        ),
    ],
)
def test_answers_that_are_no_labels_are_graded_by_how_near_they_come(
    database: Database, task_type: str, labels: tuple[str, ...], right: object, near: object, far: object
) -> None:
    with database.write() as session:
        principal = world.keys.operator(world.keys.requester(session, "local", now=START))
        settings = world.ProjectSettings(task_type=task_type, overlap=3, gold_share=0.5, seed=1)
        project = world.projects.create(
            session, principal, slug="free", labels=labels, settings=settings, cap_micros=0, now=START
        )
        shop = World(database, project.id, principal)
    shop.configure(gold_share=1.0, hit_size=2)
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(["i00", "g00"]), now=START))
    rows = [GoldRow("g00", right if isinstance(right, str) else json.dumps(right), "gold")]
    shop.do(lambda s, p: intake.add_gold(s, p, rows, source="test", now=START))
    shop.do(lambda s, p: world.ask_about(s, p, ["i00"]))
    for name, value in (("ann", right), ("ben", near), ("cia", far)):
        page = shop.page(name)
        shop.hand_in(name, page.token, dict.fromkeys((q.name for q in page.questions), value))
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    grades = shop.rows(select(Grade).order_by(Grade.id))
    assert [row.correct for row in grades] == [True, True, False]
    assert grades[0].score == 1.0 > grades[1].score > grades[2].score
