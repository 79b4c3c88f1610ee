"""The one place that renders what workers see of a question."""

from __future__ import annotations

from crowd.rendering.check import check_template
from crowd.rendering.pages import frame, preview
from crowd.rendering.policy import policy

__all__ = ["check_template", "frame", "policy", "preview"]
