"""Write those parts of the documents that the code dictates: `.venv/bin/python docs/generate.py`."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import click

FOLDER = Path(__file__).parent
TESTS = FOLDER.parent / "tests"
sys.path.insert(0, str(FOLDER.parent))

from crowd.cli import cli  # noqa: E402
from crowd.errors import CrowdError, Misconfigured, Unprocessable  # noqa: E402
from crowd.models import Assignment, Base, Hit, Item, Project, Slot  # noqa: E402
from crowd.models.states import TRANSITIONS  # noqa: E402
from crowd.services.setup.default_rules import DEFAULTS  # noqa: E402
from qc.vocabulary import ACTIONS, COLLECTORS, Action, Collector  # noqa: E402

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
SIDES = {"E": "endpoint", "P": "publisher"}
# Tests below a folder of one of these names, or in a file that begins so, show what the publisher does.
PUBLISHING = ("mturk", "test_mturk", "test_publisher")


class Statement(NamedTuple):
    """One statement of the MTurk contract about one side of it."""

    number: int
    side: str
    source: str
    section: str
    text: str


class Shown(NamedTuple):
    """A test, and a statement that it shows."""

    number: int
    side: str
    path: str
    name: str


def documents() -> dict[Path, str]:
    """Return every document with generated parts, with these parts as they should be."""
    parts = {"commands": commands, "errors": errors, "states": states, "contract": contract, "rules": rules}
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
    for module in ("crowd.app", "crowd.channels.mturk.errors"):  # where errors of their own are
        import_module(module)
    kinds = sorted(CrowdError.__subclasses__(), key=lambda kind: (kind.status, kind.code))
    rows = [_error(kind) for kind in kinds]
    head = ["| status | code | exit code | when |", "|--:|---|--:|---|"]
    return "\n" + "\n".join([*head, *rows]) + "\n\n"


def states() -> str:
    """Return one diagram for each state machine."""
    return "\n" + "\n".join(_diagram(*machine) for machine in MACHINES) + "\n"


def contract() -> str:
    """Return the statements of the MTurk contract, each with the tests that show it."""
    tests, found, section = list(shown()), [""], ""
    for each in statements():
        if each.section != section:
            section = each.section
            found += [
                f"\n## {section}\n",
                "| | side | source | statement | shown by |",
                "|--:|---|---|---|---|",
            ]
        by = "<br>".join(dict.fromkeys(_named(test) for test in tests if shows(test, each)))
        found.append(f"| {each.number} | {SIDES[each.side]} | {each.source} | {each.text} | {by} |")
    return "\n".join([*found, "", ""])


def rules() -> str:
    """Return what rules can watch and do, and those that come with crowd."""
    watched = "\n".join(_collector(each) for each in COLLECTORS.values())
    done = [_action(each) for each in ACTIONS.values()]
    shipped = [
        f"| `{each.name}` | {'yes' if each.begins else ''} | `{each.line}` | {each.why} |"
        for each in DEFAULTS
    ]
    actions = ["## Actions", "", "| action | about | what it does | parameters |", "|---|---|---|---|", *done]
    head = ["| rule | in new projects | line | why |", "|---|---|---|---|"]
    return "\n".join(["", watched, *actions, "", "## Defaults", "", *head, *shipped, "", ""])


@cache
def statements() -> list[Statement]:
    """Return what the contract says."""
    return [
        Statement(**each)
        for each in tomllib.loads((TESTS / "contract/statements.toml").read_text())["statement"]
    ]


def shown(folder: Path = TESTS) -> Iterator[Shown]:
    """Read from the tests, without running them, which statements they show."""
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text()
        if "mark.contract" not in text:
            continue
        tree = ast.parse(text)
        place = path.relative_to(folder)
        every = [mark for node in tree.body if _is_pytestmark(node) for mark in _marks(node, place)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                own = [mark for decorator in node.decorator_list for mark in _marks(decorator, place)]
                yield from (Shown(number, side, str(place), node.name) for number, side in [*every, *own])


def shows(test: Shown, statement: Statement) -> bool:
    """Tell whether a test shows a statement; one with two sides asks on which side the test stands."""
    sides = {each.side for each in statements() if each.number == statement.number}
    return test.number == statement.number and (len(sides) == 1 or test.side == statement.side)


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(name) for name in node.targets] == ["pytestmark"]


def _marks(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Find the `pytest.mark.contract(17, 18, side="E")` in a piece of code; the side goes by the path."""
    publishes = any(part in PUBLISHING or part.startswith(PUBLISHING[1:]) for part in path.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.contract":
            given = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
            side = given.get("side", "P" if publishes else "E")
            yield from ((ast.literal_eval(number), side) for number in node.args)


def _named(test: Shown) -> str:
    return f"[{test.name.removeprefix('test_').replace('_', ' ')}](../../tests/{test.path})"


def _helps(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context.command_path, context.get_help()
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _helps(found, context, child)


def _collector(each: Collector) -> str:
    notes = [f"About {each.about}s; its evidence: {each.evidence}."]
    notes += ["It takes a window."] if each.has_window else []
    notes += [] if each.recalls else ["It knows only the present: a dry run looks at now."]
    notes += ["It reads all answers, and looks again once there are 5 % more."] if each.sweeps else []
    facts = [f"| `{fact.name}` | {fact.kind} | {fact.says} |" for fact in each.facts]
    table = ["| fact | kind | what it is |", "|---|---|---|", *facts]
    return "\n".join([f"## collect {each.name}", "", f"{each.says} {' '.join(notes)}", "", *table, ""])


def _action(each: Action) -> str:
    told = "<br>".join(
        f"`{parameter.name}`{' (needed)' if parameter.required else ''}: {parameter.says}"
        for parameter in each.parameters
    )
    return f"| `{each.name}` | {', '.join(each.about)} | {each.says} | {told} |"


def _error(kind: type[CrowdError]) -> str:
    exit_code = 2 if issubclass(kind, Unprocessable | Misconfigured) else 1
    summary = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return f"| {kind.status} | `{kind.code}` | {exit_code} | {summary} |"


def _diagram(model: type[Base], field: str, title: str) -> str:
    # A machine starts in the state its column has by default.
    first = model.__table__.columns[field].default.arg
    moves = [f"    {a} --> {b}" for a, b in sorted(TRANSITIONS[model, field])]
    lines = [f"### {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *moves, "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
