"""Who waits for whom. Locks are taken in one order, so that nobody waits in a circle.

The order: a name, the step, the project's terms, a worker, assignments, items by id, the budget. SQLite
has one writer at a time and needs none of them; there these functions at most read.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Budget, Item, Project


def name(session: Session, text: str) -> None:
    """Let nobody else hold this name until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"crowd:{text}", 0))))


def step(session: Session, project: Project) -> None:
    """Let no other step of this project run until the transaction ends; claims and submissions go on."""
    name(session, f"step:{project.id}")


def terms(session: Session, project: Project) -> None:
    """Keep the project's settings as they are until the transaction ends, and read them anew."""
    session.refresh(project, with_for_update={"read": True})


def change(session: Session, project: Project) -> None:
    """Let nobody else rely on the project's settings or change them, and read them anew."""
    session.refresh(project, with_for_update={"key_share": True})


def items(session: Session, item_ids: Sequence[int]) -> None:
    """Keep the state and the places of these items until the transaction ends."""
    if session.get_bind().dialect.name == "sqlite":
        return
    for some in chunks(sorted(item_ids)):
        query = select(Item.id).where(Item.id.in_(some)).order_by(Item.id)
        session.execute(query.with_for_update(key_share=True)).all()


def budget(session: Session, project_id: int) -> Budget:
    """Return the budget as it will stay until the transaction ends, but for our own moves."""
    query = select(Budget).where(Budget.project_id == project_id).with_for_update(key_share=True)
    return session.scalars(query, execution_options={"populate_existing": True}).one()
