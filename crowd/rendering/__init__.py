"""The one place that renders what workers see of a question."""

from __future__ import annotations

from crowd.rendering.check import check_template
from crowd.rendering.pages import frame, preview
from crowd.rendering.policy import policy
from crowd.rendering.turk import page as turk_page

__all__ = ["check_template", "frame", "policy", "preview", "turk_page"]
