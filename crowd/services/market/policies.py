"""Review policies at work: assignments scored when they are submitted, HITs when they become reviewable.

What a policy does follows the rules of the calls a program would make; what those refuse is noted as failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from crowd.models.market import MarketAccount, MarketAssignment, MarketHit, PolicyResult
from crowd.questions import answer_key
from crowd.services.market import hits, ids, policy_terms, reviews
from crowd.services.market.policy_terms import (
    KNOWN_ANSWERS,
    PLURALITY,
    Agreed,
    Answers,
    Deeds,
    Plurality,
    percent,
)
from crowd.services.market.refusals import PREFIX, Refused
from crowd.services.market.settle import REVIEWABLE

LEVELS = {"Assignment": KNOWN_ANSWERS, "HIT": PLURALITY}
HANDED_IN = ("submitted", "approved", "rejected")


def check(assignment_policy: Mapping[str, Any] | None, hit_policy: Mapping[str, Any] | None) -> None:
    """Raise unless a HIT may be made with these policies."""
    if assignment_policy is not None:
        policy_terms.known_answers(assignment_policy)
    if hit_policy is not None:
        policy_terms.plurality(hit_policy)


def submitted(session: Session, hit: MarketHit, assignment: MarketAssignment, *, now: datetime) -> None:
    """Apply the policies of a HIT to work just handed in; whoever calls holds the HIT's lock."""
    if hit.assignment_policy:
        _Review(session, hit, KNOWN_ANSWERS, now).of_assignment(assignment)
    reviewable(session, hit, now=now)


def reviewable(session: Session, hit: MarketHit, *, now: datetime) -> None:
    """Apply the policy of a HIT that is over, once for all that was handed in; its lock is held."""
    if hit.policy_saw is None or hit.disposed_at is not None or REVIEWABLE not in hit.told:
        return
    query = select(MarketAssignment).where(
        MarketAssignment.hit_id == hit.id, MarketAssignment.state.in_(HANDED_IN)
    )
    handed_in = session.scalars(query.order_by(MarketAssignment.id)).all()
    if len(handed_in) > hit.policy_saw:
        hit.policy_saw = len(handed_in)
        _Review(session, hit, PLURALITY, now).of_hit(handed_in)


def due(session: Session, *, limit: int) -> Sequence[int]:
    """Return the ids of HITs that are over and whose policy has not seen all their work, lowest first."""
    count = (
        select(func.count())
        .where(MarketAssignment.hit_id == MarketHit.id, MarketAssignment.state.in_(HANDED_IN))
        .scalar_subquery()
    )
    query = select(MarketHit.id).where(
        MarketHit.policy_saw.is_not(None),
        MarketHit.disposed_at.is_(None),
        cast(MarketHit.told, Text).contains(f'"{REVIEWABLE}"'),
        MarketHit.policy_saw < count,
    )
    return session.scalars(query.order_by(MarketHit.id).limit(limit)).all()


def findings(
    hit: MarketHit, levels: Collection[str], *, has_results: bool, has_actions: bool
) -> Select[PolicyResult]:
    """Return the query for what the policies of a HIT found and did, at these levels."""
    kinds = [kind for kind, wanted in (("result", has_results), ("action", has_actions)) if wanted]
    wanted = [and_(PolicyResult.policy == LEVELS[level], PolicyResult.kind.in_(kinds)) for level in levels]
    return select(PolicyResult).where(PolicyResult.hit_id == hit.id, or_(*wanted))


class _Review:
    """One application of a policy to a HIT, or to one of its assignments."""

    def __init__(self, session: Session, hit: MarketHit, policy: str, now: datetime) -> None:
        self._session = session
        self._hit = hit
        self._policy = policy
        self._now = now
        self._action_id = ids.entity()

    def of_assignment(self, assignment: MarketAssignment) -> None:
        terms = policy_terms.known_answers(self._hit.assignment_policy or {})
        correct = terms.correct(_given(assignment))
        for question, is_right in correct.items():
            self._found(assignment, "KnownAnswerCorrect", int(is_right), question)
        right = sum(correct.values())
        score = percent(right, len(correct))
        self._found(assignment, "KnownAnswerScore", score)
        self._note(
            assignment, "review", "Succeeded", f"Reviewed {len(correct)} known answers; {right} correct"
        )
        self._judge(assignment, score, terms.deeds)
        self._extend(score, terms.deeds)

    def of_hit(self, handed_in: Sequence[MarketAssignment]) -> None:
        terms = policy_terms.plurality(self._hit.hit_policy or {})
        counted = self._counted(handed_in, terms)
        agreed = terms.agreed([_given(assignment) for assignment in counted])
        self._found_agreement(terms, agreed)
        score = percent(len(agreed), len(terms.questions))
        self._found(None, "HitAgreementScore", score)
        scores = {assignment.id: self._found_agreeing(assignment, agreed) for assignment in counted}
        # While another worker is asked, nobody is judged: what they agree on may still change.
        if not self._extend(score, terms.deeds):
            for assignment in counted:
                if (own := scores[assignment.id]) is not None:
                    self._judge(assignment, own, terms.deeds)

    def _counted(self, handed_in: Sequence[MarketAssignment], terms: Plurality) -> list[MarketAssignment]:
        """Leave out the assignments that a policy disregards."""
        low = set[int | None]()
        if terms.left_out_below is not None:
            low = {key for key, score in self._known_scores() if score < terms.left_out_below}
        return [
            assignment
            for assignment in handed_in
            if assignment.id not in low
            and not (terms.is_rejected_left_out and assignment.state == "rejected")
        ]

    def _known_scores(self) -> list[tuple[int | None, int]]:
        query = select(PolicyResult).where(
            PolicyResult.hit_id == self._hit.id, PolicyResult.policy == KNOWN_ANSWERS
        )
        return [
            (row.assignment_id, int(row.detail["Value"]))
            for row in self._session.scalars(query)
            if row.detail.get("Key") == "KnownAnswerScore"
        ]

    def _found_agreement(self, terms: Plurality, agreed: Mapping[str, Agreed]) -> None:
        for question in terms.questions:
            self._found(None, "AgreedAnswerFound", str(question in agreed).lower(), question)
            if (leader := agreed.get(question)) is not None:
                self._found(None, "AgreedAnswer", "|".join(sorted(leader.answer)), question)
                self._found(None, "AnswerAgreementScore", leader.score, question)

    def _found_agreeing(self, assignment: MarketAssignment, agreed: Mapping[str, Agreed]) -> int | None:
        """Note how far a worker agrees with the others, where these agree on anything."""
        if not agreed:
            return None
        given = _given(assignment)
        agreeing = sum(given.get(question) == leader.answer for question, leader in agreed.items())
        score = percent(agreeing, len(agreed))
        self._found(assignment, "WorkerAgreementScore", score)
        self._found(assignment, "PluralityAnswersCorrect", agreeing)
        self._found(assignment, "PluralityAnswersIncorrect", len(agreed) - agreeing)
        return score

    def _judge(self, assignment: MarketAssignment, score: int, deeds: Deeds) -> None:
        if deeds.approve_at is not None and score >= deeds.approve_at:
            self._do(assignment, "approve", lambda: self._approve(assignment, deeds))
        elif deeds.reject_below is not None and score < deeds.reject_below:
            self._do(assignment, "reject", lambda: self._reject(assignment, deeds))

    def _approve(self, assignment: MarketAssignment, deeds: Deeds) -> str:
        if assignment.state == "approved":
            return "Already approved"
        feedback = deeds.approve_reason or None
        reviews.approve(
            self._session, self._account, assignment.external_id, feedback=feedback, now=self._now
        )
        assignment.is_automatic = True
        return "Approved"

    def _reject(self, assignment: MarketAssignment, deeds: Deeds) -> str:
        if assignment.state == "rejected":
            return "Already rejected"
        reviews.reject(
            self._session,
            self._account,
            assignment.external_id,
            feedback=deeds.reject_reason,
            now=self._now,
        )
        return "Rejected"

    def _extend(self, score: int, deeds: Deeds) -> bool:
        """Ask one more worker where the score asks for it; False where nobody else will come."""
        if deeds.extend_below is None or score >= deeds.extend_below:
            return False
        before = self._hit.max_assignments
        self._do(None, "extend", lambda: self._ask_another(deeds))
        return self._hit.max_assignments > before

    def _ask_another(self, deeds: Deeds) -> str:
        if self._hit.max_assignments >= deeds.extend_to:
            return f"Has {self._hit.max_assignments} assignments already"
        hit_id, until = self._hit.external_id, self._now + timedelta(seconds=deeds.extend_seconds)
        hits.extend(self._session, self._account, hit_id, 1, token=None, now=self._now)
        if until > self._hit.expires_at:
            hits.set_expiration(self._session, self._account, hit_id, until, now=self._now)
        return f"Extended to {self._hit.max_assignments} assignments"

    @property
    def _account(self) -> MarketAccount:
        return self._session.get_one(MarketAccount, self._hit.account_id)

    def _do(self, assignment: MarketAssignment | None, name: str, work: Callable[[], str]) -> None:
        """Do what a program could do by a call; where that is refused, note it and go on."""
        try:
            with self._session.begin_nested():
                result = work()
        except Refused as error:
            code = f"{PREFIX}{error.reason}" if error.reason else error.kind
            self._note(assignment, name, "Failed", error.message, ErrorCode=code)
        else:
            self._note(assignment, name, "Succeeded", result)

    def _found(
        self,
        assignment: MarketAssignment | None,
        key: str,
        value: int | str,
        question: str | None = None,
    ) -> None:
        subject, kind = self._named(assignment)
        about = {} if question is None else {"QuestionId": question}
        detail = {"ActionId": self._action_id, "SubjectId": subject, "SubjectType": kind, **about}
        self._keep(assignment, "result", {**detail, "Key": key, "Value": str(value)})

    def _note(
        self, assignment: MarketAssignment | None, name: str, status: str, result: str, **more: str
    ) -> None:
        target, kind = self._named(assignment)
        own_id = self._action_id if name == "review" else ids.entity()
        detail = {"ActionId": own_id, "ActionName": name, "TargetId": target, "TargetType": kind}
        self._keep(assignment, "action", {**detail, "Status": status, "Result": result, **more})

    def _named(self, assignment: MarketAssignment | None) -> tuple[str, str]:
        return (
            (self._hit.external_id, "HIT") if assignment is None else (assignment.external_id, "Assignment")
        )

    def _keep(self, assignment: MarketAssignment | None, kind: str, detail: dict[str, Any]) -> None:
        self._session.add(
            PolicyResult(
                hit_id=self._hit.id,
                assignment_id=None if assignment is None else assignment.id,
                policy=self._policy,
                kind=kind,
                detail=detail,
                created_at=self._now,
            )
        )
        self._session.flush()


def _given(assignment: MarketAssignment) -> Answers:
    return answer_key.given(assignment.answer) if assignment.answer else {}
