"""The labels of a run, row by row, as a table takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from crowd.models import Consensus, ConsensusRun, Item, Provisional
from crowd.services import conclude, provisional

COLUMNS = ("item", "label", "confidence", "answers")
# What is taken for labels since the run says so.
MARKED = (*COLUMNS, "provisional")
PAGE = 2000


def rows(session: Session, run: ConsensusRun, *, since: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the labels in the order of item keys; with `since`, also what was judged after the run."""
    labels_of = provisional.labels_of if since else conclude.labels_of
    after = ""
    while found := labels_of(session, run, after=after, limit=PAGE):
        yield from (_row(item, said) for item, said in found)
        after = found[-1][0].key
        session.expunge_all()


def _row(item: Item, said: Consensus | Provisional) -> dict[str, Any]:
    return {
        "item": item.key,
        "label": said.label,
        "confidence": said.confidence,
        "answers": said.votes,
        "provisional": isinstance(said, Provisional),
    }
