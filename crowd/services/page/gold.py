"""Gold for one worker: what they have not seen, evenly over the labels, however large the deck."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy.orm import Session

from crowd.models import Project
from crowd.services import plain
from crowd.services.pack import Pick
from crowd.services.page import hold
from crowd.services.page.terms import Deck
from crowd.services.plain import At, Sql

_SEEN = """
    SELECT item_id FROM slot WHERE worker_id = :worker AND live
        AND item_id {among}
"""
_AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(:items))",
    "postgresql": "= ANY(CAST(:items AS bigint[]))",
}
SEEN = Sql(**{database: _SEEN.format(among=among) for database, among in _AMONG.items()})
# Looked at first for every question wanted: enough unless the worker has seen most of the gold there is.
SAMPLE = 8


def share(project: Project, kept: float | None) -> float:
    """Return the share of gold on a worker's next page; `kept` is what their standing says of it."""
    if project.gold_policy is None:
        return project.gold_share
    return float(project.gold_policy["share"]) if kept is None else kept


def unseen(session: Session, deck: Deck, worker_id: int, *, wanted: int, rng: Random) -> list[Pick]:
    """Choose gold this worker has not seen; never repeated, so perhaps fewer than wanted."""
    chosen = draw(session, deck, worker_id, wanted=wanted, rng=rng)
    shown = hold.shown(session, [item_id for _, item_id in chosen])
    return [
        Pick(item_id, shown[item_id][0], plain.read_json(shown[item_id][1]), gold_id)
        for gold_id, item_id in chosen
    ]


def draw(at: At, deck: Deck, worker_id: int, *, wanted: int, rng: Random) -> list[tuple[int, int]]:
    """Choose gold this worker has not seen: its ids and its items'."""
    if wanted == 0:
        return []
    chosen = _draw(at, _sample(deck, wanted, rng), worker_id, wanted, rng)
    if len(chosen) < wanted:
        everything = {label: rng.sample(gold, len(gold)) for label, gold in deck.items()}
        chosen = _draw(at, everything, worker_id, wanted, rng)
    return chosen


def candidates(deck: Deck, *, wanted: int, rng: Random) -> list[tuple[int, int, int]]:
    """Draw a few gold for each question wanted, to take the first unseen of: number, gold and item id.

    Balanced over the labels like `unseen`, and no gold is a candidate for two questions.
    """
    left = {label: len(gold) for label, gold in sorted(deck.items())}
    numbers: dict[str, list[int]] = {label: [] for label in left}  # of the questions each label is drawn for
    for number in range(wanted):
        labels = [label for label, count in left.items() if count > 0]
        if labels:
            label = rng.choice(labels)
            numbers[label].append(number)
            left[label] -= SAMPLE
    drawn: list[tuple[int, int, int]] = []
    for label, asked in numbers.items():
        chosen = rng.sample(deck[label], min(len(asked) * SAMPLE, len(deck[label])))
        drawn += [(asked[place // SAMPLE], *pair) for place, pair in enumerate(chosen)]
    return drawn


def _sample(deck: Deck, wanted: int, rng: Random) -> dict[str, list[tuple[int, int]]]:
    # Balanced over the labels: gold drawn by class share would let a constant answerer pass.
    labels = sorted(deck)
    drawn = {rng.choice(labels) for _ in range(wanted)} if labels else set()
    return {label: rng.sample(deck[label], min(wanted * SAMPLE, len(deck[label]))) for label in sorted(drawn)}


def _draw(
    at: At, deck: dict[str, list[tuple[int, int]]], worker_id: int, wanted: int, rng: Random
) -> list[tuple[int, int]]:
    taken = seen(at, [item_id for gold in deck.values() for _, item_id in gold], worker_id)
    left = {label: [pair for pair in gold if pair[1] not in taken] for label, gold in deck.items()}
    drawn: list[tuple[int, int]] = []
    while len(drawn) < wanted and (labels := sorted(label for label, gold in left.items() if gold)):
        drawn.append(left[rng.choice(labels)].pop())
    return drawn


def seen(at: At, item_ids: Sequence[int], worker_id: int) -> set[int]:
    """Return those of these items that a worker was asked about."""
    return {row[0] for row in SEEN(at, worker=worker_id, items=plain.listed(at, list(item_ids)))}
