"""HITs at an endpoint: made, ended, found again; what each of these calls takes and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crowd.channels import Page
from crowd.channels.mturk import compensation, envelope
from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError, Replayed
from crowd.channels.mturk.posting import CHANNEL, Posting
from crowd.models import Assignment, Hit, HitQuestion, Instructions, Item, OutboxEntry, Project
from crowd.models.states import advance
from crowd.services import locks, pack, pay, publish
from crowd.services.mturk import ahead, outbox, people, posting, subscription
from crowd.services.mturk.exchange import Exchanged
from crowd.services.mturk.outbox import Effect
from crowd.services.pack import Pick
from crowd.services.setup import projects

EXPIRE = "UpdateExpirationForHIT"
UNSYNCED = {"synchronize_session": False}

Found = TypeVar("Found")


def expire(session: Session, project: Project, hit: Hit, *, now: datetime) -> OutboxEntry:
    """Plan that nobody accepts a HIT any more; whoever has accepted it may still hand in."""
    parameters = {"HITId": hit.external_id, "ExpireAt": now}
    return outbox.plan(session, project, EXPIRE, f"hit:{hit.id}", parameters, endpoint=hit.endpoint, now=now)


def close(session: Session, project: Project, hit: Hit, *, now: datetime) -> int:
    """End a HIT on which nothing is pending: its empty places want answers again; return how many.

    What was set aside for workers who never came is given back, and the places are paid for anew.
    """
    locks.step(session, project)
    taken = select(func.count()).where(Assignment.hit_id == hit.id, Assignment.work == "submitted")
    empty = hit.assignments - (session.scalar(taken) or 0)
    whole = hit.reward_micros + hit.fee_micros
    pay.void(session, project.id, whole * max(0, empty), key=f"unfilled:{hit.id}", now=now)
    left = select(HitQuestion.item_id, HitQuestion.places).where(
        HitQuestion.hit_id == hit.id, HitQuestion.gold_id.is_(None), HitQuestion.places > 0
    )
    places = {item_id: count for item_id, count in session.execute(left)}
    session.execute(
        update(HitQuestion).where(HitQuestion.hit_id == hit.id).values(places=0), execution_options=UNSYNCED
    )
    advance(session, Hit, "state", ("open", "closed"), Hit.id == hit.id)
    return reopen(session, project, places, cause=str(hit.id), now=now)


def reopen(
    session: Session, project: Project, places: Mapping[int, int], *, cause: str, now: datetime
) -> int:
    """Open places, by item, on those that are still asked about, as far as the budget reaches."""
    locks.items(session, sorted(places))
    asking = select(Item.id, Item.open, Item.handed_over).where(Item.id.in_(list(places)))
    asking = asking.where(Item.state == "asking").order_by(Item.id)
    free, amount = pay.free(session, project), 0
    fewer = dict(places)
    for item_id, others, goes_over in session.execute(asking).all():
        # Back to where they were offered, unless the other channel is asked about the item by now.
        over = goes_over if others else project.second_channel == CHANNEL
        each = pay.answer_micros(project, project.channels[over])
        count = min(places[item_id], max(0, free) // each) if each else places[item_id]
        if count > 0:
            values = {"open": Item.open + count, "claimable": True, "handed_over": over}
            session.execute(update(Item).where(Item.id == item_id).values(values), execution_options=UNSYNCED)
            fewer[item_id] -= count
            free -= count * each
            amount += count * project.price_of(handed_over=over)
    publish.want_fewer(session, {item_id: count for item_id, count in fewer.items() if count})
    pay.reserve(session, project.id, amount, key=f"reopened:{cause}", now=now)
    return sum(places.values()) - sum(fewer.values())


def found(caller: Caller, annotation: str) -> Reply | None:
    """Look through all HITs at the endpoint for the one with this annotation."""
    for hits in caller.pages("ListHITs", "HITs"):
        for hit in hits:
            if hit.get("RequesterAnnotation") == annotation:
                return {"HIT": hit}
    return None


def _prepare(session: Session, entry: OutboxEntry) -> dict[str, Any] | None:
    """Return what makes a HIT, once its type has an id; the page itself is made in the sender's thread."""
    kept = entry.parameters
    result = _type_of(session, entry)
    if result is None:
        return None
    return {
        "HITTypeId": result["HITTypeId"],
        "MaxAssignments": kept["MaxAssignments"],
        "LifetimeInSeconds": kept["LifetimeInSeconds"],
        "RequesterAnnotation": entry.token,
        "Question": _question(session, entry),
    }


def _type_of(session: Session, entry: OutboxEntry) -> dict[str, Any] | None:
    """Return what made the type of a HIT brought; it is the same for many, so a transaction asks once."""
    project_id, subject = entry.project_id, entry.parameters["type"]

    def find() -> dict[str, Any] | None:
        own = OutboxEntry.project_id == project_id, OutboxEntry.operation == posting.CREATE_TYPE
        query = select(OutboxEntry.result).where(*own, OutboxEntry.subject == subject)
        found: dict[str, Any] | None = session.scalars(query).one()
        return found

    return _once(session, ("type", (project_id, subject)), find)


def _once(session: Session, key: tuple[str, object], find: Callable[[], Found]) -> Found:
    """Find something once in a session, which by itself lets go of what nobody holds: many HITs need it."""
    known: dict[tuple[str, object], Any] = session.info.setdefault("hits", {})
    if known.get(key) is None:
        known[key] = find()
    found: Found = known[key]
    return found


def page(
    session: Session,
    project: Project,
    hit: Hit,
    *,
    with_gold: bool = True,
    exchanged: Exchanged | None = None,
) -> Page:
    """Return the page of a HIT as its workers see it, or as one does for whom gold was exchanged."""
    told_id = hit.instructions_id
    told = _once(session, ("told", told_id), lambda: session.get_one(Instructions, told_id))
    label_set = _once(session, ("labels", project.id), lambda: projects.labels(session, project))
    asked = ahead.picks(session, hit.id).items()
    picks = {position: pick for position, pick in asked if with_gold or pick.gold_id is None}
    for position, other in (exchanged or {}).items():
        item = session.get_one(Item, other.item_id)
        picks[position] = Pick(item.id, item.key, item.payload, other.gold_id)
    return pack.page(project, label_set, told, list(picks.values()))


def _question(session: Session, entry: OutboxEntry) -> partial[str]:
    hit = session.get_one(Hit, entry.parameters["hit"])
    if hit.endpoint != entry.endpoint:
        raise AssertionError(f"HIT {hit.id} is for {hit.endpoint}, not for {entry.endpoint}")
    project = session.get_one(Project, hit.project_id)
    offered = _once(session, ("posting", project.id), lambda: Posting.read(project.posting))
    if "compensation" in entry.parameters:
        document = compensation.page(entry.parameters["compensation"], offered.hosts(entry.endpoint))
        return partial(envelope.html_question, document)
    if offered.mode == "external":
        address = f"{offered.url.rstrip('/')}/mturk/pages/{entry.token}"
        return partial(envelope.external_question, address, frame_height=offered.frame_height)
    return partial(posting.html_question, page(session, project, hit), offered, entry.endpoint)


def _created(session: Session, entry: OutboxEntry, reply: Reply, now: datetime) -> None:
    _all_created(session, [(entry, reply)], now)


def _all_created(session: Session, made: Sequence[tuple[OutboxEntry, Reply]], now: datetime) -> None:
    """Learn the ids of HITs, and until when they are offered."""
    wanted = {entry.parameters["hit"]: entry.endpoint for entry, _ in made}
    offered = dict(session.execute(select(Hit.id, Hit.endpoint).where(Hit.id.in_(list(wanted)))).all())
    if offered != wanted:
        raise AssertionError(f"HITs are for {offered}, not for {wanted}")
    rows = [_learned(entry, reply["HIT"], now) for entry, reply in made]
    session.execute(update(Hit), rows)


def _learned(entry: OutboxEntry, made: Reply, now: datetime) -> dict[str, Any]:
    latest = now + timedelta(seconds=entry.parameters["LifetimeInSeconds"])
    until = made["Expiration"].astimezone(UTC) if "Expiration" in made else latest
    return {"id": entry.parameters["hit"], "external_id": made["HITId"], "expires_at": until}


def _made_before(caller: Caller, entry: OutboxEntry, error: CallError | None) -> Reply | None:
    """Return the HIT that an earlier call of this row made: its id is in the message, or in the list."""
    if isinstance(error, Replayed) and error.hit is not None:
        return {"HIT": {"HITId": error.hit}}
    return found(caller, entry.token)


def _typed(session: Session, entry: OutboxEntry, _reply: Reply, now: datetime) -> None:
    """Have the type tell whom the project wants told; the row keeps its id."""
    project = session.get_one(Project, entry.project_id)
    locks.terms(session, project)  # whoever subscribes meanwhile either sees this type or is seen here
    subscription.follow(session, project, entry, now=now)


def _expired(session: Session, entry: OutboxEntry, _reply: Reply, _now: datetime) -> None:
    moment = datetime.fromisoformat(entry.parameters["ExpireAt"])
    hit = select(Hit).where(Hit.endpoint == entry.endpoint, Hit.external_id == entry.parameters["HITId"])
    for each in session.scalars(hit):
        each.expires_at = min(moment, each.expires_at or moment)


def _is_expired(caller: Caller, entry: OutboxEntry, _error: CallError | None) -> Reply | None:
    """Ask until when the HIT is offered: a repeated expiry may be refused as one."""
    made = caller.call("GetHIT", HITId=entry.parameters["HITId"])["HIT"]
    return {} if made["Expiration"] <= datetime.fromisoformat(entry.parameters["ExpireAt"]) else None


EFFECTS = {
    posting.CREATE_TYPE: Effect(done=_typed, prepare=people.resolved),
    posting.CREATE: Effect(
        done=_created, all_done=_all_created, prepare=_prepare, confirm=_made_before, ahead=ahead.pages
    ),
    EXPIRE: Effect(done=_expired, confirm=_is_expired),
}
