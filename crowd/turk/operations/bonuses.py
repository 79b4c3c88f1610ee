"""Bonuses on the wire."""

from __future__ import annotations

from crowd.models.market import MarketAssignment, MarketBonus
from crowd.services.market import account as accounts
from crowd.services.market import bonuses, money
from crowd.services.market.bonuses import Bonus
from crowd.turk.call import Call, Given, Operation, Reply
from crowd.turk.paging import page
from crowd.turk.replies import moment


def send(call: Call, given: Given) -> Reply:
    """Pay a worker more for an assignment they submitted."""
    bonus = Bonus(
        worker_id=given["WorkerId"],
        assignment_id=given["AssignmentId"],
        amount_micros=money.amount(given["BonusAmount"]),
        reason=given["Reason"],
        token=given.get("UniqueRequestToken"),
    )
    paid = bonuses.send(call.session, call.account, bonus, profile=call.profile, now=call.now)
    call.note("bonus", f"assignment:{bonus.assignment_id}", amount_micros=paid.amount_micros)
    return {}


def list_all(call: Call, given: Given) -> Reply:
    """Return the bonuses paid for a HIT, or for one of its assignments."""
    query = bonuses.payments(call.account, hit_id=given.get("HITId"), assignment_id=given.get("AssignmentId"))
    found = page(call, given, query, MarketBonus.id)
    return found.reply("BonusPayments", [_shown(call, row) for row in found.rows])


def _shown(call: Call, row: MarketBonus) -> Reply:
    assignment = call.session.get_one(MarketAssignment, row.assignment_id)
    workers = accounts.persons(call.session, [assignment.worker_id])
    return {
        "WorkerId": workers[assignment.worker_id],
        "BonusAmount": money.on_wire(row.amount_micros),
        "AssignmentId": assignment.external_id,
        "Reason": row.reason,
        "GrantTime": moment(row.created_at),
    }


OPERATIONS = {
    "SendBonus": Operation(send),
    "ListBonusPayments": Operation(list_all, is_reading=True),
}
