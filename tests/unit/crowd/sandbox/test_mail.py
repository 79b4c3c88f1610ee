"""Notices are lost, doubled and delayed as often as the conditions say."""

from __future__ import annotations

from threading import Event

import pytest

from crowd.sandbox.faults import Conditions
from crowd.sandbox.mail import Mail
from crowd.services.market.transport import Outgoing, Undelivered

NOTICE = Outgoing("webhook", "http://127.0.0.1:1/", "{}", None)


def arrived(conditions: Conditions, sent: int = 1000) -> int:
    found: list[Outgoing] = []
    mail = Mail(found.append, lambda: conditions)
    for _ in range(sent):
        mail(NOTICE)
    return len(found)


def test_in_fair_weather_every_notice_arrives_once():
    assert arrived(Conditions()) == 1000


def test_some_are_lost_and_some_come_twice():
    assert arrived(Conditions(notices_lost=1.0)) == 0
    assert arrived(Conditions(notices_doubled=1.0)) == 2000
    assert 650 < arrived(Conditions(notices_lost=0.3)) < 750


def test_what_did_not_arrive_is_said():
    def refuse(_: Outgoing) -> None:
        raise Undelivered("nobody there")

    with pytest.raises(Undelivered):
        Mail(refuse, Conditions)(NOTICE)


def test_a_late_one_comes_by_itself():
    came = Event()
    Mail(lambda _: came.set(), lambda: Conditions(notices_late=0.05))(NOTICE)
    assert not came.is_set()
    assert came.wait(5)
