"""A week with spammers, a wrong gold, a ring and an appeal, acted out; and the page that tells of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crowd import migrations
from crowd.db import connect
from crowd.services.check import check
from crowd.trials import story
from crowd.trials.story import Week

PAGE = Path(__file__).parents[2] / "docs/explanation/a-week.md"
ACTED = re.compile(r"(<!-- acted -->\n).*?(<!-- end -->)", re.DOTALL)


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory) -> Week:
    database = connect(f"sqlite:///{tmp_path_factory.mktemp('week') / 'week.db'}")
    migrations.prepare(database)
    week = story.act(database)
    with database.read() as session:
        broken = [finding for finding in check(session) if not finding.ok]
    database.dispose()
    assert broken == []
    return week


def told(week: Week, day: str) -> str:
    return next(" ".join(lines) for name, lines in week.days if name == day)


def test_those_who_do_not_look_are_found_within_a_day_and_nobody_honest_stays_kept_out(acted: Week) -> None:
    assert told(acted, "Tuesday").count("spammer-") >= 3
    assert {f"spammer-{n}" for n in range(1, 6)} <= set(acted.kept_out)
    assert not [name for name in acted.kept_out if name.startswith("regular")]


def test_a_wrong_gold_is_found_by_those_who_contradict_it_and_corrected(acted: Week) -> None:
    assert "gold-05 is corrected" in told(acted, "Wednesday")


def test_the_ring_is_found_by_a_rule_that_was_enacted_for_it(acted: Week) -> None:
    assert sum(name.startswith("ring-") for name in acted.kept_out) >= 3


def test_an_honest_appeal_is_upheld_and_a_spammer_s_is_declined(acted: Week) -> None:
    assert "regular-03 appeals: upheld" in told(acted, "Friday")
    assert re.search(r"(spammer|ring)-\d appeals: declined", told(acted, "Friday"))


def test_what_is_true_lies_where_the_audit_slice_says(acted: Week) -> None:
    assert acted.accuracy is not None
    assert acted.accuracy.true is not None
    assert acted.accuracy.by_experts == acted.accuracy.checked > 0
    # All labels may be right, which an interval estimated from a few of them never reaches.
    assert acted.accuracy.true.low <= acted.right <= acted.accuracy.true.high + 0.02


def test_the_stop_rule_ends_it_before_all_is_asked(acted: Week) -> None:
    assert acted.stopped is not None
    assert "not worth its price" in acted.stopped
    assert "No new items" in told(acted, "Sunday")


def test_the_requester_is_told_what_the_instructions_lack(acted: Week) -> None:
    assert any("'dog' from 'wolf'" in question for question in acted.advice)


def test_the_page_tells_what_happened(acted: Week) -> None:
    page = PAGE.read_text()
    current = ACTED.sub(lambda found: f"{found[1]}{story.report(acted)}{found[2]}", page)
    assert page == current, "run: .venv/bin/python docs/act_a_week.py"
