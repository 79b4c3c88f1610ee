"""A batch is asked about: items are chosen, and the money for their answers is reserved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crowd.errors import Conflict
from crowd.models import Batch, Project
from crowd.services import choose, publish


def ask(
    session: Session,
    project: Project,
    *,
    size: int | None = None,
    strategy: str | None = None,
    random_share: float | None = None,
    seed: int | None = None,
    now: datetime,
) -> tuple[Batch, int]:
    """Choose items and ask about them; return the batch and how many answers it asks for.

    Raises:
        Conflict: the project is not active, or there is nothing to ask about, or nothing to pay for it.
    """
    if project.state != "active":
        raise Conflict(f"the project is {project.state}")
    batch = choose.choose(
        session, project, size=size, strategy=strategy, random_share=random_share, seed=seed, now=now
    )
    if batch is None:
        raise Conflict("no item is left that was never asked about, or the budget does not cover one")
    return batch, publish.ask_batch(session, project, batch, now=now)
