"""One place decides who is given work, and says why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from crowd.db import Database
from crowd.errors import Forbidden, Unprocessable
from crowd.models import Project, Skill
from crowd.services import roster
from crowd.services.people import eligibility, groups, skills
from crowd.services.people.skills import Given
from crowd.services.setup import projects
from tests.integration import world
from tests.integration.world import START, World
from workers import qualification

DAY = timedelta(days=1)


def reasons(shop: World, name: str = "ann") -> list[tuple[str, str]]:
    found = shop.do(lambda s, p: eligibility.reasons(s, p, shop.worker(s, name), now=shop.clock()))
    return [(reason.code, reason.text) for reason in found]


def codes(shop: World, name: str = "ann") -> list[str]:
    return [code for code, _ in reasons(shop, name)]


def restrict(shop: World, *, everywhere: bool = False, kind: str = "suspended", **options: Any) -> None:
    shop.do(
        lambda s, p: roster.restrict(
            s,
            shop.worker(s, "ann"),
            project=None if everywhere else p,
            kind=kind,
            reason="r",
            facts={},
            actor="test",
            now=shop.clock(),
            **options,
        )
    )


def give(shop: World, value: float, *, everywhere: bool = True, **options: Any) -> None:
    shop.do(
        lambda s, p: skills.give(
            s,
            shop.principal,
            shop.worker(s, "ann"),
            Given("german", value, **options),
            project=None if everywhere else p,
            now=shop.clock(),
        )
    )


def test_an_ordinary_project_is_open_and_costs_one_query(database: Database) -> None:
    shop = world.make(database, items=1)
    statements = []
    with database.write() as session:
        project = session.get_one(Project, shop.project_id)
        worker = shop.worker(session, "ann")
        session.flush()
        count = lambda *about: statements.append(about[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", count)
        assert eligibility.reasons(session, project, worker, now=START) == []
        assert eligibility.room(session, project, worker, now=START) is None
        event.remove(database.engine, "before_cursor_execute", count)
    assert len(statements) == 1


def test_a_project_of_another_channel_or_at_rest_is_not_open(database: Database) -> None:
    shop = world.make(database, items=1)
    shop.meet("ann")
    shop.configure(state="paused")
    assert reasons(shop) == [("state", "the project is paused")]
    other = world.make(database, slug="other", requester="else", items=1)
    with database.write() as session:
        project = session.get_one(Project, other.project_id)
        found = eligibility.reasons(session, project, shop.worker(session, "ann"), now=START)
    assert [reason.code for reason in found] == ["channel"]


def test_a_restriction_holds_where_and_until_it_says(database: Database) -> None:
    shop = world.make(database, items=1)
    restrict(shop, until=START + DAY)
    restrict(shop, everywhere=True, kind="paused")
    assert reasons(shop) == [
        ("restriction", "the worker is suspended until 2026-01-02 00:00 UTC"),
        ("restriction", "the worker is paused in all projects"),
    ]
    shop.clock.forward(DAY.total_seconds())
    assert reasons(shop) == [("restriction", "the worker is paused in all projects")]
    lifted = shop.do(
        lambda s, _: roster.lift(s, shop.principal, shop.worker(s, "ann"), None, now=shop.clock())
    )
    assert (lifted, reasons(shop)) == (1, [])
    with pytest.raises(Unprocessable, match="until: is in the past"):
        restrict(shop, until=START)


def test_requirements_are_met_by_skills_and_groups(database: Database) -> None:
    shop = world.make(database, items=1)
    wanted = qualification.parse("skill german >= 0.8 and group radiology and not group trainees")
    shop.do(lambda s, p: projects.update(s, shop.principal, p, {"qualifications": wanted}, now=START))
    assert codes(shop) == ["qualification", "qualification"]
    with pytest.raises(Forbidden, match=r"skill german >= 0\.8: the worker has no such skill"):
        shop.claim("ann")
    give(shop, 0.7)
    shop.do(lambda s, _: groups.add(s, shop.principal, "radiology", [shop.worker(s, "ann")], now=START))
    assert reasons(shop) == [("qualification", "skill german >= 0.8: the worker's is 0.70")]
    give(shop, 0.9, expires_at=START + DAY)
    assert shop.claim("ann") is not None
    assert codes(shop, "bob") == ["qualification", "qualification"]


def test_the_newest_word_holds_the_projects_own_first_and_not_beyond_its_end(database: Database) -> None:
    shop = world.make(database, items=1)

    def held() -> float | None:
        found = shop.do(lambda s, p: skills.current(s, shop.worker(s, "ann"), p, now=shop.clock()))
        return found["german"].value if found else None

    give(shop, 0.4, everywhere=False)
    give(shop, 0.6)
    assert held() == 0.4
    give(shop, 0.9, everywhere=False, expires_at=START + DAY)
    assert held() == 0.9
    shop.clock.forward(DAY.total_seconds())
    assert held() is None  # neither 0.4 nor 0.6: the newest word was a later one


def test_caps_count_what_is_held_and_end_with_the_day(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2, overlap=1)
    shop.configure(worker_cap=4, worker_day_cap=2)
    page = shop.page("ann")
    assert codes(shop) == ["day_cap"]
    shop.submit("ann", page)
    assert reasons(shop) == [("day_cap", "the worker has given 2 answers of at most 2 today")]
    shop.clock.forward(DAY.total_seconds())
    assert codes(shop) == []
    shop.answer("ann")
    assert codes(shop) == ["cap", "day_cap"]
    shop.clock.forward(DAY.total_seconds())
    assert codes(shop) == ["cap"]
    room = shop.do(lambda s, p: eligibility.room(s, p, shop.worker(s, "bob"), now=shop.clock()))
    assert room == 2


def test_a_page_that_ran_out_counts_for_nothing(database: Database) -> None:
    shop = world.make(database, items=4, hit_size=2, overlap=1)
    shop.configure(worker_cap=2)
    shop.page("ann")
    assert codes(shop) == ["cap"]
    shop.expire()
    assert codes(shop) == []


def test_a_quiz_stands_before_the_first_page_and_ends_with_its_attempts(database: Database) -> None:
    shop = world.make(database, items=1)
    shop.configure(quiz={"questions": 5, "pass_mark": 0.8, "attempts": 2})

    def result(name: str, value: float) -> None:
        shop.do(
            lambda s, p: s.add(
                Skill(
                    worker_id=shop.worker(s, name).id,
                    project_id=p.id,
                    name="quiz",
                    source="quiz",
                    value=value,
                    low=value,
                    high=value,
                    evidence=5,
                    created_at=START,
                )
            )
        )

    assert reasons(shop) == [("quiz", "the worker has to pass the quiz first")]
    result("ann", 0.6)
    assert codes(shop) == ["quiz"]
    result("bob", 0.8)
    assert codes(shop, "bob") == []
    result("ann", 0.6)
    assert reasons(shop) == [("quiz_failed", "the worker has not passed the quiz in 2 attempts")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Given("german", 1.2), "value: is 1.2"),
        (Given("accuracy", 0.5), "what crowd measures itself"),
        (Given("a b", 0.5), "use letters"),
        (Given("german", 0.5, evidence=-1), "evidence: cannot be negative"),
        (Given("german", 0.5, expires_at=START), "expires_at: is in the past"),
    ],
)
def test_a_skill_that_cannot_be_is_refused(database: Database, given: Given, said: str) -> None:
    shop = world.make(database, ask=False)
    with pytest.raises(Unprocessable, match=said):
        shop.do(lambda s, _: skills.give(s, shop.principal, shop.worker(s, "ann"), given, now=START))
