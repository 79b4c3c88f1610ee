"""HIT types on the wire."""

from __future__ import annotations

from crowd.services.market import hit_types, money
from crowd.services.market.hit_types import MONTH, Terms
from crowd.turk.call import Call, Given, Operation, Reply


def create(call: Call, given: Given) -> Reply:
    """Return the HIT type with these values."""
    made = hit_types.register(call.session, call.account, terms(given), now=call.now)
    return {"HITTypeId": made.external_id}


def terms(given: Given) -> Terms:
    """Return the values of a HIT type that a program gives."""
    return Terms(
        title=given["Title"],
        description=given["Description"],
        reward_micros=money.amount(given["Reward"]),
        assignment_seconds=given["AssignmentDurationInSeconds"],
        keywords=given.get("Keywords", ""),
        auto_approval_seconds=given.get("AutoApprovalDelayInSeconds", MONTH),
        requirements=given.get("QualificationRequirements", []),
    )


OPERATIONS = {"CreateHITType": Operation(create)}
