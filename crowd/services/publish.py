"""Asking: places are opened on items, paid for in advance, and taken back when they are not needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import Conflict
from crowd.models import (
    Assignment,
    AuditPick,
    Batch,
    BatchItem,
    Decision,
    Hit,
    HitQuestion,
    Item,
    Project,
    Slot,
)
from crowd.models.conditions import ASSIGNED, CLAIMABLE
from crowd.models.states import advance
from crowd.services import locks, pay, second_channel

UNSYNCED = {"synchronize_session": False}


def ask_batch(session: Session, project: Project, batch: Batch, *, now: datetime) -> int:
    """Open the first places on every item of a batch; return how many answers that asks for."""
    locks.step(session, project)
    locks.terms(session, project)
    query = select(BatchItem.item_id, BatchItem.rank).join(Item).where(BatchItem.batch_id == batch.id)
    locks.items(session, session.scalars(query).all())
    ranks = {item_id: rank for item_id, rank in session.execute(query.where(Item.state == "new"))}
    if not ranks:
        raise Conflict(f"batch {batch.id} is already asked")
    pay.reserve(
        session,
        project.id,
        project.price_micros * project.overlap * len(ranks),
        key=f"batch:{batch.id}",
        now=now,
    )
    for item_ids in chunks(sorted(ranks)):
        advance(session, Item, "state", ("new", "asking"), Item.id.in_(item_ids))
    _open(session, ranks, project.overlap, now)
    return project.overlap * len(ranks)


def ask_again(
    session: Session,
    project: Project,
    item_ids: Sequence[int],
    *,
    cause: str,
    places: int = 1,
    chosen: Collection[int] = (),
    now: datetime,
) -> None:
    """Open more places on each of these items, by default one. `cause` names the decision, once ever.

    Of two channels the second is asked as `second_channel.asked` says.
    """
    if not item_ids:
        return
    locks.terms(session, project)
    locks.items(session, item_ids)
    over = second_channel.asked(session, project, item_ids, chosen=chosen)
    amount = sum(project.price_of(handed_over=item_id in over) for item_id in item_ids) * places
    pay.reserve(session, project.id, amount, key=f"again:{cause}", now=now)
    more = {"wanted": Item.wanted + places, "open": Item.open + places, "claimable": True, "opened_at": now}
    for some in chunks(item_ids):
        for state in ("settled", "given_up"):
            advance(session, Item, "state", (state, "asking"), Item.id.in_(some))
        for handed_over in (False, True):
            mine = Item.id.in_([item_id for item_id in some if (item_id in over) is handed_over])
            statement = update(Item).where(mine).values(**more, handed_over=handed_over)
            session.execute(statement, execution_options=UNSYNCED)


def fundable(
    session: Session,
    project: Project,
    item_ids: Sequence[int],
    *,
    places: Mapping[int, int] | None = None,
    chosen: Collection[int] = (),
) -> list[int]:
    """Return those of these items, the first first, that the budget reaches for to be asked again.

    `places` are those wanted, by item, where it is not one. Fees of an endpoint are counted in.
    """
    prices = [pay.answer_micros(project, channel) for channel in project.channels]
    if not any(prices):
        return list(item_ids)
    locks.items(session, item_ids)
    over = second_channel.asked(session, project, item_ids, chosen=chosen)
    free, found = pay.free(session, project), []
    for item_id in item_ids:
        cost = prices[item_id in over] * (1 if places is None else places[item_id])
        if cost <= free:
            free -= cost
            found.append(item_id)
    return found


def withdraw(
    session: Session, project: Project, item_ids: Sequence[int], *, cause: str, now: datetime
) -> int:
    """Take back the places nobody holds; return how many. Answers under way are still welcome."""
    withdrawn = amount = 0
    for some in chunks(item_ids):
        query = select(Item.id, Item.open, Item.handed_over).where(Item.id.in_(some), Item.open > 0)
        rows = session.execute(query.order_by(Item.id).with_for_update(key_share=True)).all()
        statement = update(Item).where(Item.id.in_([row.id for row in rows]))
        session.execute(
            statement.values(wanted=Item.wanted - Item.open, open=0, claimable=False),
            execution_options=UNSYNCED,
        )
        withdrawn += sum(row.open for row in rows)
        amount += sum(row.open * project.price_of(handed_over=row.handed_over) for row in rows)
    pay.void(session, project.id, amount, key=f"withdraw:{cause}", now=now)
    return withdrawn


def give_up(
    session: Session, project: Project, item_ids: Sequence[int], *, reason: str, now: datetime
) -> None:
    """Stop asking about those of these items that are still asked about: nobody is left to answer them.

    Those that were settled, and only asked about again for the audit slice, are settled as before.
    """
    picked = select(AuditPick.item_id).where(
        AuditPick.project_id == project.id, AuditPick.checked_at.is_(None)
    )
    settled = f"settled before; of the audit slice: {reason}"
    for some in chunks(item_ids):
        mine = Item.id.in_(some)
        _end(session, project, (mine, Item.id.in_(picked)), ("settled", "enough", settled), now)
        _end(session, project, (mine,), ("given_up", "give_up", reason), now)


def _end(
    session: Session,
    project: Project,
    where: Sequence[ColumnElement[bool]],
    end: tuple[str, str, str],
    now: datetime,
) -> None:
    """Move items that are asked about to a state; `end` is that state, the decision and its reason."""
    state, action, reason = end
    query = select(Item.id).where(*where, Item.state == "asking").order_by(Item.id)
    item_ids = session.scalars(query.with_for_update(key_share=True)).all()
    decision = {"project_id": project.id, "action": action, "reason": reason, "created_at": now}
    if item_ids:
        advance(session, Item, "state", ("asking", state), Item.id.in_(item_ids))
        session.execute(insert(Decision), [{**decision, "item_id": item_id} for item_id in item_ids])


def want_fewer(session: Session, answers: Mapping[int, int]) -> None:
    """Count down the answers wanted, by item, that will not come or are not to count."""
    want_more(session, {item: -n for item, n in answers.items()})


def want_more(session: Session, answers: Mapping[int, int]) -> None:
    """Count up the answers wanted, by item, for those that are here and count after all."""
    if not answers:
        return
    locks.items(session, list(answers))
    statement = update(Item).where(Item.id == bindparam("item")).values(wanted=Item.wanted + bindparam("n"))
    # On the connection: a session would read a list of parameters as an update by primary key.
    session.connection().execute(statement, [{"item": item, "n": n} for item, n in answers.items()])


def outstanding(session: Session, project: Project, *, channel: str | None = None) -> int:
    """Count the answers wanted and not yet here, of all or one channel: open, held, or on a published HIT."""
    open_places = select(func.coalesce(func.sum(Item.open), 0)).where(
        Item.project_id == project.id, CLAIMABLE
    )
    leased = (
        select(func.count())
        .select_from(Slot)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(Assignment.project_id == project.id, ASSIGNED, Slot.state == "leased")
    )
    published = (
        select(func.coalesce(func.sum(HitQuestion.places), 0))
        .join(Hit, Hit.id == HitQuestion.hit_id)
        .where(Hit.project_id == project.id, Hit.state == "open", HitQuestion.gold_id.is_(None))
    )
    if channel is not None:
        open_places = open_places.where(Item.handed_over == (channel == project.second_channel))
        leased = leased.join(Hit, Hit.id == Assignment.hit_id)
        leased, published = (query.where(Hit.channel == channel) for query in (leased, published))
    return sum(int(session.scalar(query) or 0) for query in (open_places, leased, published))


def _open(session: Session, ranks: Mapping[int, float], places: int, now: datetime) -> None:
    asked = {"wanted": Item.wanted + places, "open": Item.open + places, "claimable": True}
    asked |= {"handed_over": False, "opened_at": now}
    statement = update(Item).where(Item.id == bindparam("item")).values({**asked, "rank": bindparam("place")})
    rows = [{"item": item_id, "place": float(rank)} for item_id, rank in ranks.items()]
    # On the connection: a session would read a list of parameters as an update by primary key.
    session.connection().execute(statement, rows)
