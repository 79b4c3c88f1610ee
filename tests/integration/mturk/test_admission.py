"""Whom a project admits: what an endpoint cannot keep is refused as a setting, and keeps nobody out there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import Unprocessable
from crowd.models import Project
from crowd.services import roster
from crowd.services.people import eligibility
from tests.fakes.wire import ADDRESS
from tests.integration import world
from tests.integration.world import START
from workers.qualification import parse

QUIZ = {"questions": 2, "pass_mark": 0.5, "attempts": 1}
GERMAN = parse("skill german >= 0.8")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"quiz": QUIZ}, "quiz"),
        ({"hourly_micros": 18_000_000}, "hourly_micros"),
        ({"qualifications": GERMAN}, "qualifications"),
        ({"worker_cap": 10}, "worker_cap"),
        ({"worker_day_cap": 10}, "worker_day_cap"),
    ],
)
def test_what_would_do_nothing_at_an_endpoint_is_refused(
    database: Database, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(Unprocessable) as caught:
        world.make(database, channel="mturk", endpoint=ADDRESS, **settings)
    assert [problem.where for problem in caught.value.problems] == [field]


def test_a_server_of_ours_keeps_caps_and_qualifications(database: Database) -> None:
    posting = {"mode": "external", "url": "https://crowd.test"}
    world.make(database, channel="mturk", endpoint=ADDRESS, posting=posting, worker_cap=10)


def test_the_quiz_of_own_people_keeps_nobody_out_at_the_endpoint(database: Database) -> None:
    shop = world.make(database, second_channel="mturk", second_price_micros=0, endpoint=ADDRESS, quiz=QUIZ)

    def reasons(session: Session, project: Project, channel: str) -> list[str]:
        worker = roster.arrival(session, project.requester_id, channel, "AW1", now=START)
        return [each.code for each in eligibility.reasons(session, project, worker, now=START)]

    assert shop.do(lambda s, p: reasons(s, p, "pool")) == ["quiz"]
    assert shop.do(lambda s, p: reasons(s, p, "mturk")) == []
