"""Pages are composed: ordinary questions, and among them gold nobody can tell apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from crowd.channels import Channel, Order, Page, Question
from crowd.db import chunks
from crowd.errors import BudgetExceeded
from crowd.models import Gold, Hit, HitQuestion, Instructions, Item, LabelSet, Project
from crowd.models.conditions import claimable
from crowd.services import locks, pay
from crowd.services.setup import instructions, projects


@dataclass(frozen=True, slots=True)
class Pick:
    """One question chosen for a page."""

    item_id: int
    key: str
    payload: Mapping[str, Any]
    gold_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A page not yet published, and how many workers it is for."""

    picks: list[Pick]
    places: int

    @property
    def gold(self) -> int:
        """Count the gold questions."""
        return sum(pick.gold_id is not None for pick in self.picks)


def gold_count(questions: int, share: float, rng: Random) -> int:
    """Draw how many gold questions a page gets: chance, not every tenth, so that position tells nothing."""
    return sum(rng.random() < share for _ in range(questions))


def shuffled(picks: Sequence[Pick], rng: Random) -> list[Pick]:
    """Mix gold and ordinary questions so that order tells nothing."""
    mixed = list(picks)
    rng.shuffle(mixed)
    return mixed


def page(
    project: Project,
    label_set: LabelSet,
    told: Instructions,
    picks: Sequence[Pick],
    *,
    token: str = "",
    kind: str = "work",
    lease_until: datetime | None = None,
) -> Page:
    """Return the page as a worker will see it."""
    questions = tuple(
        Question(name=f"q{position}", key=pick.key, payload=pick.payload)
        for position, pick in enumerate(picks, start=1)
    )
    return Page(
        token=token,
        kind=kind,
        title=project.title,
        instructions=told.text,
        labels=tuple(label_set.labels),
        questions=questions,
        task_type=project.task_type,
        options=project.task_options,
        details=label_set.details,
        template=told.template,
        lease_until=lease_until,
    )


def publish_pages(session: Session, project: Project, channel: Channel, *, now: datetime) -> int:
    """Pack all open places into HITs of a channel whose pages are built at publish; return how many HITs.

    Gold is left out where the budget has no room for it.
    """
    locks.step(session, project)
    drafts = compose(session, project, channel=channel.name)
    if not drafts:
        return 0
    gold = sum(draft.gold * draft.places for draft in drafts)
    try:
        key = f"gold:publication:{project.id}:{hits_so_far(session, project)}"
        pay.reserve(session, project.id, project.price_micros * gold, key=key, now=now)
    except BudgetExceeded:
        drafts = compose(session, project, channel=channel.name, with_gold=False)
    label_set, told = projects.labels(session, project), instructions.current(session, project)
    orders = [
        Order(
            page(project, label_set, told, draft.picks),
            draft.places,
            project.price_micros * len(draft.picks),
        )
        for draft in drafts
    ]
    hits = [
        {
            "project_id": project.id,
            "instructions_id": told.id,
            "channel": channel.name,
            "external_id": external_id,
            "assignments": order.assignments,
            "reward_micros": order.reward_micros,
            "created_at": now,
        }
        for order, external_id in zip(orders, channel.publish(orders), strict=True)
    ]
    store(session, drafts, hits)
    return len(drafts)


def compose(
    session: Session, project: Project, *, channel: str, most: int | None = None, with_gold: bool = True
) -> list[Draft]:
    """Lay out pages for the items that a channel is asked, for so many items at most; nothing is stored.

    The same state of the project gives the same pages.
    """
    groups = _open_items(session, project, channel, most)
    # Each gold goes on one page of a publication: a second page might reach the same worker.
    deck = _deck(session, project) if with_gold and groups else {}
    rng = Random(f"{project.seed}:pages:{hits_so_far(session, project)}")
    return [Draft(picks, places) for places, group in groups for picks in _cut(project, group, deck, rng)]


def store(session: Session, drafts: Sequence[Draft], hits: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store HITs of these values, with the questions of their drafts, and take the items' places for them.

    Returns their ids.
    """
    ids = [
        hit_id
        for some in chunks(hits)
        for hit_id in session.scalars(insert(Hit).returning(Hit.id, sort_by_parameter_order=True), some)
    ]
    rows = [
        {
            "hit_id": hit_id,
            "item_id": pick.item_id,
            "position": position,
            "gold_id": pick.gold_id,
            "places": draft.places,
        }
        for hit_id, draft in zip(ids, drafts, strict=True)
        for position, pick in enumerate(draft.picks, start=1)
    ]
    for some in chunks(rows):
        session.execute(insert(HitQuestion), some)
    taken: dict[int, Counter[int]] = defaultdict(Counter)
    for draft in drafts:
        taken[draft.places].update(pick.item_id for pick in draft.picks if pick.gold_id is None)
    for places, items in taken.items():
        for times in sorted(set(items.values())):
            _take_places(session, [item for item, n in items.items() if n == times], places * times)
    return ids


def _deck(session: Session, project: Project) -> dict[str, list[Pick]]:
    query = select(Gold.id, Gold.label, Item.id, Item.key, Item.payload).join(Item, Item.id == Gold.item_id)
    query = query.where(Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "hidden")
    shown = select(func.count()).where(HitQuestion.gold_id == Gold.id).scalar_subquery()
    deck: dict[str, list[Pick]] = defaultdict(list)
    for gold_id, label, item_id, key, payload in session.execute(query.order_by(shown, Gold.id)):
        deck[label].append(Pick(item_id, key, payload, gold_id))
    return deck


def _draw(deck: Mapping[str, list[Pick]], wanted: int, rng: Random) -> list[Pick]:
    # Balanced over the labels: gold drawn by class share would let a constant answerer pass.
    picks: list[Pick] = []
    while len(picks) < wanted and (labels := sorted(label for label, gold in deck.items() if gold)):
        picks.append(deck[rng.choice(labels)].pop(0))
    return picks


def _open_items(
    session: Session, project: Project, channel: str, most: int | None
) -> list[tuple[int, list[Pick]]]:
    # Only items that want equally many answers can share a page: a HIT wants so many workers for all of it.
    theirs = claimable(handed_over=channel == project.second_channel)
    query = select(Item.open, Item.id, Item.key, Item.payload).where(Item.project_id == project.id, theirs)
    groups: dict[int, list[Pick]] = defaultdict(list)
    for places, item_id, key, payload in session.execute(query.order_by(Item.rank, Item.id).limit(most)):
        groups[places].append(Pick(item_id, key, payload))
    return sorted(groups.items(), reverse=True)


def _cut(
    project: Project, picks: Sequence[Pick], deck: Mapping[str, list[Pick]], rng: Random
) -> Iterator[list[Pick]]:
    start = 0
    while start < len(picks):
        count = gold_count(min(project.hit_size, len(picks) - start), project.gold_share, rng)
        gold = _draw(deck, min(count, project.hit_size - 1), rng)
        end = start + project.hit_size - len(gold)
        yield shuffled([*picks[start:end], *gold], rng)
        start = end


def _take_places(session: Session, item_ids: Sequence[int], places: int) -> None:
    for some in chunks(item_ids):
        statement = update(Item).where(Item.id.in_(some))
        session.execute(
            statement.values(open=Item.open - places, claimable=Item.open > places),
            execution_options={"synchronize_session": False},
        )


def hits_so_far(session: Session, project: Project) -> int:
    """Count the project's HITs."""
    return session.scalar(select(func.count()).where(Hit.project_id == project.id)) or 0
