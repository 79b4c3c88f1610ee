"""A requester gives a program its key pair and its money from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

Call = Callable[..., Any]


@pytest.fixture
def run(crowd: Callable[..., Result], migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command that has to succeed, on this test's database; return its JSON."""
    monkeypatch.setenv("CROWD_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz")

    def call(*words: object) -> Any:
        outcome = crowd(*words, "--database", migrated_url, "--json")
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.stdout)

    return call


def test_a_key_pair_is_made_listed_and_revoked(run: Call) -> None:
    pair = run("keys", "create", "--mturk", "--label", "program")
    assert len(pair["secret"]) == 40
    other = run("keys", "create", "--mturk", "--label", "other")
    assert other["secret"] != pair["secret"]
    run("keys", "revoke", pair["id"])
    listed = {key["id"]: key for key in run("keys", "list")["keys"]}
    assert listed[pair["id"]]["revoked"]
    assert listed[other["id"]]["revoked"] is None


def test_a_named_deposit_is_made_once(run: Call) -> None:
    for _ in range(2):
        assert run("mturk", "deposit", "12.50", "--key", "may")["available"] == "12.50"
    assert run("mturk", "deposit", "1")["deposited"] == "13.50"
    assert run("mturk", "balance") == {
        "available": "13.50",
        "held": "0.00",
        "spent": "0.00",
        "deposited": "13.50",
    }


@pytest.mark.parametrize("amount", ["0", "0.001", "-1", "much"])
def test_what_is_no_amount_of_cents_is_refused(
    crowd: Callable[..., Result], migrated_url: str, amount: str
) -> None:
    outcome = crowd("mturk", "deposit", "--database", migrated_url, "--", amount)
    assert outcome.exit_code == 2
    assert "amount" in outcome.output
