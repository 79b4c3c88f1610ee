"""The job that reads the queues to which endpoints write what happened to HITs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.notices import Message, Queue
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import CrowdError
from crowd.models import Project
from crowd.services.mturk import notices

QUEUE_SECONDS = 15
WAIT_SECONDS = 10  # for the first message, so that it comes at once and nobody asks in vain
MOST = 1000  # messages of one queue in one period
THREADS = 8

Open = Callable[[str], Queue]

log = structlog.get_logger("crowd.jobs")


def poll(open_queue: Open, database: Database, clock: Clock) -> int:
    """Read every queue that a project is subscribed by, side by side; return how many messages were new.

    A message is deleted after what it says is kept: one that comes again meanwhile changes nothing.
    """
    with database.read() as session:
        query = select(Project).where(Project.endpoint.is_not(None)).order_by(Project.id)
        found = [(project.posting.get("queue"), project.id) for project in session.scalars(query)]
    readers: dict[str, list[int]] = {}
    for url, project_id in found:
        if url:
            readers.setdefault(url, []).append(project_id)
    if not readers:
        return 0
    with ThreadPoolExecutor(min(THREADS, len(readers)), "queues") as threads:
        read = partial(_read, open_queue, database, clock)
        return sum(threads.map(read, readers, readers.values()))


def _read(open_queue: Open, database: Database, clock: Clock, url: str, projects: Sequence[int]) -> int:
    kept, seen, wait = 0, 0, WAIT_SECONDS
    try:
        queue = open_queue(url)
        while seen < MOST and (messages := queue.receive(wait_seconds=wait)):
            kept += database.transact(partial(_keep, projects, messages, clock))
            queue.delete(messages)
            seen, wait = seen + len(messages), 0
    except Exception:
        # The others are read all the same, and polling the endpoint finds what is missed here.
        log.exception("queue failed", queue=url)
    return kept


def _keep(projects: Sequence[int], messages: Sequence[Message], clock: Clock, session: Session) -> int:
    readers = [session.get_one(Project, project_id) for project_id in projects]
    bodies = []
    for message in messages:
        body = message.body.encode()
        try:
            notices.read(body)
        except CrowdError as error:
            log.warning("no notification", error=error.message)  # it would never become one
        else:
            bodies.append(body)
    return notices.keep(session, readers, bodies, now=clock())
