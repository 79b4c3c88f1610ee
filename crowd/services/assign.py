"""Work is handed out: a worker claims a page, keeps it for a while, gives it back or lets it expire."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.errors import BudgetExceeded, Forbidden, NotFound, Stale
from crowd.models import Assignment, Hit, Instructions, Item, Project, Slot, Standing, Worker
from crowd.models.conditions import ASSIGNED
from crowd.services import locks, pack, pay, plain
from crowd.services.access import scope
from crowd.services.pack import Pick
from crowd.services.page import gold, hold, quiz, release, terms, training
from crowd.services.page.hold import Draft
from crowd.services.page.terms import Terms
from crowd.services.people import eligibility
from crowd.services.trust import exam, standings

SWEEP_LIMIT = 500
UNSYNCED = {"synchronize_session": False}


def claim(
    session: Session, project: Project, worker: Worker, *, ahead: bool = False, now: datetime
) -> Page | None:
    """Give the worker the page they hold, or build one of the most valuable items they have not seen.

    With `ahead` a worker who holds a page gets a second one, to be fetched while the first is answered;
    it becomes the page they hold, its lease begun anew, at the first claim after the first has ended.

    Returns None when there is nothing for this worker. Concurrent claims never take the same place:
    each locks the items it takes, skips those another claim has locked, and counts `open` down.
    """
    hold.lock(session, worker)
    pages = {page.ahead: page for page in _pages(session, project, worker)}
    if pages and False not in pages:
        pages = {False: _promote(session, project, pages[True], now)}
    wants_ahead = ahead and bool(pages)
    if wants_ahead in pages:
        return _page(session, project, pages[wants_ahead])
    return _new_page(session, project, worker, is_ahead=wants_ahead, now=now)


def held(session: Session, worker: Worker, token: str) -> Page:
    """Return a page the worker holds.

    Raises:
        NotFound: there is no such page, or it is someone else's.
        Stale: the page has ended.
    """
    assignment, project = find(session, worker, token)
    if assignment.work != "assigned":
        raise Stale(f"this page is already {assignment.work}")
    return _page(session, project, assignment)


def renew(session: Session, worker: Worker, token: str, *, now: datetime) -> datetime:
    """Extend the lease of a page still held, and of the one fetched ahead; return its new end."""
    assignment, project = find(session, worker, token)
    until = now + timedelta(seconds=project.lease_seconds)
    statement = update(Assignment).where(
        Assignment.worker_id == worker.id, Assignment.project_id == project.id, ASSIGNED
    )
    done = session.execute(
        statement.values(lease_until=until).returning(Assignment.id), execution_options=UNSYNCED
    )
    if assignment.id not in done.scalars().all():
        raise Stale(f"this page is already {_work(session, assignment)}")
    return until


def give_back(session: Session, worker: Worker, token: str, *, now: datetime) -> None:
    """Return a page unanswered, so that others get its items at once. Repeating it changes nothing."""
    assignment, project = find(session, worker, token)
    if (
        not release.end(session, project, assignment, "returned", now)
        and _work(session, assignment) == "submitted"
    ):
        raise Stale("this page is already submitted")


def sweep(session: Session, *, now: datetime) -> int:
    """Take back the pages whose lease has run out; return how many.

    A lease ends here, by a change of state, and never by comparing clocks at submit: a late answer
    to a page nobody took back is simply accepted.
    """
    query = (
        select(Assignment, Project)
        .join(Project, Project.id == Assignment.project_id)
        .where(ASSIGNED, Assignment.lease_until < now)
        .order_by(Assignment.lease_until)
        .limit(SWEEP_LIMIT)
        .with_for_update(of=Assignment, skip_locked=True, key_share=True)
    )
    rows = [(assignment, project) for assignment, project in session.execute(query)]
    expired = sorted(rows, key=lambda row: (row[1].id, row[0].id))
    # All items before any money moves, see `locks`.
    locks.items(session, release.places(session, [assignment for assignment, _ in expired]))
    return sum(release.end(session, project, assignment, "expired", now) for assignment, project in expired)


def find(session: Session, worker: Worker, token: str) -> tuple[Assignment, Project]:
    """Return the worker's assignment under a token; someone else's looks like none."""
    query = (
        select(Assignment, Project)
        .join(Project, Project.id == Assignment.project_id)
        .where(Assignment.token == token, Assignment.worker_id == worker.id)
    )
    row = scope.first(session, query)
    if row is None:
        raise NotFound("no such page")
    return row[0], row[1]


def _pages(session: Session, project: Project, worker: Worker) -> list[Assignment]:
    return [
        session.get_one(Assignment, assignment_id, populate_existing=True)
        for assignment_id in hold.held(session, project, worker)
    ]


def _promote(session: Session, project: Project, assignment: Assignment, now: datetime) -> Assignment:
    """Make the page that was fetched ahead the one the worker answers."""
    assignment.ahead = False
    assignment.begun_at = now
    assignment.lease_until = now + timedelta(seconds=project.lease_seconds)
    session.flush()
    return assignment


def _page(session: Session, project: Project, assignment: Assignment) -> Page:
    query = (
        select(Item.id, Item.key, Item.payload)
        .join(Slot, Slot.item_id == Item.id)
        .where(Slot.assignment_id == assignment.id)
        .order_by(Slot.position)
    )
    picks = [Pick(item_id, key, payload) for item_id, key, payload in session.execute(query)]
    told = session.get_one(Instructions, session.get_one(Hit, assignment.hit_id).instructions_id)
    return pack.page(
        project,
        terms.of(session, project).label_set,
        told,
        picks,
        token=assignment.token,
        kind=assignment.kind,
        lease_until=assignment.lease_until,
    )


def _new_page(
    session: Session, project: Project, worker: Worker, *, is_ahead: bool, now: datetime
) -> Page | None:
    known, token = terms.of(session, project), secrets.token_urlsafe(16)
    kind, picks = _questions(session, project, known, worker, token, is_ahead=is_ahead, now=now)
    if not picks:
        return None
    asked = [(pick.item_id, pick.gold_id) for pick in picks]
    price = project.price_at(worker.channel) if kind == "work" else 0
    draft = Draft(token, known.told.id, asked, kind=kind, ahead=is_ahead, price_micros=price)
    until = hold.hold(session, project, worker, draft, now=now)
    return pack.page(
        project, known.label_set, known.told, picks, token=token, kind=draft.kind, lease_until=until
    )


def _questions(
    session: Session,
    project: Project,
    known: Terms,
    worker: Worker,
    token: str,
    *,
    is_ahead: bool,
    now: datetime,
) -> tuple[str, list[Pick]]:
    """Choose what a worker is asked next: training comes first, then the quiz, then work.

    A worker who sits an exam gets a page that looks like any other and is all gold.
    """
    reasons = eligibility.reasons(session, project, worker, now=now)
    codes = [reason.code for reason in reasons]
    if codes == ["exam"]:
        return "work", _exam(session, project, known, worker, token, now)
    if codes not in ([], ["quiz"]):
        if is_ahead:
            return "", []
        raise Forbidden(reasons[0].text)
    standing = None
    if known.training or project.gold_policy is not None or project.routing:
        standing = standings.of(session, project.id, worker.id)
    if known.training and not training.has_begun(standing):
        lesson = [] if is_ahead else training.question(session, known, worker)
        if lesson or is_ahead:
            return "training", lesson
    if not reasons:
        return "work", _choose(session, project, known, worker, token, standing, now)
    return "quiz", [] if is_ahead else quiz.questions(session, project, known, worker)


def _choose(
    session: Session,
    project: Project,
    known: Terms,
    worker: Worker,
    token: str,
    standing: Standing | None,
    now: datetime,
) -> list[Pick]:
    """Lock the best items for this worker, and let some make room for gold; nothing where there is none."""
    room = eligibility.room(session, project, worker, now=now)
    size = project.hit_size if room is None else min(room, project.hit_size)
    order = hold.order(project, is_proven=standing is not None and standing.proven)
    picks = [
        Pick(item_id, key, plain.read_json(payload))
        for item_id, key, payload in hold.take(session, project, worker, size, order=order)
    ]
    if not picks:
        return []
    rng = Random(f"{project.seed}:{worker.id}:{hold.claims_so_far(session, project, worker)}")
    share = gold.share(project, standing.gold_share if standing else None)
    wanted = pack.gold_count(len(picks), share, rng)
    known_answers = _gold(session, project, known, worker, token, wanted, rng, now)
    return pack.shuffled([*picks[: project.hit_size - len(known_answers)], *known_answers], rng)


def _exam(
    session: Session, project: Project, known: Terms, worker: Worker, token: str, now: datetime
) -> list[Pick]:
    rng = Random(f"{project.seed}:{worker.id}:{hold.claims_so_far(session, project, worker)}")
    wanted = min(exam.wanted(session, project, worker, now=now), project.hit_size)
    return pack.shuffled(_gold(session, project, known, worker, token, wanted, rng, now), rng)


def _gold(
    session: Session,
    project: Project,
    known: Terms,
    worker: Worker,
    token: str,
    wanted: int,
    rng: Random,
    now: datetime,
) -> list[Pick]:
    """Choose gold for the page and reserve its price; none where the budget has no room for it."""
    chosen = gold.unseen(session, known.deck, worker.id, wanted=wanted, rng=rng)
    price = project.price_at(worker.channel) * len(chosen)
    try:
        pay.reserve(session, project.id, price, key=f"gold:{token}", now=now)
    except BudgetExceeded:
        return []
    return chosen


def _work(session: Session, assignment: Assignment) -> str:
    return session.scalars(select(Assignment.work).where(Assignment.id == assignment.id)).one()
