"""Assignments on the wire: work that was submitted, and what is decided about it."""

from __future__ import annotations

from crowd.models.market import MarketAssignment
from crowd.services.market import express, hits, reviews
from crowd.services.market.refusals import Refused
from crowd.turk import replies
from crowd.turk.call import Call, Desk, Given, Operation, Reply
from crowd.turk.paging import DEFAULT_RESULTS, Page, page, token


def list_of_hit(call: Call, given: Given) -> Reply:
    """Return the submitted assignments of a HIT, in the order in which they came."""
    hit = hits.get(call.session, call.account, given["HITId"])
    query = reviews.listed(hit, tuple(given.get("AssignmentStatuses", ())), now=call.now)
    # What is submitted between two pages comes last, and so is missed by nobody.
    found = page(call, given, query, MarketAssignment.submitted_at, MarketAssignment.id)
    return found.reply("Assignments", replies.assignments(call, found.rows, hit.external_id))


def list_at_once(desk: Desk, given: Given) -> Reply | None:
    """Return the first page of them, of whatever status."""
    if given.keys() - {"HITId", "MaxResults"}:
        return None
    size, has_tail = given.get("MaxResults", DEFAULT_RESULTS), desk.profile.has_paging_tail
    hit_id = given["HITId"]
    found = express.listed(desk.line, desk.key_id, hit_id, size if has_tail else size + 1, now=desk.now)
    if found is None:
        return None
    rows = found[:size]
    has_next = bool(rows) if has_tail else len(found) > size
    last = [rows[-1][0].submitted_at, rows[-1][0].id] if has_next else []
    shown = [replies.assignment(work, hit_id, worker, now=desk.now) for work, worker in rows]
    return Page(rows, token(last) if has_next else None).reply("Assignments", shown)


def get(call: Call, given: Given) -> Reply:
    """Return one submitted assignment with its HIT."""
    work = reviews.get(call.session, call.account, given["AssignmentId"])
    shown = replies.assignments(call, [work.assignment], work.hit.external_id)[0]
    return {"Assignment": shown, "HIT": replies.hits(call, [work.hit])[0]}


def approve(call: Call, given: Given) -> Reply:
    """Approve an assignment and pay for it."""
    assignment_id = given["AssignmentId"]
    reviews.approve(
        call.session,
        call.account,
        assignment_id,
        feedback=given.get("RequesterFeedback"),
        overrides=given.get("OverrideRejection", False),
        now=call.now,
    )
    call.note("approve", f"assignment:{assignment_id}")
    return {}


def reject(call: Call, given: Given) -> Reply:
    """Reject an assignment, with a reason."""
    assignment_id, feedback = given["AssignmentId"], given["RequesterFeedback"]
    reviews.reject(call.session, call.account, assignment_id, feedback=feedback, now=call.now)
    call.note("reject", f"assignment:{assignment_id}", reason=feedback)
    return {}


def upload_url(call: Call, given: Given) -> Reply:
    """Refuse: the service took no more files since 2017."""
    reviews.get(call.session, call.account, given["AssignmentId"])
    raise Refused(
        "Answers hold no uploaded files: file uploads ended in 2017. Let your page store files itself.",
        "InvalidParameterValue",
    )


OPERATIONS = {
    "ListAssignmentsForHIT": Operation(list_of_hit, is_reading=True, express=list_at_once),
    "GetAssignment": Operation(get, is_reading=True),
    "ApproveAssignment": Operation(approve),
    "RejectAssignment": Operation(reject),
    "GetFileUploadURL": Operation(upload_url, is_reading=True),
}
