"""How most tools hand out work: count the answers, and hand out another while there are too few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Item, Project, Slot, Worker
from crowd.models.conditions import LIVE
from crowd.services.page import hold


@contextmanager
def naive() -> Iterator[None]:
    """Claim as most tools do: count the answers, and insert where there are fewer than wanted."""

    def take(
        session: Session, project: Project, worker: Worker, size: int, **_order: str
    ) -> list[tuple[int, str, Any]]:
        taken = select(func.count()).where(Slot.item_id == Item.id, LIVE).scalar_subquery()
        seen = select(Slot.id).where(Slot.item_id == Item.id, Slot.worker_id == worker.id, LIVE).exists()
        query = select(Item.id, Item.key, Item.payload).where(
            Item.project_id == project.id, Item.state == "asking", taken < project.overlap, ~seen
        )
        return [tuple(row) for row in session.execute(query.order_by(Item.rank).limit(size))]

    # Of items such a claim touches nothing, and so it has neither a counter nor a row lock.
    untouched = {
        name: replace(getattr(hold, name), **{dialect: _uncounted(getattr(getattr(hold, name), dialect))})
        for name, dialect in (("COUNT_DOWN", "sqlite"), ("HOLD", "postgresql"))
    }
    with patch.object(hold, "take", take), patch.multiple(hold, **untouched):
        yield


def _uncounted(sql: str) -> str:
    found = sql.replace("UPDATE item SET open = open - 1", "UPDATE item SET open = open", 1)
    return re.sub(r"WHERE id IN \(", "WHERE false AND id IN (", found, count=1)
