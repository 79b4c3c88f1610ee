"""The documents describe every task type, and what they show works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from crowd.task_types import TASK_TYPES, Ask

DOCS = Path(__file__).parents[4] / "docs"
SECTIONS = dict(
    re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", (DOCS / "reference/task-types.md").read_text(), re.M | re.S)
)
EVERYWHERE = {"gold_score"}


def code(page: str) -> dict[str, Any]:
    """Run the Python of a page and return the names it leaves."""
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / f"how-to/{page}.md").read_text(), re.M | re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names


def options(name: str) -> set[str]:
    """Return the options a type takes, as it tells whoever names a wrong one."""
    fault = next(fault for fault in TASK_TYPES[name].faults({"?": 1}, ()) if fault.where == "?")
    return set(fault.message.partition("there are ")[2].split(", ")) - EVERYWHERE


@pytest.mark.parametrize("name", TASK_TYPES)
def test_the_reference_describes_every_type_with_all_its_options(name: str):
    assert {row for row in ("labels", "stored", "score") if f"| {row} |" in SECTIONS[name]} == {
        "labels",
        "stored",
        "score",
    }
    missing = [option for option in options(name) if f"`{option}`" not in SECTIONS[name]]
    assert missing == []


def test_the_type_of_the_how_to_does_what_it_says():
    colour = code("add-a-task-type")["Colour"]()
    assert colour.read("#0A5FB4", Ask()) == "#0a5fb4"
    assert colour.score("#000000", "#ffffff") == 0
    assert [fault.where for fault in colour.faults({"gray": True}, ())] == ["gray"]
    with pytest.raises(ValueError, match="no colour"):
        colour.read("blue", Ask())


def test_the_template_of_the_how_to_has_no_problem():
    names = code("write-a-task-template")
    text = (DOCS / "how-to/write-a-task-template.md").read_text()
    shown = re.findall(r"^```html\n(.*?)^```", text, re.M | re.S)
    assert [names["check_template"](source) for source in shown] == [[]]


def test_the_how_to_names_every_filter():
    from crowd.rendering.fuel import Bounded

    text = (DOCS / "how-to/write-a-task-template.md").read_text()
    missing = [name for name in Bounded().filters if not name.startswith("__") and f"`{name}`" not in text]
    assert missing == []
