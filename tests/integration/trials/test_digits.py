"""The demo's loop, small: what it buys, what it never sees, and that chance is all in its seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache

import pytest
from sqlalchemy import func, select

from crowd import migrations
from crowd.db import Database, connect
from crowd.errors import CrowdError
from crowd.models import Answer, Batch, Gold, Item, Project, Slot
from crowd.services.setup import projects
from crowd.trials import report, summary
from crowd.trials.digits import AT_RANDOM, SELECTED, Outcome, Plan, Round, run
from crowd.trials.measure import calibration
from tests.conftest import fresh_database

SMALL = Plan(seed=3, rounds=2, images=100, seeds=20, batch=12, people=14)
PLANS = {"small": SMALL, "tiny": replace(SMALL, rounds=1, images=30, batch=6)}


@dataclass(frozen=True)
class Played:
    database: Database
    outcome: Outcome
    watched: list[Round]

    def project(self, slug: str) -> Project:
        with self.database.read() as session:
            return session.scalars(select(Project).where(Project.slug == slug)).one()


def play(url: str, plan: Plan) -> Played:
    database = connect(url, durable=False)
    migrations.upgrade(database)
    watched: list[Round] = []
    try:
        return Played(database, run(database, plan, watch=watched.append), watched)
    except BaseException:
        database.dispose()
        raise


@pytest.fixture(scope="module")
def play_on(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Played]]:
    """Return the small demo as it was played on a kind of database: once on each."""
    with ExitStack() as stack:

        @cache
        def on(kind: str, name: str = "small") -> Played:
            url = stack.enter_context(fresh_database(kind, tmp_path_factory.mktemp("digits"), request))
            result = play(url, PLANS[name])
            stack.callback(result.database.dispose)
            return result

        yield on


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def played(request: pytest.FixtureRequest, play_on: Callable[..., Played]) -> Played:
    return play_on(request.param)


@pytest.fixture(scope="module")
def on_sqlite(play_on: Callable[..., Played]) -> Played:
    return play_on("sqlite")


@pytest.mark.parametrize("plan", ["tiny", pytest.param("small", marks=pytest.mark.slow)])
def test_equal_seeds_give_equal_numbers_and_equal_versions_on_any_database(
    play_on: Callable[..., Played], plan: str
):
    first, again = (summary.as_dict(play_on(kind, plan).outcome) for kind in ("sqlite", "postgresql"))
    assert first == again


def test_each_round_is_seen_as_it_ends(played: Played):
    assert [seen.number for seen in played.watched] == [1, 2]
    assert played.outcome.rounds[1:] == tuple(played.watched)


def test_every_chosen_image_is_decided_at_the_end_of_its_round(played: Played):
    assert [each.selected.labeled for each in played.outcome.rounds] == [0, 12, 24]
    with played.database.read() as session:
        states = set(session.scalars(select(Item.state).distinct()))
    assert "asking" not in states


def test_both_sides_pay_for_about_as_many_answers(played: Played):
    for each in played.outcome.rounds:
        # The other side buys whole images, and what gold and bans cost is known only afterwards.
        assert each.at_random.answers == pytest.approx(each.selected.answers, abs=30)


def test_the_money_spent_is_the_price_of_the_answers_and_nothing_stays_reserved(played: Played):
    end = played.outcome.rounds[-1]
    for slug, standing in ((SELECTED.slug, end.selected), (AT_RANDOM.slug, end.at_random)):
        with played.database.read() as session:
            seen = projects.overview(session, played.project(slug))
        assert standing.spent_micros == seen.spent_micros == seen.answers * SMALL.price_micros
        assert (seen.held_micros, seen.open_answers) == (0, 0)


def test_doubt_decides_how_many_answers_are_bought_and_at_random_it_is_always_three(played: Played):
    selected = played.outcome.selected.labels["panel"]
    assert set(selected.votes.tolist()) <= {2, 3, 4, 5}
    # A label that got no further answer was sure enough after the first two.
    assert (selected.confidence[selected.votes == 2] >= 0.5).all()
    assert set(played.outcome.at_random.labels["majority"].votes.tolist()) == {3}


def test_the_project_knows_the_seeds_and_nothing_of_the_held_out_images(played: Played):
    with played.database.read() as session:
        for slug in (SELECTED.slug, AT_RANDOM.slug):
            project = played.project(slug)
            items = select(func.count()).select_from(Item).where(Item.project_id == project.id)
            gold = select(Gold.label).where(Gold.project_id == project.id)
            assert session.scalar(items) == SMALL.seeds + SMALL.images
            assert sorted(session.scalars(gold)) == sorted("0123456789" * 2)


def test_a_model_chooses_from_the_first_round_on_but_only_on_the_one_side(played: Played):
    with played.database.read() as session:
        chosen = session.execute(select(Batch.project_id, Batch.strategy, Batch.prediction_set_id)).all()
    mine = played.project(SELECTED.slug).id
    assert {(strategy, run is not None) for project, strategy, run in chosen if project == mine} == {
        ("margin", True)
    }
    assert {(strategy, run) for project, strategy, run in chosen if project != mine} == {("random", None)}


def test_gold_is_hidden_among_the_questions_and_its_answers_are_counted_as_cost(played: Played):
    with played.database.read() as session:
        query = select(func.count()).select_from(Answer).join(Slot, Slot.id == Answer.slot_id)
        counted = session.scalar(query.where(Slot.gold_id.is_not(None)))
    sides = played.outcome.selected, played.outcome.at_random
    assert counted == sum(side.gold_answers for side in sides) > 0


def test_a_version_holds_the_seeds_and_every_label_so_far(played: Played):
    versions = played.outcome.selected.versions
    # What a model says as evidence may change labels that were there, which is a version too.
    sizes = [version.size for version in versions]
    assert sizes == sorted(sizes)
    assert sorted(set(sizes)) == [20, 32, 44]
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))


def test_the_bins_of_a_calibration_hold_every_label_once(played: Played):
    labels = played.outcome.selected.labels["panel"]
    bins = calibration(labels)
    assert sum(each.items for each in bins) == len(labels.right)
    assert sum(each.items * each.right for each in bins) / len(labels.right) == pytest.approx(labels.accuracy)
    assert sum(each.items * each.claimed for each in bins) == pytest.approx(labels.confidence.sum())


def test_the_report_needs_no_network_and_no_script(on_sqlite: Played):
    page = report.render(on_sqlite.outcome, command="crowd serve --database 'a&b'")
    addresses = {
        "".join(found) for found in re.findall(r"""(?:src|href)=["']([^"']*)|url\(([^)]*)\)""", page)
    }
    outside = {address for address in addresses if not address.startswith("#")}
    assert {address[:22] for address in outside} == {"data:image/png;base64,"}
    assert "<script" not in page
    assert "@import" not in page


def test_the_report_says_what_the_numbers_say(on_sqlite: Played):
    page = report.render(on_sqlite.outcome, command="crowd serve --database 'a&b'")
    end = on_sqlite.outcome.rounds[-1].selected
    assert report.percent(end.model_accuracy) in page
    assert f"<b>{end.answers}</b>" in page
    assert page.count("<svg") == 4
    assert page.count('class="dispute"') == len(on_sqlite.outcome.selected.disputes) == 6
    assert "a&amp;b" in page
    assert "nan" not in re.sub(r"data:[^\"]*", "", page)


def test_the_table_shows_both_sides_and_every_round(on_sqlite: Played):
    lines = summary.as_text(on_sqlite.outcome).splitlines()
    row = {line[:20].strip(): line[20:].split() for line in lines}
    ends = on_sqlite.outcome.rounds[-1].selected, on_sqlite.outcome.rounds[-1].at_random
    assert row["answers bought"] == [str(end.answers) for end in ends]
    assert row["model accuracy, %"] == ["start", "1", "2"]
    assert row["crowd"][-1] == f"{100 * ends[0].model_accuracy:.1f}"


def test_too_few_people_end_the_demo_with_words(tmp_path):
    lonely = replace(SMALL, people=1, mix={"good": 1.0})
    with pytest.raises(CrowdError, match="nobody is left"):
        play(f"sqlite:///{tmp_path / 'digits.db'}", lonely)


def test_more_images_than_there_are_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at most 1200"):
        play(f"sqlite:///{tmp_path / 'digits.db'}", replace(SMALL, images=1190))
