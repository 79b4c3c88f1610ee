"""The jobs for projects at endpoints: bring back what was handed in, and pay for it, every minute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select

from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import Misconfigured
from crowd.models import Hit, Project
from crowd.models.conditions import asks
from crowd.services import judge
from crowd.services.mturk import channel, notices
from crowd.services.mturk.channel import Mturk

COLLECT_SECONDS = 60
HINT_SECONDS = 15

log = structlog.get_logger("crowd.jobs")


def collect(database: Database, clock: Clock) -> int:
    """Collect for every project with HITs out, paused ones too; return how many submissions.

    A project whose endpoint does not answer does not keep the others from theirs.
    """
    out = select(Hit.project_id).where(Hit.external_id.is_not(None), Hit.endpoint.is_not(None))
    query = select(Project).where(asks(Mturk.name), Project.id.in_(out)).order_by(Project.id)
    with database.read() as session:
        projects = session.scalars(query).all()
    return sum(_collect(database, clock, project) for project in projects)


def _collect(database: Database, clock: Clock, project: Project, only: Collection[str] | None = None) -> int:
    try:
        at = channel.of(project)
        found = at.collect(database, project.id, clock=clock, only=only)
        database.transact(lambda session: judge.graded(session, project.id, now=clock()))
        at.send(database, clock=clock)
    except Misconfigured as error:
        channel.say_once(str(project.endpoint), error.message)
        return 0
    except Exception:
        log.exception("collect failed", project=project.id)
        return 0
    return found.submissions


def follow_hints(database: Database, clock: Clock) -> int:
    """Collect the HITs that notifications of the last period named; what is missed here polling finds."""
    until = datetime.fromtimestamp(clock().timestamp() // HINT_SECONDS * HINT_SECONDS, UTC)
    with database.read() as session:
        found = notices.hinted(session, until - timedelta(seconds=HINT_SECONDS), until)
        projects = {each: session.get_one(Project, each) for each in found}
    return sum(_collect(database, clock, projects[each], only=hits) for each, hits in found.items())
