"""The results of a batch: one row for each assignment, in the columns of the old requester site."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models.market import (
    HitType,
    MarketAccount,
    MarketAssignment,
    MarketBatch,
    MarketBatchRow,
    MarketHit,
)
from crowd.questions import answers
from crowd.services.market import account as accounts
from crowd.services.market import counts
from workers.money import display

OF_HIT = (
    "HITId",
    "HITTypeId",
    "Title",
    "Description",
    "Keywords",
    "Reward",
    "CreationTime",
    "MaxAssignments",
    "RequesterAnnotation",
    "AssignmentDurationInSeconds",
    "AutoApprovalDelayInSeconds",
    "Expiration",
    "NumberOfSimilarHITs",
    "LifetimeInSeconds",
)
OF_ASSIGNMENT = (
    "AssignmentId",
    "WorkerId",
    "AssignmentStatus",
    "AcceptTime",
    "SubmitTime",
    "AutoApprovalTime",
    "ApprovalTime",
    "RejectionTime",
    "RequesterFeedback",
    "WorkTimeInSeconds",
    "LifetimeApprovalRate",
    "Last30DaysApprovalRate",
    "Last7DaysApprovalRate",
)
VERDICTS = ("Approve", "Reject")
RATES = {"LifetimeApprovalRate": None, "Last30DaysApprovalRate": 30, "Last7DaysApprovalRate": 7}
# Ours to write, so nothing in them can be a formula.
EXACT = (*OF_HIT[:2], "Reward", *OF_ASSIGNMENT[:8], *RATES)
TASK_ANSWERS = "taskAnswers"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """A batch's assignments as a table."""

    columns: tuple[str, ...]
    rows: list[Row]


def read(session: Session, account: MarketAccount, batch: MarketBatch, *, now: datetime) -> Results:
    """Return what was handed in for a batch, HIT by HIT; what is still open or being done has no row."""
    query = (
        select(MarketHit, MarketBatchRow, MarketAssignment)
        .join(MarketBatchRow, MarketBatchRow.hit_id == MarketHit.id)
        .join(MarketAssignment, MarketAssignment.hit_id == MarketHit.id)
        .where(MarketBatchRow.batch_id == batch.id)
        .where(MarketAssignment.state.in_(("submitted", "approved", "rejected")))
        .order_by(MarketBatchRow.position, MarketAssignment.id)
    )
    found = session.execute(query).all()
    worker_ids = {assignment.worker_id for _, _, assignment in found}
    names = accounts.persons(session, worker_ids)
    rates = _rates(session, account, worker_ids, now)
    hit_type = session.get_one(HitType, batch.hit_type_id)
    rows = [
        _of_hit(hit, hit_type)
        | _of_assignment(assignment, names[assignment.worker_id], now)
        | rates[assignment.worker_id]
        | {f"Input.{name}": row.cells[name] for name in batch.columns}
        | {f"Answer.{name}": value for name, value in said(assignment.answer or "").items()}
        | dict.fromkeys(VERDICTS, "")
        for hit, row, assignment in found
    ]
    return _table(batch, rows)


def said(xml: str) -> dict[str, str]:
    """Return the answers by question; several values of one are parted by `|`, as they always were."""
    found: dict[str, list[str]] = {}
    for answer in answers.read(xml) if xml else ():
        found.setdefault(answer.question, []).extend(value for _, value in answer.values)
    joined = {name: "|".join(values) for name, values in found.items()}
    return _unpacked(joined) if set(joined) == {TASK_ANSWERS} else joined


def _unpacked(joined: dict[str, str]) -> dict[str, str]:
    """Return what a crowd-form packed into one answer as an answer for each field, as far as it is one."""
    try:
        (fields,) = json.loads(joined[TASK_ANSWERS])
        return dict(_leaves(fields))
    except (ValueError, TypeError, AttributeError):
        return joined


def _leaves(fields: Mapping[str, Any], path: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, Mapping):
            found += _leaves(value, f"{path}{name}.")
        else:
            found.append((path + name, value if isinstance(value, str) else json.dumps(value)))
    return found


def _table(batch: MarketBatch, rows: list[Row]) -> Results:
    asked = tuple(f"Input.{name}" for name in batch.columns)
    answered = tuple(dict.fromkeys(name for row in rows for name in row if name.startswith("Answer.")))
    columns = (*OF_HIT, *OF_ASSIGNMENT, *asked, *answered, *VERDICTS)
    return Results(columns, [{name: row.get(name, "") for name in columns} for row in rows])


def _of_hit(hit: MarketHit, hit_type: HitType) -> Row:
    values = (
        hit.external_id,
        hit_type.external_id,
        hit_type.title,
        hit_type.description,
        hit_type.keywords,
        display(hit_type.reward_micros),
        _moment(hit.created_at),
        hit.max_assignments,
        hit.annotation or "",
        hit_type.assignment_seconds,
        hit_type.auto_approval_seconds,
        _moment(hit.expires_at),
        "",
        int((hit.expires_at - hit.created_at).total_seconds()),
    )
    return dict(zip(OF_HIT, values, strict=True))


def _of_assignment(assignment: MarketAssignment, worker: str, now: datetime) -> Row:
    status = _status(assignment, now)
    decided = assignment.decided_at or assignment.auto_approve_at
    values = (
        assignment.external_id,
        worker,
        status,
        _moment(assignment.created_at),
        _moment(assignment.submitted_at),
        _moment(assignment.auto_approve_at),
        _moment(decided) if status == "Approved" else "",
        _moment(assignment.rejected_at),
        assignment.feedback or "",
        int(((assignment.submitted_at or now) - assignment.created_at).total_seconds()),
    )
    return dict(zip(OF_ASSIGNMENT[: len(values)], values, strict=True))


def _status(assignment: MarketAssignment, now: datetime) -> str:
    is_due = assignment.auto_approve_at is not None and assignment.auto_approve_at <= now
    return "Approved" if assignment.state == "submitted" and is_due else assignment.state.capitalize()


def _rates(
    session: Session, account: MarketAccount, worker_ids: set[int], now: datetime
) -> dict[int, dict[str, str]]:
    """Return how much of each worker's decided work was approved, ever and of late."""
    decided: dict[int, list[tuple[datetime, bool]]] = {worker_id: [] for worker_id in worker_ids}
    query = (
        select(MarketAssignment.worker_id, MarketAssignment.decided_at, counts.is_approved(now))
        .join(MarketHit, MarketHit.id == MarketAssignment.hit_id)
        .where(MarketHit.account_id == account.id, MarketAssignment.decided_at.is_not(None))
    )
    for worker_id, at, approved in session.execute(query):
        if worker_id in decided and at is not None:
            decided[worker_id].append((at, bool(approved)))
    return {
        worker_id: {name: _rate(verdicts, days, now) for name, days in RATES.items()}
        for worker_id, verdicts in decided.items()
    }


def _rate(verdicts: Sequence[tuple[datetime, bool]], days: int | None, now: datetime) -> str:
    since = [approved for at, approved in verdicts if days is None or now - at <= timedelta(days=days)]
    share = 100 * sum(since) // len(since) if since else 0
    return f"{share}% ({sum(since)}/{len(since)})"


def _moment(value: datetime | None) -> str:
    return "" if value is None else f"{value:%a %b %d %H:%M:%S UTC %Y}"
