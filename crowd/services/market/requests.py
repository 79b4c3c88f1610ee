"""What workers do to get a qualification: find it, take its test, ask for it. And the requester's reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.models.market import MarketAccount, Qualification, QualificationRequest, QualificationType
from crowd.questions import answer_key, answers
from crowd.questions.read import read_form
from crowd.services import locks
from crowd.services.market import account as accounts
from crowd.services.market import ids, qualifications
from crowd.services.market.refusals import Refused, missing

Fields = Sequence[tuple[str, str]]

PENDING = "You have asked for this qualification already; its requester has not decided yet."
ONCE = "This qualification can be asked for only once."
TOO_LATE = "The time for this test is over."
UNOPENED = "Open the test before you answer it."


def offered(session: Session, worker: Worker, *, now: datetime) -> list[QualificationType]:
    """Return the qualifications that this worker could ask for now, by name."""
    query = _open_to(worker).order_by(QualificationType.name, QualificationType.id)
    return [each for each in session.scalars(query) if reason_against(session, worker, each, now=now) is None]


def held(session: Session, worker: Worker) -> list[tuple[QualificationType, Qualification]]:
    """Return the qualifications this worker has, with their scores, by name."""
    query = (
        select(QualificationType, Qualification)
        .join(Qualification, Qualification.type_id == QualificationType.id)
        .where(Qualification.worker_id == worker.id, Qualification.revoked_at.is_(None))
        .where(QualificationType.deleted_at.is_(None))
        .order_by(QualificationType.name, QualificationType.id)
    )
    return [(kind, qualification) for kind, qualification in session.execute(query)]


def find(session: Session, worker: Worker, type_id: str) -> QualificationType:
    """Return a qualification that the requester of this worker lets people ask for."""
    found = session.scalar(_open_to(worker).where(QualificationType.external_id == type_id))
    if found is None:
        raise missing("QualificationType", type_id)
    return found


def deadline(kind: QualificationType, request: QualificationRequest) -> datetime:
    """Return when the time for a test ends that was begun."""
    return request.created_at + timedelta(seconds=kind.test_seconds or 0)


def reason_against(
    session: Session, worker: Worker, kind: QualificationType, *, now: datetime
) -> Refused | None:
    """Return why this worker cannot ask for this qualification now; None where they can."""
    last = _last(session, worker, kind)
    if last is None or (last.state == "begun" and now <= deadline(kind, last)):
        return None
    if last.state == "pending":
        return Refused(PENDING, "InvalidQualificationRequestState")
    if kind.retry_seconds is None:
        return Refused(ONCE, "QualificationTypeRetryDelayNotElapsed")
    again = last.created_at + timedelta(seconds=kind.retry_seconds)
    if now < again:
        return Refused(
            f"This qualification can be asked for again at {again:%Y-%m-%d %H:%M:%S} UTC.",
            "QualificationTypeRetryDelayNotElapsed",
        )
    return None


def begin(
    session: Session, worker: Worker, kind: QualificationType, *, now: datetime
) -> QualificationRequest:
    """Open the test of a qualification: its time runs from now, however often it is opened again."""
    if kind.test is None:
        raise Refused("This qualification has no test; ask for it.", "InvalidQualificationTypeState")
    _admit(session, worker, kind, now=now)
    last = _last(session, worker, kind)
    if last is not None and last.state == "begun":
        if now <= deadline(kind, last):
            return last
        last.state, last.decided_at = "overdue", now
        session.flush()
    return _add(session, worker, kind, state="begun", now=now)


def ask(
    session: Session, worker: Worker, kind: QualificationType, fields: Fields, *, now: datetime
) -> QualificationRequest:
    """Ask for a qualification, with the answers to its test where it has one.

    It is granted at once where that is automatic or the test has a key; else its requester decides.
    """
    if kind.test is None:
        _admit(session, worker, kind, now=now)
        request = _add(session, worker, kind, state="pending", now=now)
        request.submitted_at = now
        if kind.is_auto_granted:
            _grant(session, request, kind, worker, value=kind.auto_granted_value, now=now)
    else:
        request = _taken(session, worker, kind, now=now)
        request.state, request.submitted_at = "pending", now
        request.answer = answers.write(fields, read_form(kind.test))
        if kind.answer_key is not None:
            request.score = answer_key.read(kind.answer_key).value(answer_key.given(request.answer))
            _grant(session, request, kind, worker, value=request.score, now=now)
    session.flush()
    return request


def pending(account: MarketAccount, kind: QualificationType | None = None) -> Select[QualificationRequest]:
    """Return the query for the requests an account has to decide, of one type or of all."""
    query = (
        select(QualificationRequest)
        .join(QualificationType, QualificationType.id == QualificationRequest.type_id)
        .where(QualificationType.account_id == account.id, QualificationRequest.state == "pending")
    )
    return query if kind is None else query.where(QualificationType.id == kind.id)


def accept(
    session: Session, account: MarketAccount, request_id: str, *, value: int, now: datetime
) -> QualificationRequest:
    """Grant what a worker asked for."""
    request, kind, worker = _decidable(session, account, request_id)
    _grant(session, request, kind, worker, value=value, now=now)
    return request


def reject(
    session: Session, account: MarketAccount, request_id: str, *, reason: str | None, now: datetime
) -> tuple[QualificationRequest, QualificationType, Worker]:
    """Refuse what a worker asked for; whatever score they have stays."""
    request, kind, worker = _decidable(session, account, request_id)
    request.state, request.decided_at, request.reason = "rejected", now, reason
    session.flush()
    return request, kind, worker


def _open_to(worker: Worker) -> Select[QualificationType]:
    return (
        select(QualificationType)
        .join(MarketAccount, MarketAccount.id == QualificationType.account_id)
        .where(MarketAccount.requester_id == worker.requester_id)
        .where(QualificationType.status == "Active", QualificationType.deleted_at.is_(None))
    )


def _last(session: Session, worker: Worker, kind: QualificationType) -> QualificationRequest | None:
    query = select(QualificationRequest).where(
        QualificationRequest.type_id == kind.id, QualificationRequest.worker_id == worker.id
    )
    return session.scalar(query.order_by(QualificationRequest.id.desc()).limit(1))


def _admit(session: Session, worker: Worker, kind: QualificationType, *, now: datetime) -> None:
    locks.name(session, f"qualification:{kind.id}:{worker.id}")
    find(session, worker, kind.external_id)
    against = reason_against(session, worker, kind, now=now)
    if against is not None:
        raise against


def _taken(
    session: Session, worker: Worker, kind: QualificationType, *, now: datetime
) -> QualificationRequest:
    """Return the test this worker has begun and may still hand in."""
    locks.name(session, f"qualification:{kind.id}:{worker.id}")
    find(session, worker, kind.external_id)
    last = _last(session, worker, kind)
    if last is None or last.state != "begun":
        raise Refused(UNOPENED, "InvalidQualificationRequestState")
    if now > deadline(kind, last):
        raise Refused(TOO_LATE, "InvalidQualificationRequestState")
    return last


def _add(
    session: Session, worker: Worker, kind: QualificationType, *, state: str, now: datetime
) -> QualificationRequest:
    request = QualificationRequest(
        type_id=kind.id, worker_id=worker.id, external_id=ids.entity(), state=state, created_at=now
    )
    session.add(request)
    accounts.person(session, worker)
    session.flush()
    return request


def _grant(
    session: Session,
    request: QualificationRequest,
    kind: QualificationType,
    worker: Worker,
    *,
    value: int,
    now: datetime,
) -> None:
    request.state, request.decided_at = "granted", now
    qualifications.grant(session, kind, worker, value=value, now=now)


def _decidable(
    session: Session, account: MarketAccount, request_id: str
) -> tuple[QualificationRequest, QualificationType, Worker]:
    query = (
        select(QualificationRequest, QualificationType, Worker)
        .join(QualificationType, QualificationType.id == QualificationRequest.type_id)
        .join(Worker, Worker.id == QualificationRequest.worker_id)
        .where(QualificationType.account_id == account.id, QualificationRequest.external_id == request_id)
        .where(QualificationRequest.state != "begun", QualificationRequest.state != "overdue")
        .with_for_update(of=QualificationRequest)
    )
    found = session.execute(query).first()
    if found is None:
        raise missing("QualificationRequest", request_id)
    request, kind, worker = found
    if request.state != "pending":
        raise Refused(
            f"QualificationRequest {request_id} has been decided already: it is {request.state}.",
            "InvalidQualificationRequestState",
        )
    return request, kind, worker
