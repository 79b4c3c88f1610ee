"""What is right, as somebody says it: read as an answer of the project's task type, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from crowd.errors import bad_input
from crowd.models import Item, Project
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES, Ask


def label(session: Session, project: Project, item: Item, said: object, where: str = "label") -> str:
    """Return an answer to an item as it is stored; raise where it is none."""
    labels = projects.labels(session, project).labels
    try:
        return TASK_TYPES[project.task_type].read(said, Ask(labels, project.task_options, item.payload))
    except ValueError as error:
        among = f" ({', '.join(labels)})" if labels else ""
        raise bad_input(where, f"{error}{among}") from None


def accepted(
    session: Session, project: Project, item: Item, said: Mapping[str, float] | None
) -> dict[str, Any]:
    """Return further answers that are right, each with its credit, as they are stored."""
    found: dict[str, Any] = {}
    for value, credit in (said or {}).items():
        is_number = isinstance(credit, int | float) and not isinstance(credit, bool)
        if not is_number or not 0 < credit <= 1:
            raise bad_input("accepted", f"the credit of {value!r} is {credit!r}: above 0 and at most 1")
        found[label(session, project, item, value, "accepted")] = float(credit)
    return found
