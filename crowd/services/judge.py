"""Work from an endpoint gets its verdict by rule: paid unless the project says otherwise, on evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL, Posting
from crowd.models import Assignment, Gold, Grade, Project, Quarantined, Worker
from crowd.services import audit, grade, pay
from crowd.services.experts import review
from crowd.services.experts.review import Verdict
from crowd.services.mturk import barred, people

JUDGE = "system:judge"


@dataclass(frozen=True, slots=True)
class Record:
    """What gold says of a worker's answers in a project."""

    right: int
    graded: int

    def is_bad(self, posting: Posting) -> bool:
        """Tell whether it is below what the project wants, on as many answers as it wants."""
        return self.graded >= posting.bad_least and self.right < posting.bad_below * self.graded


def judge(session: Session, project: Project, *, now: datetime) -> dict[Verdict, int]:
    """Give a verdict on every page that waits for one; return how many of each.

    What cannot be used is paid and set aside. Gold alone rejects nobody: where a project wants that, the
    worker's record must hold enough of it, and the audit chain gets the evidence. Pages of a project that
    reviews by hand wait for a person.
    """
    people.mark_skill(session, project, now=now)
    barred.mark(session, project, now=now)
    if project.review != "automatic":
        return {}
    posting = Posting.read(project.posting)
    waiting = _waiting(session, project, now)
    if not waiting:
        return {}
    unusable = _unusable(session, project)
    records = _records(session, project, {page.worker_id for page, _ in waiting})
    found: dict[tuple[Verdict, str], list[int]] = defaultdict(list)
    for page, name in waiting:
        verdict, reason = _verdict(page, name, posting, unusable, records)
        found[verdict, reason].append(page.id)
    counts: dict[Verdict, int] = defaultdict(int)
    for (verdict, reason), pages in found.items():
        changed = review.apply(session, project, pages, verdict, reason=reason, now=now)
        counts[verdict] += len(changed)
        if verdict != "accepted":
            _note(session, project, changed, verdict, reason, records, now)
    return dict(counts)


def graded(session: Session, project_id: int, *, now: datetime) -> dict[Verdict, int]:
    """Grade what is new, and judge it."""
    project = session.get_one(Project, project_id)
    grade.grade(session, project, now=now)
    return judge(session, project, now=now)


def _verdict(
    page: Assignment,
    name: str,
    posting: Posting,
    unusable: Mapping[tuple[str, str], str],
    records: Mapping[int, Record],
) -> tuple[Verdict, str]:
    if (fault := unusable.get((page.external_id, name))) is not None:
        return "soft_rejected", fault
    record = records.get(page.worker_id, Record(0, 0))
    if posting.bad_work != "accepted" and record.is_bad(posting):
        return posting.bad_work, "too many answers that are known to be wrong"
    return "accepted", ""


def _waiting(session: Session, project: Project, now: datetime) -> list[tuple[Assignment, str]]:
    query = (
        select(Assignment, Worker.name)
        .join(Worker, Worker.id == Assignment.worker_id)
        .where(Assignment.project_id == project.id, Assignment.work == "submitted")
        .where(Assignment.kind == "work", Assignment.review == "pending", Worker.channel == CHANNEL)
        .where(Assignment.worker_id.not_in(pay.held(project, now)))
        .order_by(Assignment.id)
    )
    return [(page, name) for page, name in session.execute(query)]


def _unusable(session: Session, project: Project) -> dict[tuple[str, str], str]:
    query = select(Quarantined.external_id, Quarantined.worker, Quarantined.reason)
    rows = session.execute(query.where(Quarantined.project_id == project.id))
    return {(external_id, worker): reason for external_id, worker, reason in rows}


def _records(session: Session, project: Project, workers: set[int]) -> dict[int, Record]:
    query = (
        select(Grade.worker_id, func.count().filter(Grade.correct), func.count())
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .group_by(Grade.worker_id)
    )
    rows = session.execute(query)
    return {worker: Record(right, graded) for worker, right, graded in rows if worker in workers}


def _note(
    session: Session,
    project: Project,
    pages: list[Assignment],
    verdict: Verdict,
    reason: str,
    records: Mapping[int, Record],
    now: datetime,
) -> None:
    evidence = {}
    for page in pages:
        record = records.get(page.worker_id, Record(0, 0))
        evidence[str(page.id)] = {"right": record.right, "graded": record.graded}
    audit.record(
        session,
        requester_id=project.requester_id,
        project_id=project.id,
        actor=JUDGE,
        action=f"review.{verdict}",
        subject=f"project:{project.id}",
        details={"pages": [page.id for page in pages], "reason": reason, "gold": evidence},
        now=now,
    )
