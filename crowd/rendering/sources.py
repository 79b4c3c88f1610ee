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


@cache
def squeezed(name: str) -> str:
    """Return a script or style sheet of ours without indentation and comments: some pages may not be long."""
    lines = (line.strip() for line in text(name).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))
