"""How the pages of requesters write numbers and messages."""

from __future__ import annotations

import pytest

from crowd.web.console.words import counted, thousands
from crowd.web.sentences import sentence


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("no project 'pets'", "No project 'pets'."),
        # The commands inside a message are to be typed as they stand.
        ("gold runs out: crowd gold add pets FILE", "Gold runs out: crowd gold add pets FILE."),
        ("Sign in first.", "Sign in first."),
        ("people.csv line 3: is blank", "people.csv line 3: is blank."),
        ("who is it?", "Who is it?"),
    ],
)
def test_a_message_reads_as_a_sentence(message, shown):
    assert sentence(message) == shown


def test_numbers_are_grouped_and_one_is_one():
    assert thousands(10_000) == "10,000"
    assert [counted(number, "page") for number in (0, 1, 1200)] == ["0 pages", "1 page", "1,200 pages"]
