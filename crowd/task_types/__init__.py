"""The task types, by name."""

from __future__ import annotations

from crowd.task_types.base import Ask, Fault, TaskType
from crowd.task_types.choice import Choice

__all__ = ["TASK_TYPES", "Ask", "Fault", "TaskType"]

TASK_TYPES: dict[str, TaskType] = {kind.name: kind for kind in (Choice(),)}
