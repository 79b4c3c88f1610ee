"""Gold that a worker has seen is exchanged for other gold, as they accept a HIT that our server shows.

For who sits an exam all other questions are, too: their places on the HIT are offered again.

The endpoint knows one page for all; ours is composed for whoever came. Only workers we know have seen gold,
so an exchange is about a worker on record, and what is handed in is read as the page was that they saw.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Exchange, Hit, HitQuestion, Project, Slot, Worker
from crowd.models.conditions import LIVE
from crowd.services import locks
from crowd.services.page import gold, terms

Exchanged = Mapping[int, Exchange]
"""By position."""


def compose(session: Session, project: Project, hit: Hit, worker: Worker, *, examined: int = 0) -> Exchanged:
    """Decide, once for each worker, which gold of a HIT is exchanged; `examined` questions are to be gold.

    Where no unseen gold is left the question stays: its answer is kept apart, and graded no second time.
    """
    locks.name(session, f"exchange:{hit.id}:{worker.id}")
    decided = of(session, [(hit.id, worker.id)]).get((hit.id, worker.id))
    if decided:
        return decided
    query = select(HitQuestion).where(HitQuestion.hit_id == hit.id).order_by(HitQuestion.position)
    asked = list(session.scalars(query))
    gold_here = [each for each in asked if each.gold_id]
    replaced = [each for each in gold_here if _has_seen(session, worker, each.item_id)]
    replaced += [each for each in asked if not each.gold_id][: max(0, examined - len(gold_here))]
    if not replaced:
        return {}
    here = {each.item_id for each in asked}
    deck = {
        label: [pair for pair in pairs if pair[1] not in here]
        for label, pairs in terms.of(session, project).deck.items()
    }
    rng = Random(f"{project.seed}:{hit.id}:{worker.id}")
    drawn = gold.draw(session, deck, worker.id, wanted=len(replaced), rng=rng)
    rows = [
        {
            "hit_id": hit.id,
            "worker_id": worker.id,
            "position": each.position,
            "item_id": item_id,
            "gold_id": gold_id,
        }
        for each, (gold_id, item_id) in zip(replaced, drawn, strict=False)
    ]
    if rows:
        session.execute(insert(Exchange), rows)
    return {row["position"]: Exchange(**row) for row in rows}


def of(session: Session, pairs: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], Exchanged]:
    """Return what was exchanged on these HITs for these workers, where something was."""
    found: dict[tuple[int, int], dict[int, Exchange]] = {}
    for some in chunks(sorted({hit_id for hit_id, _ in pairs})):
        for row in session.scalars(select(Exchange).where(Exchange.hit_id.in_(some))):
            if (row.hit_id, row.worker_id) in pairs:
                found.setdefault((row.hit_id, row.worker_id), {})[row.position] = row
    return found


def _has_seen(session: Session, worker: Worker, item_id: int) -> bool:
    query = select(Slot.id).where(Slot.worker_id == worker.id, Slot.item_id == item_id, LIVE)
    return session.scalar(query.limit(1)) is not None
