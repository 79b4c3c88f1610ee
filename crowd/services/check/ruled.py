"""The invariant of rules: one version of each is in force, and what they did names whom, and on what."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Text, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from crowd.models import Firing, Rule
from crowd.services.check.invariant import invariant, lines, within


@invariant(53, "one version of a rule is in force, and a firing is about one worker or item, on its evidence")
def rules_act_once(session: Session, project_id: int | None) -> Iterator[str]:
    """Find rules in force twice, firings about nobody or two, and those of another project's rule."""
    active = select(Rule.name, func.count().label("n"), Rule.project_id.label("project"))
    active = active.where(Rule.state == "active", within(Rule.project_id, project_id))
    twice = active.group_by(Rule.project_id, Rule.name).having(func.count() > 1).order_by(Rule.name)
    yield from lines(session, twice, "rule {name} of project {project}: {n} versions in force")
    worker, item = (
        literal(start) + cast(column, Text) + literal("@%")
        for start, column in (("worker:", Firing.worker_id), ("item:", Firing.item_id))
    )
    strange = or_(
        Firing.worker_id.is_(None) == Firing.item_id.is_(None),
        Firing.worker_id.is_not(None) & ~Firing.key.like(worker),
        Firing.item_id.is_not(None) & ~Firing.key.like(item),
    )
    query = select(Firing.id, Firing.key).where(within(Firing.project_id, project_id), strange)
    yield from lines(session, query.order_by(Firing.id), "firing {id}: {key!r} is not whom it is about")
