"""Rows as the protocol shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crowd.models.market import HitType, Layout, MarketAssignment, MarketHit
from crowd.services.market import account as accounts
from crowd.services.market import counts, hit_types, money
from crowd.services.market.counts import Counts
from crowd.turk.call import Call, Reply


def moment(when: datetime) -> float:
    """Return a time as seconds since 1970."""
    return round(when.timestamp(), 3)


def hits(call: Call, rows: Sequence[MarketHit]) -> list[Reply]:
    """Return HITs as they are at this moment."""
    hit_types.fetch(call.session, {hit.hit_type_id for hit in rows})
    found = counts.of(call.session, [hit.id for hit in rows], now=call.now) if rows else {}
    return [hit(call, row, found.get(row.id, counts.NONE)) for row in rows]


def hit(call: Call, row: MarketHit, counted: Counts) -> Reply:
    """Return a HIT with these counts."""
    told = shown(row, hit_types.of(call.session, row.hit_type_id), counted, now=call.now)
    if row.layout_id is not None:
        told["HITLayoutId"] = call.session.get_one(Layout, row.layout_id).external_id
    return told


def shown(row: MarketHit, kind: HitType, counted: Counts, *, now: datetime) -> Reply:
    """Return a HIT of this type, without its layout."""
    told = {
        "HITId": row.external_id,
        "HITTypeId": kind.external_id,
        "HITGroupId": kind.group_id,
        "CreationTime": moment(row.created_at),
        "Title": kind.title,
        "Description": kind.description,
        "Question": row.question,
        "Keywords": kind.keywords,
        "HITStatus": counts.status(row, counted, now=now),
        "MaxAssignments": row.max_assignments,
        "Reward": money.on_wire(kind.reward_micros),
        "AutoApprovalDelayInSeconds": kind.auto_approval_seconds,
        "Expiration": moment(row.expires_at),
        "AssignmentDurationInSeconds": kind.assignment_seconds,
        "QualificationRequirements": kind.requirements,
        "HITReviewStatus": row.review_status,
        "NumberOfAssignmentsPending": counted.pending,
        "NumberOfAssignmentsAvailable": counts.available(row, counted, now=now),
        "NumberOfAssignmentsCompleted": counted.completed,
    }
    if row.annotation is not None:
        told["RequesterAnnotation"] = row.annotation
    return told


def assignments(call: Call, rows: Sequence[MarketAssignment], hit_id: str) -> list[Reply]:
    """Return a HIT's submitted assignments as they are at this moment."""
    workers = accounts.persons(call.session, {row.worker_id for row in rows})
    return [assignment(row, hit_id, workers[row.worker_id], now=call.now) for row in rows]


def assignment(row: MarketAssignment, hit_id: str, worker_id: str, *, now: datetime) -> Reply:
    """Return a submitted assignment; one whose delay is over is approved, written down or not."""
    assert row.submitted_at is not None
    assert row.auto_approve_at is not None
    told = {
        "AssignmentId": row.external_id,
        "WorkerId": worker_id,
        "HITId": hit_id,
        "AssignmentStatus": row.state.capitalize(),
        "AutoApprovalTime": moment(row.auto_approve_at),
        "AcceptTime": moment(row.created_at),
        "SubmitTime": moment(row.submitted_at),
        "Deadline": moment(row.deadline),
        "Answer": row.answer,
    }
    if row.state == "submitted" and row.auto_approve_at <= now:
        told |= {"AssignmentStatus": "Approved", "ApprovalTime": moment(row.auto_approve_at)}
    if row.state == "approved" and row.decided_at is not None:
        told["ApprovalTime"] = moment(row.decided_at)
    if row.rejected_at is not None:
        told["RejectionTime"] = moment(row.rejected_at)
    if row.feedback is not None:
        told["RequesterFeedback"] = row.feedback
    return told
