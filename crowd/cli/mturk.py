"""`crowd mturk`: the account from which programs pay here, and what we do at other endpoints."""

from __future__ import annotations

from uuid import uuid4

import click
from sqlalchemy.orm import Session

from crowd.cli.at_endpoint import (
    approve,
    bonus,
    compensate,
    drop,
    expire,
    notify,
    override,
    qualify,
    reject,
)
from crowd.cli.mturk_batches import batch, layout
from crowd.cli.mturk_notices import notices_path, subscribe, unsubscribe
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import bad_input
from crowd.models import Requester
from crowd.models.market import MarketAccount
from crowd.services import audit
from crowd.services.market import account as accounts
from crowd.services.market import money
from workers.fees import CENT
from workers.money import display, dollars, to_micros


@click.group("mturk")
def command() -> None:
    """At a project's endpoint: verdicts, bonuses, letters. Here: the account from which programs pay."""


for at_other in (approve, drop, reject, override, bonus, compensate, expire, notify, qualify):
    command.add_command(at_other)
for of_notices in (subscribe, unsubscribe, notices_path):
    command.add_command(of_notices)
for here in (batch, layout):
    command.add_command(here)


@command.command("balance")
@works_on_database
def balance(place: Workplace) -> None:
    """Show what the account holds."""
    with place.database.write() as session:
        _show(place, _account(session, place))


@command.command("deposit")
@click.argument("amount")
@click.option("--key", help="Names the deposit: given again, it puts nothing in again.")
@works_on_database
def deposit(place: Workplace, *, amount: str, key: str | None) -> None:
    """Put AMOUNT dollars into the account, such as 100.00.

    It is a note of what programs may spend here; moving real money is between you and your workers.
    """
    try:
        micros = to_micros(amount)
    except ValueError as error:
        raise bad_input("amount", str(error)) from error
    if micros == 0 or micros % CENT:
        raise bad_input("amount", "must be dollars and whole cents, more than zero")
    with place.database.write() as session:
        account, now = _account(session, place), utc_now()
        if not money.has_entry(session, account, "deposit", name := key or uuid4().hex):
            money.deposit(session, account, micros, key=name, now=now)
            details = {"amount": dollars(micros)}
            who = place.principal(session)
            audit.act(session, who, "market.deposit", f"deposit:{name}", details=details, now=now)
        _show(place, account)


def _account(session: Session, place: Workplace) -> MarketAccount:
    owner = session.get_one(Requester, place.principal(session).requester_id)
    return accounts.account(session, owner, now=utc_now())


def _show(place: Workplace, account: MarketAccount) -> None:
    amounts = {
        "available": money.balance(account),
        "held": account.held,
        "spent": account.spent,
        "deposited": account.deposited,
    }
    lines = [f"{name:<10}{display(micros):>14}" for name, micros in amounts.items()]
    place.show({name: dollars(micros) for name, micros in amounts.items()}, lines)
