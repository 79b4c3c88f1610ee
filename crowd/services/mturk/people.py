"""The people at an endpoint: what they qualify for there, and what they are told."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError, Faulty
from crowd.channels.mturk.posting import CHANNEL
from crowd.db import chunks
from crowd.errors import NotFound, bad_input
from crowd.models import Assignment, Hit, OutboxEntry, Project, Skill, Worker
from crowd.services.mturk import outbox, own
from crowd.services.mturk.outbox import Effect

CREATE = own.CREATE
GRANT = "AssociateQualificationWithWorker"
WITHDRAW = "DisassociateQualificationFromWorker"
NOTIFY = "NotifyWorkers"
LATER = "the id of"
AT_ONCE = 100  # workers in one letter
LONGEST_SUBJECT, LONGEST_TEXT = 200, 4096


def qualification(
    session: Session, project: Project, name: str, description: str, *, now: datetime
) -> OutboxEntry:
    """Plan a qualification of this name; its id is in the row's result once it is there."""
    parameters = {"Name": name, "Description": description, "QualificationTypeStatus": "Active"}
    return outbox.plan(session, project, CREATE, f"qualification:{name}", parameters, now=now)


def id_of(entry: OutboxEntry) -> str | None:
    """Return the id of a planned qualification, None while the endpoint has not told it."""
    return None if entry.result is None else entry.result.get("QualificationTypeId")


def later(entry: OutboxEntry) -> dict[str, str]:
    """Return what stands in other calls for the id of a qualification that is only planned."""
    return {LATER: entry.subject}


def resolved(session: Session, entry: OutboxEntry) -> dict[str, Any] | None:
    """Return a call's parameters with the ids that stand in them; None while one is not known yet."""
    subjects = set(_awaited(entry.parameters))
    if not subjects:
        return entry.parameters
    query = select(OutboxEntry).where(
        OutboxEntry.project_id == entry.project_id,
        OutboxEntry.operation == CREATE,
        OutboxEntry.subject.in_(subjects),
    )
    ids = {row.subject: found for row in session.scalars(query) if (found := id_of(row))}
    filled: dict[str, Any] = _filled(entry.parameters, ids)
    return filled if set(ids) == subjects else None


def _awaited(value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and set(value) == {LATER}:
        yield value[LATER]
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _awaited(part)


def _filled(value: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        if set(value) == {LATER}:
            return ids.get(value[LATER])
        return {name: _filled(part, ids) for name, part in value.items()}
    return [_filled(part, ids) for part in value] if isinstance(value, list) else value


def mark_worked(session: Session, project: Project, workers: Collection[int], *, now: datetime) -> None:
    """Plan that workers who have handed in a page are offered no more, where the project wants that."""
    worked = own.posting(session, project).worked
    if not worked:
        return
    for worker in _named(session, workers):
        grant(session, project, worker, worked, 1, cause="worked", now=now)


def mark_skill(session: Session, project: Project, *, now: datetime) -> int:
    """Plan that the endpoint knows the newest estimate of everyone's skill, in percent; return how many."""
    skilled = own.posting(session, project).skilled
    if not skilled:
        return 0
    newest = (
        select(func.max(Skill.id))
        .where(Skill.project_id == project.id, Skill.source == "gold")
        .group_by(Skill.worker_id)
    )
    query = select(Skill, Worker).join(Worker, Worker.id == Skill.worker_id)
    query = query.where(Skill.id.in_(newest), Worker.erased_at.is_(None), Worker.channel == CHANNEL)
    rows = session.execute(query).all()
    for skill, worker in rows:
        score = round(100 * skill.value)
        grant(session, project, worker, skilled, score, cause=f"skill:{skill.id}", now=now)
    return len(rows)


def grant(
    session: Session,
    project: Project,
    worker: Worker,
    qualification_id: str | dict[str, str],
    score: int,
    *,
    cause: str,
    now: datetime,
) -> OutboxEntry:
    """Plan that a worker gets a qualification, without a letter about it; once for each cause.

    It is named by its id, or by what `later` gives.
    """
    parameters = {
        "QualificationTypeId": qualification_id,
        "WorkerId": worker.name,
        "IntegerValue": score,
        "SendNotification": False,
    }
    named = qualification_id if isinstance(qualification_id, str) else qualification_id[LATER]
    subject = f"{named}:{worker.id}:{cause}"
    return outbox.plan(session, project, GRANT, subject, parameters, now=now)


def withdraw(
    session: Session, project: Project, worker: Worker, qualification_id: str, *, cause: str, now: datetime
) -> OutboxEntry:
    """Plan that a worker loses a qualification, without a letter about it; once for each cause."""
    parameters = {"QualificationTypeId": qualification_id, "WorkerId": worker.name}
    subject = f"{qualification_id}:{worker.id}:{cause}"
    return outbox.plan(session, project, WITHDRAW, subject, parameters, now=now)


def notify(
    session: Session, project: Project, names: Sequence[str], subject: str, text: str, *, now: datetime
) -> int:
    """Plan a letter to workers, as many at once as the endpoint takes; return how many letters.

    The same letter to the same people goes out once.

    Raises:
        Unprocessable: the subject or the text is empty or too long.
        NotFound: somebody has never worked for this requester at this endpoint.
    """
    for where, words, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        if not 0 < len(words.strip()) <= longest:
            raise bad_input(where, f"must hold 1 to {longest} characters")
    wanted = sorted(set(names))
    unknown = set(wanted) - _known(session, project, wanted)
    if unknown:
        raise NotFound(f"no worker {min(unknown)!r} at this endpoint")
    starts = range(0, len(wanted), AT_ONCE)
    for start in starts:
        letter(session, project, wanted[start : start + AT_ONCE], subject, text, now=now)
    return len(starts)


def letter(
    session: Session, project: Project, names: Sequence[str], subject: str, text: str, *, now: datetime
) -> None:
    """Plan one letter, to people whom the endpoint knows by these names."""
    parameters = {"Subject": subject, "MessageText": text[:LONGEST_TEXT], "WorkerIds": list(names)}
    named = "|".join([subject, text, *names])
    about = f"letter:{hashlib.sha256(named.encode()).hexdigest()[:32]}"
    outbox.plan(session, project, NOTIFY, about, parameters, now=now)


def _named(session: Session, workers: Collection[int]) -> list[Worker]:
    query = select(Worker).where(Worker.id.in_(list(workers)), Worker.erased_at.is_(None))
    return list(session.scalars(query.order_by(Worker.id)))


def _known(session: Session, project: Project, names: Sequence[str]) -> set[str]:
    """Return those who have worked at the project's endpoint: another's ids are never sent there."""
    query = (
        select(Worker.name)
        .join(Assignment, Assignment.worker_id == Worker.id)
        .join(Hit, Hit.id == Assignment.hit_id)
        .where(Worker.requester_id == project.requester_id, Hit.endpoint == project.endpoint)
    )
    return {name for some in chunks(names) for name in session.scalars(query.where(Worker.name.in_(some)))}


def _created(_session: Session, entry: OutboxEntry, reply: Reply, _now: datetime) -> None:
    entry.result = {"QualificationTypeId": reply["QualificationType"]["QualificationTypeId"]}


def _found(caller: Caller, entry: OutboxEntry, error: CallError | None) -> Reply | None:
    """Find a qualification whose name is taken; lists lag behind, and a later look may find it."""
    name = entry.parameters["Name"]
    wanted: dict[str, Any] = {"MustBeRequestable": False, "MustBeOwnedByCaller": True, "Query": name}
    for rows in caller.pages("ListQualificationTypes", "QualificationTypes", **wanted):
        for row in rows:
            if row["Name"] == name:
                return {"QualificationType": row}
    if error is None:
        return None
    raise Faulty(entry.operation, "not listed yet", f"the name {name!r} is taken")


def _qualified(_session: Session, _entry: OutboxEntry, _reply: Reply, _now: datetime) -> None:
    """Need nothing more: a worker has a qualification, or has it no longer."""


def _told(_session: Session, entry: OutboxEntry, reply: Reply, _now: datetime) -> None:
    """Keep whom the letter did not reach: an endpoint refuses nobody, it only says so."""
    missed = reply.get("NotifyWorkersFailureStatuses", [])
    entry.result = {"missed": [row["WorkerId"] for row in missed]}


EFFECTS = {
    CREATE: Effect(done=_created, confirm=_found),
    GRANT: Effect(done=_qualified, prepare=resolved),
    WITHDRAW: Effect(done=_qualified),
    NOTIFY: Effect(done=_told),
}
