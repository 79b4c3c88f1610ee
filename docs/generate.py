"""Write those parts of the documents that the code dictates: `.venv/bin/python docs/generate.py`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

from crowd.cli import cli  # noqa: E402
from crowd.errors import CrowdError, Misconfigured, Unprocessable  # noqa: E402
from crowd.models import Assignment, Base, Hit, Item, Project, Slot  # noqa: E402
from crowd.models.states import TRANSITIONS  # noqa: E402

WIDTH = 100
MARKED = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MACHINES: tuple[tuple[type[Base], str, str], ...] = (
    (Project, "state", "Project"),
    (Item, "state", "Item"),
    (Hit, "state", "HIT"),
    (Assignment, "work", "Assignment: the work"),
    (Assignment, "review", "Assignment: its review"),
    (Assignment, "payment", "Assignment: its payment"),
    (Slot, "state", "Slot"),
)


def documents() -> dict[Path, str]:
    """Return every document with generated parts, with these parts as they should be."""
    parts = {"commands": commands, "errors": errors, "states": states}
    texts = {path: path.read_text() for path in sorted(FOLDER.rglob("*.md"))}
    return {
        path: MARKED.sub(lambda found: found[1] + parts[found[2]]() + found[3], text)
        for path, text in texts.items()
        if MARKED.search(text)
    }


def commands() -> str:
    """Return the help of every command."""
    sections = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _helps(cli, None, "crowd")]
    return "\n" + "\n".join(sections) + "\n"


def errors() -> str:
    """Return the table of errors a user can meet."""
    rows = [_error(kind) for kind in sorted(CrowdError.__subclasses__(), key=lambda kind: kind.status)]
    head = ["| status | code | exit code | when |", "|--:|---|--:|---|"]
    return "\n" + "\n".join([*head, *rows]) + "\n\n"


def states() -> str:
    """Return one diagram for each state machine."""
    return "\n" + "\n".join(_diagram(*machine) for machine in MACHINES) + "\n"


def _helps(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context.command_path, context.get_help()
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _helps(found, context, child)


def _error(kind: type[CrowdError]) -> str:
    exit_code = 2 if issubclass(kind, Unprocessable | Misconfigured) else 1
    return f"| {kind.status} | `{kind.code}` | {exit_code} | {kind.__doc__} |"


def _diagram(model: type[Base], field: str, title: str) -> str:
    # A machine starts in the state its column has by default.
    first = model.__table__.columns[field].default.arg
    moves = [f"    {a} --> {b}" for a, b in sorted(TRANSITIONS[model, field])]
    lines = [f"### {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *moves, "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
