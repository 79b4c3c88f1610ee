"""axe's rules of WCAG A and AA, looked for on a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python

SCRIPT = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"], "iframes": False}
# Of what passes only the number comes back: all of it takes longer to hand over than to find.
LOOK = """options => axe.run(document, options).then(({violations, passes}) => [violations, passes.length])"""


def violations(tab: Any) -> list[str]:
    """Return what breaks a rule; a frame is a page of its own, and looked at as one."""
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT)
    found, passes = tab.evaluate(LOOK, OPTIONS)
    assert passes, "no rule was tried"
    return [
        f"{rule['id']}: {node['html'][:120]} ({node['failureSummary']})"
        for rule in found
        for node in rule["nodes"]
    ]
