"""What an endpoint's workers did is brought back: by asking, so that nothing rests on a notification."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError, Missing
from crowd.channels.mturk.handed_in import HandedIn
from crowd.channels.mturk.posting import Posting
from crowd.clock import Clock
from crowd.db import Database
from crowd.models import Assignment, Hit, Project
from crowd.models.states import advance
from crowd.services.mturk import hits, intake, people, verdicts

THREADS = 16
AHEAD = 4  # reads on their way or next in line, by thread, while what came before them is stored
# Delivered in one transaction: many, because each is a commit; not all, so that memory stays small.
AT_ONCE = 50
# From so many HITs on, one list of all of them says which have changed.
MANY = 20
ENDED = ("Reviewable", "Reviewing", "Disposed")

log = structlog.get_logger("crowd.mturk")

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Collected:
    """What a look at the endpoint brought."""

    submissions: int = 0
    ended: int = 0  # HITs on which nothing more can come
    failed: int = 0  # HITs that could not be read now

    def __add__(self, other: Collected) -> Collected:
        """Add up two looks."""
        return Collected(
            self.submissions + other.submissions, self.ended + other.ended, self.failed + other.failed
        )


@dataclass(frozen=True, slots=True)
class Open:
    """A HIT that may still bring in work."""

    hit: str
    assignments: int
    known: int  # submissions on record
    is_overdue: bool  # a submission may have been approved without us


@dataclass(frozen=True, slots=True)
class Standing:
    """What an endpoint says of a HIT."""

    is_over: bool  # nothing is pending, and nobody who accepted it has time left
    handed_in: int  # at most: after the end the endpoint no longer tells empty places from work
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """All that was submitted to one HIT."""

    open: Open
    standing: Standing
    submissions: list[HandedIn]
    error: CallError | None = None


def collect(
    database: Database,
    caller: Caller,
    project_id: int,
    *,
    endpoint: str,
    clock: Clock,
    only: Collection[str] | None = None,
    watch: Callable[[int], None] = lambda _: None,
) -> Collected:
    """Take in what is new on a project's HITs, or on some of them; collecting again changes nothing.

    `watch` is told how many HITs were read so far.
    """
    with database.read() as session:
        waiting = _waiting(session, session.get_one(Project, project_id), endpoint, clock(), only)
    changed = _changed(caller, waiting, clock)
    total, done = Collected(), 0
    for some in _one_ahead(_batches(_read_all(caller, changed, clock))):
        for each in some:
            if each.error is not None:
                log.warning("cannot collect", hit=each.open.hit, error=str(each.error))
        deliver = partial(_deliver, project_id, endpoint, some, clock())
        total += database.transact(deliver)
        done += len(some)
        watch(done)
    return total


def _waiting(
    session: Session, project: Project, endpoint: str, now: datetime, only: Collection[str] | None
) -> list[Open]:
    """Return the HITs whose end nobody has seen, and those with work that the endpoint may have approved."""
    delay = timedelta(seconds=Posting.read(project.posting).auto_approval_seconds)
    overdue = (Assignment.review == "pending") & (Assignment.submitted_at <= now - delay)
    counts = (
        select(
            Assignment.hit_id,
            func.count().label("known"),
            func.count().filter(overdue).label("overdue"),
        )
        .where(Assignment.project_id == project.id, Assignment.work == "submitted")
        .group_by(Assignment.hit_id)
        .subquery()
    )
    known, late = func.coalesce(counts.c.known, 0), func.coalesce(counts.c.overdue, 0)
    query = (
        select(Hit.external_id, Hit.assignments, known, late)
        .outerjoin(counts, counts.c.hit_id == Hit.id)
        .where(Hit.project_id == project.id, Hit.endpoint == endpoint, Hit.external_id.is_not(None))
        .where(Hit.collected_at.is_(None) | (late > 0))
        .order_by(Hit.id)
    )
    rows = session.execute(query if only is None else query.where(Hit.external_id.in_(list(only))))
    return [Open(hit, wanted, known, late > 0) for hit, wanted, known, late in rows if hit is not None]


def _changed(caller: Caller, waiting: Sequence[Open], clock: Clock) -> Iterator[tuple[Open, Standing | None]]:
    """Yield the HITs that are worth a look, with how they stand where a list has told."""
    if len(waiting) < MANY:
        yield from ((each, None) for each in waiting)
        return
    left = {each.hit: each for each in waiting}
    for page in caller.pages("ListHITs", "HITs"):
        for row in page:
            each = left.pop(row["HITId"], None)
            if each is None:
                continue
            standing = _standing(row, clock())
            if standing.is_over or standing.handed_in > each.known or each.is_overdue:
                yield each, standing
        if not left:
            return
    # Rows shift while they are listed, and what is over for long is not listed at all.
    yield from ((each, None) for each in left.values())


def _standing(row: Reply, now: datetime) -> Standing:
    pending, available = row["NumberOfAssignmentsPending"], row["NumberOfAssignmentsAvailable"]
    last = row["Expiration"].astimezone(UTC) + timedelta(seconds=row["AssignmentDurationInSeconds"])
    is_ended = row["HITStatus"] in ENDED and pending == 0
    is_full = pending == 0 and available == 0 and row["Expiration"] > now
    return Standing(is_ended and (is_full or now >= last), row["MaxAssignments"] - pending - available)


def _read_all(
    caller: Caller, changed: Iterable[tuple[Open, Standing | None]], clock: Clock
) -> Iterator[_Read]:
    """Yield what was submitted to each HIT; a few are read at once, and no more held than that."""
    flying: set[Future[_Read]] = set()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="collector") as pool:
        for each, standing in changed:
            flying.add(pool.submit(_read, caller, each, standing, clock))
            if len(flying) >= AHEAD * THREADS:
                finished, flying = wait(flying, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        yield from (future.result() for future in flying)


def _read(caller: Caller, each: Open, standing: Standing | None, clock: Clock) -> _Read:
    """Read one HIT. How it stands is asked before its submissions: what is over then cannot grow."""
    try:
        if standing is None:
            standing = _standing(caller.call("GetHIT", HITId=each.hit)["HIT"], clock())
        found = _submissions(caller, each)
        is_over = standing.is_over or len(found) >= each.assignments
        return _Read(each, replace(standing, is_over=is_over), found)
    except Missing:
        return _Read(each, Standing(is_over=True, handed_in=0, is_gone=True), [])
    except CallError as error:
        return _Read(each, Standing(is_over=False, handed_in=0), [], error)


def _submissions(caller: Caller, each: Open) -> list[HandedIn]:
    """List a HIT's submissions, each once, until there are no more or no more can be."""
    found: dict[tuple[str, str, str], HandedIn] = {}
    for page in caller.pages("ListAssignmentsForHIT", "Assignments", HITId=each.hit):
        for row in page:
            submission = HandedIn.read(row)
            found[submission.key] = submission
        if len(found) >= each.assignments:
            break
    return [submission for submission in found.values() if submission.hit == each.hit]


def _one_ahead(found: Iterator[Found]) -> Iterator[Found]:
    """Yield what an iterator brings, while a thread fetches the next of it."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        following = pool.submit(next, found, None)
        while (each := following.result()) is not None:
            following = pool.submit(next, found, None)
            yield each


def _batches(reads: Iterable[_Read]) -> Iterator[list[_Read]]:
    some: list[_Read] = []
    for each in reads:
        some.append(each)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _deliver(
    project_id: int, endpoint: str, reads: Sequence[_Read], now: datetime, session: Session
) -> Collected:
    """Store what was read, learn what the endpoint decided, and end the HITs that are over."""
    project = session.get_one(Project, project_id)
    listed = [submission for each in reads for submission in each.submissions]
    fresh = intake.take_in(session, project, endpoint, listed, now=now)
    people.mark_worked(session, project, {work.worker_id for work in fresh}, now=now)
    decided = [submission for submission in listed if submission.status != "Submitted"]
    for page, submission in intake.pages_of(session, project, endpoint, decided):
        verdicts.learn(session, project, page, submission.status, now=now)
    full = [each for each in reads if len(each.submissions) >= each.open.assignments]
    ended = _close_full(session, project, endpoint, [each.open.hit for each in full], now)
    ended += sum(_end(session, project, endpoint, each, now) for each in reads if each not in full)
    return Collected(len(fresh), ended, sum(each.error is not None for each in reads))


def _close_full(session: Session, project: Project, endpoint: str, ids: Sequence[str], now: datetime) -> int:
    """Note the end of HITs that everybody has handed in: they have no places left to give back."""
    session.flush()
    ours = Hit.project_id == project.id, Hit.endpoint == endpoint, Hit.external_id.in_(ids)
    over = update(Hit).where(*ours, Hit.collected_at.is_(None)).values(collected_at=now)
    advance(session, Hit, "state", ("open", "closed"), *ours)
    done = session.execute(over, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def _end(session: Session, project: Project, endpoint: str, each: _Read, now: datetime) -> bool:
    """Note that nothing more can come, once all that came is on record."""
    if not each.standing.is_over:
        return False
    query = select(Hit).where(
        Hit.project_id == project.id, Hit.endpoint == endpoint, Hit.external_id == each.open.hit
    )
    hit = session.scalars(query.with_for_update()).one()
    if hit.collected_at is not None:
        return False
    hits.close(session, project, hit, now=now)
    hit.collected_at = now
    return True
