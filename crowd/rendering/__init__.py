"""The one place that renders what workers see of a question."""

from __future__ import annotations

from crowd.rendering.pages import frame
from crowd.rendering.policy import policy

__all__ = ["frame", "policy"]
