"""Notifications on the wire: whether and where an account is told of its HITs."""

from __future__ import annotations

from crowd.services.market import hit_types, notices
from crowd.turk.call import Call, Given, Operation, Reply


def update(call: Call, given: Given) -> Reply:
    """Say whether and where the events of a HIT type are sent."""
    hit_type = hit_types.get(call.session, call.account, given["HITTypeId"])
    notices.change(
        call.session,
        hit_type,
        notification=given.get("Notification"),
        active=given.get("Active"),
        outlets=call.outlets,
        access_key_id=call.access_key_id,
    )
    call.note("notifications", f"hit_type:{hit_type.external_id}", active=hit_type.notifies)
    return {}


def test(call: Call, given: Given) -> Reply:
    """Send an event that did not happen."""
    notices.test(
        call.session,
        call.account,
        given["Notification"],
        given["TestEventType"],
        outlets=call.outlets,
        access_key_id=call.access_key_id,
        now=call.now,
    )
    return {}


OPERATIONS = {
    "UpdateNotificationSettings": Operation(update),
    "SendTestEventNotification": Operation(test),
}
