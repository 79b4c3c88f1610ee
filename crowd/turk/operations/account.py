"""What an account has."""

from __future__ import annotations

from crowd.services.market import money
from crowd.turk.call import Call, Given, Operation, Reply


def balance(call: Call, _given: Given) -> Reply:
    """Return what the account can still spend, and what HITs that are out hold."""
    held = 0 if call.account.play else call.account.held
    return {
        "AvailableBalance": money.on_wire(money.balance(call.account)),
        "OnHoldBalance": money.on_wire(held),
    }


OPERATIONS = {"GetAccountBalance": Operation(balance, is_reading=True)}
