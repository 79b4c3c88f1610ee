"""Where the templates of the pages are."""

from __future__ import annotations

from crowd.rendering.sources import folder

__all__ = ["folder"]
