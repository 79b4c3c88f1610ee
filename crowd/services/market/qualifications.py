"""Qualifications: the types a requester makes, who holds them, and whom a HIT's requirements admit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.models.market import MarketAccount, Qualification, QualificationRequest, QualificationType
from crowd.questions import answer_key
from crowd.questions.read import read_form
from crowd.services import locks
from crowd.services.market import ids, limits, requirements
from crowd.services.market.refusals import Refused, missing, wrong_status
from crowd.services.market.requirements import Action, Requirement
from crowd.services.market.scores import NAMES, standing


@dataclass(frozen=True, slots=True)
class Test:
    """The questions workers answer for a qualification, how long they have, and how they are scored."""

    questions: str  # QuestionForm as XML
    seconds: int
    key: str | None = None  # AnswerKey as XML; without one the requester decides


@dataclass(frozen=True, slots=True)
class Terms:
    """What a requester may say of a qualification type, at first or later; None: not said."""

    description: str | None = None
    status: str | None = None
    test: Test | None = None
    retry_seconds: int | None = None
    is_auto_granted: bool | None = None
    auto_granted_value: int | None = None


def create(
    session: Session, account: MarketAccount, name: str, terms: Terms, *, keywords: str, now: datetime
) -> QualificationType:
    """Make a qualification type; its name must be the only one of the account."""
    if not name.strip():
        raise limits.invalid("Name must not be empty.")
    locks.name(session, f"qualification types:{account.id}")
    taken = _live(account).where(QualificationType.name == name)
    if session.scalar(taken) is not None:
        raise Refused(
            "You have already created a QualificationType with this name.", "QualificationTypeAlreadyExists"
        )
    made = QualificationType(
        account_id=account.id,
        external_id=ids.entity(),
        name=name,
        keywords=keywords,
        description="",
        status="Active",
        is_auto_granted=False,
        auto_granted_value=1,
        created_at=now,
    )
    _settle(made, terms)
    session.add(made)
    session.flush()
    return made


def change(session: Session, found: QualificationType, terms: Terms) -> QualificationType:
    """Change what is said of a type; a test replaces the earlier one whole."""
    _settle(found, terms)
    session.flush()
    return found


def delete(session: Session, found: QualificationType, *, now: datetime) -> None:
    """Delete a type: its name is free, open requests are rejected, and HITs that are out still ask for it."""
    found.deleted_at = now
    open_requests = update(QualificationRequest).where(
        QualificationRequest.type_id == found.id, QualificationRequest.state.in_(("begun", "pending"))
    )
    session.execute(
        open_requests.values(state="rejected", decided_at=now, reason="The qualification was deleted.")
    )
    session.flush()


def get(session: Session, account: MarketAccount, type_id: str) -> QualificationType:
    """Return a type of the account."""
    found = session.scalar(_live(account).where(QualificationType.external_id == type_id))
    if found is None:
        raise missing("QualificationType", type_id)
    return found


def search(
    account: MarketAccount, words: str = "", *, is_requestable: bool = False
) -> Select[QualificationType]:
    """Return the query for the account's types that hold every one of these words."""
    query = _live(account)
    if is_requestable:
        query = query.where(QualificationType.status == "Active")
    for word in words.split():
        columns = (QualificationType.name, QualificationType.keywords, QualificationType.description)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return query


def grant(
    session: Session, found: QualificationType, worker: Worker, *, value: int, now: datetime
) -> Qualification:
    """Give a worker a score; it replaces the one they have."""
    locks.name(session, f"qualification:{found.id}:{worker.id}")
    held = _held(session, found, worker)
    if held is None:
        held = Qualification(type_id=found.id, worker_id=worker.id, created_at=now)
        session.add(held)
    held.value, held.granted_at, held.revoked_at, held.reason = value, now, None, None
    session.flush()
    return held


def revoke(
    session: Session, found: QualificationType, worker: Worker, *, reason: str | None, now: datetime
) -> Qualification:
    """Take a worker's score away."""
    held = _granted(session, found, worker)
    if held.revoked_at is None:
        held.revoked_at, held.reason = now, reason
    session.flush()
    return held


def score(session: Session, found: QualificationType, worker: Worker) -> Qualification:
    """Return what a worker scores."""
    held = _granted(session, found, worker)
    if held.revoked_at is not None:
        raise wrong_status("Qualification", "Granted")
    return held


def holders(found: QualificationType, *, status: str = "Granted") -> Select[Qualification]:
    """Return the query for who holds a qualification, or held it until it was revoked."""
    is_revoked = Qualification.revoked_at.is_not(None)
    return select(Qualification).where(
        Qualification.type_id == found.id, is_revoked if status == "Revoked" else ~is_revoked
    )


def check(session: Session, account: MarketAccount, wanted: Sequence[Requirement]) -> None:
    """Raise unless a HIT may have these requirements, of types that are there and active."""
    requirements.check(wanted)
    for type_id in {each["QualificationTypeId"] for each in wanted} - NAMES.keys():
        if get(session, account, type_id).status != "Active":
            raise Refused(
                f"QualificationType {type_id} is not active, so no HIT can require it.",
                "InvalidQualificationTypeState",
            )


def admits(
    session: Session,
    account: MarketAccount,
    worker: Worker,
    wanted: Sequence[Requirement],
    *,
    action: Action,
    now: datetime,
) -> list[str]:
    """Return all that keeps a worker from accepting, previewing or finding a HIT; nothing where they may."""
    guarding = [each for each in wanted if requirements.guards(each, action)]
    type_ids = {each["QualificationTypeId"] for each in guarding}
    return standing(session, account, worker, type_ids, now=now).unmet(guarding, action=action)


def _live(account: MarketAccount) -> Select[QualificationType]:
    return select(QualificationType).where(
        QualificationType.account_id == account.id, QualificationType.deleted_at.is_(None)
    )


def _granted(session: Session, found: QualificationType, worker: Worker) -> Qualification:
    """Return a score that is or was a worker's; programs tell by these words that there never was one."""
    held = _held(session, found, worker)
    if held is None:
        raise Refused("You requested a Qualification that does not exist.", "QualificationDoesNotExist")
    return held


def _held(session: Session, found: QualificationType, worker: Worker) -> Qualification | None:
    return session.scalar(
        select(Qualification).where(Qualification.type_id == found.id, Qualification.worker_id == worker.id)
    )


def _settle(found: QualificationType, terms: Terms) -> None:
    """Put into force what is said, once all of it holds together."""
    if terms.description is not None:
        found.description = terms.description
    if terms.status is not None:
        found.status = terms.status
    if terms.retry_seconds is not None:
        if terms.retry_seconds < 0:
            raise limits.invalid("RetryDelayInSeconds must not be negative.")
        found.retry_seconds = terms.retry_seconds
    if terms.test is not None:
        _check_test(terms.test)
        found.test, found.test_seconds = terms.test.questions, terms.test.seconds
        found.answer_key = terms.test.key
    if terms.is_auto_granted is not None:
        found.is_auto_granted = terms.is_auto_granted
    if terms.auto_granted_value is not None:
        found.auto_granted_value = terms.auto_granted_value
    if found.is_auto_granted and found.test is not None:
        raise limits.invalid("A QualificationType with a Test cannot be AutoGranted.")


def _check_test(test: Test) -> None:
    if test.seconds <= 0:
        raise limits.invalid("TestDurationInSeconds must be at least 1.")
    read_form(test.questions)
    if test.key is not None:
        answer_key.read(test.key)
