"""The task types, by name."""

from __future__ import annotations

from crowd.task_types.base import Ask, Fault, TaskType
from crowd.task_types.boxes import Boxes
from crowd.task_types.choice import Choice
from crowd.task_types.multilabel import Multilabel
from crowd.task_types.number import Number
from crowd.task_types.pairwise import Pairwise
from crowd.task_types.ranking import Ranking
from crowd.task_types.rating import Rating
from crowd.task_types.spans import Spans
from crowd.task_types.text import Text

__all__ = ["CATEGORICAL", "TASK_TYPES", "Ask", "Fault", "TaskType"]

_ALL: tuple[TaskType, ...] = (
    *(Choice(), Multilabel(), Number(), Rating(), Text()),
    *(Pairwise(), Ranking(), Spans(), Boxes()),
)
TASK_TYPES: dict[str, TaskType] = {kind.name: kind for kind in _ALL}
CATEGORICAL = tuple(kind.name for kind in _ALL if kind.is_categorical)
