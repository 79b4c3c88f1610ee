"""Requests for qualifications on the wire."""

from __future__ import annotations

from collections.abc import Sequence

from crowd.models.market import QualificationRequest, QualificationType
from crowd.services.market import account as accounts
from crowd.services.market import letters, qualifications, requests
from crowd.turk.call import Call, Given, Operation, Reply
from crowd.turk.paging import page
from crowd.turk.replies import moment


def list_pending(call: Call, given: Given) -> Reply:
    """Return the requests that wait for the account's decision."""
    kind = None
    if "QualificationTypeId" in given:
        kind = qualifications.get(call.session, call.account, given["QualificationTypeId"])
    found = page(call, given, requests.pending(call.account, kind), QualificationRequest.id)
    return found.reply("QualificationRequests", _shown(call, found.rows))


def accept(call: Call, given: Given) -> Reply:
    """Grant what a worker asked for."""
    request_id, value = given["QualificationRequestId"], given.get("IntegerValue", 1)
    requests.accept(call.session, call.account, request_id, value=value, now=call.now)
    call.note("qualification.accept", f"request:{request_id}", value=value)
    return {}


def reject(call: Call, given: Given) -> Reply:
    """Refuse what a worker asked for, and tell them why where a reason is given."""
    request_id, reason = given["QualificationRequestId"], given.get("Reason")
    _, kind, worker = requests.reject(call.session, call.account, request_id, reason=reason, now=call.now)
    call.note("qualification.reject", f"request:{request_id}")
    if reason:
        text = f"Your request for the qualification {kind.name} was rejected: {reason}"
        letters.tell(call.session, call.account, worker, text, now=call.now)
    return {}


def _shown(call: Call, rows: Sequence[QualificationRequest]) -> list[Reply]:
    workers = accounts.persons(call.session, {row.worker_id for row in rows})
    shown = []
    for row in rows:
        kind = call.session.get_one(QualificationType, row.type_id)
        told = {
            "QualificationRequestId": row.external_id,
            "QualificationTypeId": kind.external_id,
            "WorkerId": workers[row.worker_id],
            "Test": kind.test,
            "Answer": row.answer,
            "SubmitTime": moment(row.submitted_at or row.created_at),
        }
        shown.append({name: value for name, value in told.items() if value is not None})
    return shown


OPERATIONS = {
    "ListQualificationRequests": Operation(list_pending, is_reading=True),
    "AcceptQualificationRequest": Operation(accept),
    "RejectQualificationRequest": Operation(reject),
}
