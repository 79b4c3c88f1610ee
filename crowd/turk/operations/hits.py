"""HITs on the wire."""

from __future__ import annotations

from typing import Any

from crowd.models.market import HitType, MarketHit
from crowd.services.market import counts, express, hit_types, hits, policies, qualifications
from crowd.services.market.orders import Order
from crowd.services.market.posed import Posed
from crowd.turk import replies
from crowd.turk.call import Call, Desk, Given, Operation, Reply
from crowd.turk.operations.hit_types import terms
from crowd.turk.paging import page


def create(call: Call, given: Given) -> Reply:
    """Make a HIT, and its type where that is new."""
    hit_type = hit_types.register(call.session, call.account, terms(given), now=call.now)
    return _created(call, given, hit_type, "CreateHIT")


def create_with_type(call: Call, given: Given) -> Reply:
    """Make a HIT of a type there is."""
    hit_type = hit_types.get(call.session, call.account, given["HITTypeId"])
    return _created(call, given, hit_type, "CreateHITWithHITType")


def create_at_once(desk: Desk, given: Given) -> Reply | None:
    """Make a HIT of a type there is, where nothing about it is special."""
    made = express.create(
        desk.line, desk.key_id, given["HITTypeId"], _order(given), now=desk.now, profile=desk.profile
    )
    return None if made is None else {"HIT": replies.shown(*made, counts.NONE, now=desk.now)}


def get(call: Call, given: Given) -> Reply:
    """Return a HIT."""
    return {"HIT": _shown(call, hits.get(call.session, call.account, given["HITId"]))}


def list_all(call: Call, given: Given) -> Reply:
    """Return the account's HITs, the newest first."""
    return _listed(call, given, hits.listed(call.account))


def list_reviewable(call: Call, given: Given) -> Reply:
    """Return the HITs that are over."""
    named = given.get("HITTypeId")
    hit_type = None if named is None else hit_types.get(call.session, call.account, named)
    is_reviewing = given.get("Status", "Reviewable") == "Reviewing"
    query = hits.reviewable(call.account, hit_type, is_reviewing=is_reviewing, now=call.now)
    return _listed(call, given, query)


def list_for_qualification_type(call: Call, given: Given) -> Reply:
    """Return the HITs that require a qualification."""
    return _listed(call, given, hits.requiring(call.session, call.account, given["QualificationTypeId"]))


def extend(call: Call, given: Given) -> Reply:
    """Let more workers accept a HIT."""
    more = given["NumberOfAdditionalAssignments"]
    token = given.get("UniqueRequestToken")
    hits.extend(
        call.session, call.account, given["HITId"], more, token=token, now=call.now, profile=call.profile
    )
    call.note("extend", f"hit:{given['HITId']}", assignments=more)
    return {}


def set_expiration(call: Call, given: Given) -> Reply:
    """Let a HIT end at another time."""
    expires_at = given["ExpireAt"]
    hits.set_expiration(
        call.session, call.account, given["HITId"], expires_at, now=call.now, profile=call.profile
    )
    return {}


def change_type(call: Call, given: Given) -> Reply:
    """Give a HIT another type."""
    hits.change_type(
        call.session, call.account, given["HITId"], given["HITTypeId"], now=call.now, profile=call.profile
    )
    return {}


def set_review_status(call: Call, given: Given) -> Reply:
    """Move a HIT from Reviewable to Reviewing, or back."""
    is_reviewing = not given.get("Revert", False)
    hits.set_reviewing(call.session, call.account, given["HITId"], is_reviewing=is_reviewing, now=call.now)
    return {}


def delete(call: Call, given: Given) -> Reply:
    """Dispose of a HIT."""
    hits.delete(call.session, call.account, given["HITId"], now=call.now)
    call.note("delete", f"hit:{given['HITId']}")
    return {}


def _created(call: Call, given: Given, hit_type: HitType, operation: str) -> Reply:
    order = _order(given)
    # Its type may be older than the end of a qualification it requires.
    qualifications.check(call.session, call.account, hit_type.requirements)
    policies.check(order.policies.get("Assignment"), order.policies.get("HIT"))
    made = hits.create(
        call.session,
        call.account,
        hit_type,
        order,
        operation=operation,
        now=call.now,
        profile=call.profile,
    )
    call.note("create", f"hit:{made.external_id}", held_micros=made.held_micros)
    return {"HIT": replies.hit(call, made, counts.NONE)}


def _order(given: Given) -> Order:
    parameters = {each["Name"]: each["Value"] for each in given.get("HITLayoutParameters", ())}
    policies = {"Assignment": given.get("AssignmentReviewPolicy"), "HIT": given.get("HITReviewPolicy")}
    return Order(
        lifetime_seconds=given["LifetimeInSeconds"],
        posed=Posed(given.get("Question"), given.get("HITLayoutId"), parameters),
        max_assignments=given.get("MaxAssignments", 1),
        annotation=given.get("RequesterAnnotation"),
        token=given.get("UniqueRequestToken"),
        policies={level: policy for level, policy in policies.items() if policy is not None},
    )


def _listed(call: Call, given: Given, query: Any) -> Reply:  # noqa: ANN401
    found = page(call, given, query, MarketHit.id, newest_first=True)
    return found.reply("HITs", replies.hits(call, found.rows))


def _shown(call: Call, hit: MarketHit) -> Reply:
    return replies.hits(call, [hit])[0]


OPERATIONS = {
    "CreateHIT": Operation(create),
    "CreateHITWithHITType": Operation(create_with_type, express=create_at_once),
    "GetHIT": Operation(get, is_reading=True),
    "ListHITs": Operation(list_all, is_reading=True),
    "ListReviewableHITs": Operation(list_reviewable, is_reading=True),
    "ListHITsForQualificationType": Operation(list_for_qualification_type, is_reading=True),
    "CreateAdditionalAssignmentsForHIT": Operation(extend),
    "UpdateExpirationForHIT": Operation(set_expiration),
    "UpdateHITTypeOfHIT": Operation(change_type),
    "UpdateHITReviewStatus": Operation(set_review_status),
    "DeleteHIT": Operation(delete),
}
