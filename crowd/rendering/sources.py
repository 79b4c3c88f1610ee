"""Where the templates are: in the package once it is installed, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """Return the folder of templates."""
    bundled = PACKAGE / "templates"
    return bundled if bundled.is_dir() else PACKAGE.parent / "templates"


@cache
def text(name: str) -> str:
    """Return a file of the folder as it is, to be put inline into a page."""
    return (folder() / name).read_text(encoding="utf-8")
