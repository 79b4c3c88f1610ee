"""Facts and firings in words, for pages and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Firing, Item, Worker


def said(facts: Mapping[str, Any]) -> str:
    """Return facts, or what was done, in one line."""
    return ", ".join(f"{name} {_short(value)}" for name, value in facts.items())


def subjects(session: Session, firings: Sequence[Firing]) -> dict[int, str]:
    """Return whom each firing is about, by its id: a worker's pseudonym, or an item's key."""
    workers = _names(session, Worker.id, Worker.pseudonym, [firing.worker_id for firing in firings])
    items = _names(session, Item.id, Item.key, [firing.item_id for firing in firings])
    return {
        firing.id: workers[firing.worker_id] if firing.worker_id else items[firing.item_id or 0]
        for firing in firings
    }


def _names(session: Session, number: Any, name: Any, ids: Sequence[int | None]) -> dict[int, str]:  # noqa: ANN401 - columns
    wanted = sorted({each for each in ids if each is not None})
    return {
        each: text
        for some in chunks(wanted)
        for each, text in session.execute(select(number, name).where(number.in_(some)))
    }


def _short(value: object) -> str:
    return "-" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
