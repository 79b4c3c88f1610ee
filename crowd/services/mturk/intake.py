"""Submissions of an endpoint's workers are taken in: each once, and what cannot be used is kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk import handed_in
from crowd.channels.mturk.answers import Malformed
from crowd.channels.mturk.handed_in import HandedIn, Said
from crowd.channels.mturk.posting import CHANNEL
from crowd.db import chunks
from crowd.errors import Unprocessable
from crowd.models import Assignment, Hit, Project, Quarantined, Worker
from crowd.services import deliver, locks, roster
from crowd.services.deliver import Questions
from crowd.services.mturk import exchange
from crowd.services.mturk.shelf import Asked, Work, quarantine, store
from crowd.services.page import record, skips
from crowd.services.roster import GONE
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES, Ask

BEYOND = "more was handed in than the HIT was paid for"


def take_in(
    session: Session, project: Project, endpoint: str, listed: Sequence[HandedIn], *, now: datetime
) -> list[Work]:
    """Store the submissions that are new, whatever is in them; return them.

    Every one has an assignment, for its worker has worked and the endpoint will pay. The answers count
    where all of a page is answered as asked; else the submission is in quarantine as well. An answer of a
    worker who has answered the item elsewhere is kept apart.
    """
    locks.step(session, project)
    hits = _hits(session, project, endpoint, {each.hit for each in listed})
    questions = deliver.questions_of(session, hits.values())
    fresh = list(_fresh(session, project, hits, listed, now))
    if not fresh:
        return []
    names = sorted({each.worker for each in fresh})
    workers = roster.arrivals(session, project.requester_id, CHANNEL, names, now=now)
    works = [Work(hits[each.hit], workers[each.worker].id, each, Said({})) for each in fresh]
    _know_what_was_asked(session, works, questions)
    _read(session, project, works)
    seen = deliver.seen_on(session, _items(works), workers.values())
    for work in works:
        _place(work, seen)
    store(session, project, works, questions, now)
    return works


def _hits(session: Session, project: Project, endpoint: str, ids: set[str]) -> dict[str, Hit]:
    ours = select(Hit).where(Hit.project_id == project.id, Hit.endpoint == endpoint)
    return {
        hit.external_id: hit
        for some in chunks(sorted(ids))
        for hit in session.scalars(ours.where(Hit.external_id.in_(some)))
        if hit.external_id is not None
    }


def _fresh(
    session: Session, project: Project, hits: Mapping[str, Hit], listed: Sequence[HandedIn], now: datetime
) -> Iterator[HandedIn]:
    """Yield what is not known yet; what is beyond the places of its HIT goes to quarantine instead."""
    known, counts = _known(session, hits)
    apart = {
        (external_id, worker)
        for some in chunks(sorted({each.assignment for each in listed}))
        for external_id, worker in session.execute(
            select(Quarantined.external_id, Quarantined.worker).where(
                Quarantined.project_id == project.id, Quarantined.external_id.in_(some)
            )
        )
    }
    forgotten = {external_id for external_id, worker in apart if worker.startswith(GONE)}
    for each in {each.key: each for each in listed}.values():
        hit = hits.get(each.hit)
        # The name of a worker who was erased is gone, their work is not.
        if hit is None or {(hit.id, each.assignment, each.worker), (hit.id, each.assignment, None)} & known:
            continue
        if (each.assignment, each.worker) in apart or each.assignment in forgotten:
            continue
        if counts[hit.id] < hit.assignments:
            counts[hit.id] += 1
            yield each
        else:
            quarantine(session, project, each, BEYOND, now=now)


def _known(
    session: Session, hits: Mapping[str, Hit]
) -> tuple[set[tuple[int, str, str | None]], Counter[int]]:
    known: set[tuple[int, str, str | None]] = set()
    counts: Counter[int] = Counter()
    query = select(Assignment.hit_id, Assignment.external_id, Worker.name, Worker.erased_at)
    query = query.join(Worker, Worker.id == Assignment.worker_id).where(Assignment.work == "submitted")
    for some in chunks([hit.id for hit in hits.values()]):
        for hit_id, external_id, name, erased_at in session.execute(query.where(Assignment.hit_id.in_(some))):
            known.add((hit_id, external_id, None if erased_at else name))
            counts[hit_id] += 1
    return known, counts


def _know_what_was_asked(session: Session, works: Sequence[Work], questions: Mapping[int, Questions]) -> None:
    exchanged = exchange.of(session, {(work.hit.id, work.worker_id) for work in works})
    for work in works:
        mine = exchanged.get((work.hit.id, work.worker_id), {})
        work.asked = {name: Asked.of(question, mine) for name, question in questions[work.hit.id].items()}


def _items(works: Sequence[Work]) -> set[int]:
    return {asked.item_id for work in works for asked in work.asked.values()}


def _read(session: Session, project: Project, works: Sequence[Work]) -> None:
    """Read every submission against its page; one that is not as asked says what is wrong with it."""
    kind = TASK_TYPES[project.task_type]
    payloads = deliver.payloads_of(session, _items(works)) if kind.reads_payload else {}
    labels = projects.labels(session, project).labels
    for work in works:
        asks = {
            name: Ask(labels, project.task_options, payloads.get(asked.item_id, {}))
            for name, asked in work.asked.items()
        }
        try:
            work.said = handed_in.said(work.handed.answer)
            skips.require_reasons(work.skips())
            work.values = record.read(kind, work.said.answers, asks, work.said.skips)
        except Malformed as error:
            work.fault = f"its answers cannot be read: {error}"
        except Unprocessable as error:
            work.fault = "; ".join(map(str, error.problems)) or error.message


def _place(work: Work, seen: set[tuple[int, int]]) -> None:
    """Give each answer its place, unless its worker has answered the item before."""
    for name, value in work.values.items():
        asked = work.asked[name]
        if asked.question.places == 0 or (asked.item_id, work.worker_id) in seen:
            work.stray[name] = value
            continue
        asked.question.places -= 1
        seen.add((asked.item_id, work.worker_id))
        work.taken.append((asked, value))


def pages_of(
    session: Session, project: Project, endpoint: str, listed: Sequence[HandedIn]
) -> Iterator[tuple[Assignment, HandedIn]]:
    """Yield the assignments on record of these submissions, each with its own."""
    by_key = {each.key: each for each in listed}
    for some in chunks(sorted({each.assignment for each in listed})):
        query = (
            select(Assignment, Hit.external_id, Worker.name)
            .join(Hit, Hit.id == Assignment.hit_id)
            .join(Worker, Worker.id == Assignment.worker_id)
            .where(Assignment.project_id == project.id, Hit.endpoint == endpoint)
            .where(Assignment.external_id.in_(some))
        )
        for page, hit, worker in session.execute(query):
            if (each := by_key.get((hit or "", page.external_id, worker))) is not None:
                yield page, each
