"""What programs write to workers lands in their inbox."""

from __future__ import annotations

import pytest

from crowd.models import Message
from crowd.services.people import messages
from tests.integration.market.conftest import Market


def inbox(market: Market, name: str) -> list[str]:
    worker = market.worker(name)

    def read(session) -> list[str]:
        found: list[Message] = list(messages.for_worker(session, worker, limit=50))
        return [message.text for message in reversed(found)]

    return market.do(read)


def notify(market: Market, *worker_ids: str, subject: str = "Hello", text: str = "More work is there"):
    return market.client.notify_workers(Subject=subject, MessageText=text, WorkerIds=list(worker_ids))


def test_everyone_named_gets_the_letter_once(market: Market):
    bo, cy = market.person("bo"), market.person("cy")
    assert notify(market, bo, cy, bo)["NotifyWorkersFailureStatuses"] == []
    assert inbox(market, "bo") == inbox(market, "cy") == ["Hello\n\nMore work is there"]
    worker = market.worker("bo")
    assert market.do(lambda s: messages.unread(s, worker)) == 1


def test_unknown_workers_are_told_of_not_raised(market: Market):
    failed = notify(market, market.person("bo"), "A1NOBODY")["NotifyWorkersFailureStatuses"]
    assert [(each["WorkerId"], each["NotifyWorkersFailureCode"]) for each in failed] == [
        ("A1NOBODY", "HardFailure")
    ]
    assert len(inbox(market, "bo")) == 1


def test_the_longest_letter_arrives_whole(market: Market):
    subject, text = "s" * 200, "".join(f"{number:08}" for number in range(512))
    notify(market, market.person("bo"), subject=subject, text=text)
    assert "".join(inbox(market, "bo")) == f"{subject}\n\n{text}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Subject": "s" * 201},
        {"Subject": " "},
        {"MessageText": "t" * 4097},
        {"MessageText": ""},
        {"WorkerIds": []},
        {"WorkerIds": [f"A{number}" for number in range(101)]},
    ],
)
def test_letters_beyond_the_limits_are_refused(market: Market, wrong: dict):
    given = {"Subject": "Hello", "MessageText": "text", "WorkerIds": [market.person("bo")]}
    with pytest.raises(market.client.exceptions.ClientError) as refused:
        market.client.notify_workers(**(given | wrong))
    assert refused.value.response["Error"]["Code"] == "ParameterValidationError"
    assert inbox(market, "bo") == []


def test_a_hundred_workers_can_be_written_to(market: Market):
    ids = [market.person("bo"), *(f"A{number:02}" for number in range(99))]
    assert len(notify(market, *ids)["NotifyWorkersFailureStatuses"]) == 99
