"""What programs have with a requester, for the matrix: HITs, one in a worker's hands, and a qualification."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crowd.models import Requester, Worker
from crowd.models.market import HitType, MarketAssignment, MarketHit, QualificationType
from crowd.services.market import account as accounts
from crowd.services.market import ids, work
from crowd.services.market import requests as wishes

HTML = (
    '<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/'
    'HTMLQuestion.xsd"><HTMLContent><![CDATA[<form><input name="label"></form>]]></HTMLContent>'
    "<FrameHeight>0</FrameHeight></HTMLQuestion>"
)
TEST = (
    '<QuestionForm xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2017-11-06/'
    'QuestionForm.xsd"><Question><QuestionIdentifier>q</QuestionIdentifier><QuestionContent><Text>?</Text>'
    "</QuestionContent><AnswerSpecification><FreeTextAnswer/></AnswerSpecification></Question></QuestionForm>"
)


def furnish(session: Session, worker: Worker, now: datetime) -> dict[str, str]:
    """Give a worker's requester one of everything that programs can make; return the ids."""
    account = accounts.account(session, session.get_one(Requester, worker.requester_id), now=now)
    hit_type = HitType(
        account_id=account.id,
        external_id=ids.entity(),
        group_id=ids.entity(),
        digest=ids.entity(),
        title="Look",
        description="Look at it",
        keywords="",
        reward_micros=0,
        assignment_seconds=86_400,
        auto_approval_seconds=86_400,
        requirements=[],
        created_at=now,
    )
    kind = QualificationType(
        account_id=account.id,
        external_id=ids.entity(),
        name=f"eyes of {worker.pseudonym}",
        description="Sees",
        status="Active",
        test=TEST,
        test_seconds=86_400,
        created_at=now,
    )
    session.add_all([hit_type, kind])
    session.flush()
    first, second = hit_of(session, hit_type, now), hit_of(session, hit_type, now)
    held = work.accept(session, worker, first, now=now)
    wishes.begin(session, worker, kind, now=now)
    assert isinstance(held, MarketAssignment)
    return {
        "hit type": hit_type.group_id,
        "hit": second.external_id,
        "assignment": held.external_id,
        "kind": kind.external_id,
    }


def hit_of(session: Session, hit_type: HitType, now: datetime) -> MarketHit:
    hit = MarketHit(
        account_id=hit_type.account_id,
        hit_type_id=hit_type.id,
        external_id=ids.entity(),
        question=HTML,
        question_kind="html",
        max_assignments=3,
        open=3,
        is_large=False,
        fee_micros=0,
        expires_at=now + timedelta(days=1),
        created_at=now,
    )
    session.add(hit)
    session.flush()
    return hit
