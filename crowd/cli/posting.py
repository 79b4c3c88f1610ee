"""How HITs are offered at an endpoint of the MTurk protocol, as options of a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from crowd.channels.mturk.posting import BAD_WORK, MODES, SCHEDULES
from crowd.errors import bad_input

# Options whose setting goes by another name.
NAMES = {"hit_description": "description", "hit_keywords": "keywords", "public_url": "url"}

_POSTING = (
    click.option("--endpoint", help="Address that speaks the MTurk protocol, for a channel mturk."),
    click.option("--mode", type=click.Choice(MODES), help="Who holds the page.  [default: html]"),
    click.option("--hit-description", help="What workers read before they accept."),
    click.option("--hit-keywords", help="What workers may search for, separated by commas."),
    click.option("--assignment-seconds", type=int, help="How long a worker may take.  [default: 3600]"),
    click.option("--lifetime-seconds", type=int, help="How long a HIT is offered.  [default: 259200]"),
    click.option(
        "--auto-approval-seconds", type=int, help="When the endpoint pays by itself.  [default: 259200]"
    ),
    click.option("--requirements", metavar="JSON", help="Who may accept, as the protocol has it: a list."),
    click.option("--masters/--no-masters", default=None, help="Masters only, for 5 % more."),
    click.option(
        "--fees", type=click.Choice(list(SCHEDULES)), help="What the endpoint charges.  [default: mturk]"
    ),
    click.option("--most-assignments", type=int, help="Of one HIT; 10 cost twice the fee.  [default: 9]"),
    click.option("--submit-host", "submit_hosts", multiple=True, help="Origin that takes the answers."),
    click.option("--public-url", help="Where workers reach this server, for the mode external."),
    click.option(
        "--bad-work", type=click.Choice(BAD_WORK), help="What becomes of bad work.  [default: accepted]"
    ),
    click.option("--bad-below", type=float, help="Bad: less of its gold right.  [default: 0.5]"),
    click.option("--bad-least", type=int, help="Gold answers it takes to say so.  [default: 10]"),
    click.option("--worked", metavar="ID", help="Qualification of workers who have handed in, or auto."),
    click.option("--barred", metavar="ID", help="Qualification of workers who are kept out, or auto."),
    click.option("--skilled", metavar="ID", help="Qualification that tells skill in percent, or auto."),
    click.option("--frame-height", type=int, help="Pixels; 0: as much as the page needs.  [default: 0]"),
    click.option(
        "--allow-production/--refuse-production",
        default=None,
        help="AWS's own production host; AWS closed it on September 30, 2026.",
    ),
)
_OWN = (
    "mode", "hit_description", "hit_keywords", "assignment_seconds", "lifetime_seconds",
    "auto_approval_seconds", "requirements", "masters", "fees", "most_assignments", "submit_hosts",
    "public_url", "frame_height", "allow_production", "bad_work", "bad_below", "bad_least", "worked",
    "barred", "skilled",
)  # fmt: skip


def posting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each setting of a project that is offered at an endpoint."""
    for option in reversed(_POSTING):
        function = option(function)
    return function


def posted(options: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Take these options out of a command's; return them as settings, on top of those from before."""
    given = {name: options.pop(name) for name in _OWN}
    chosen = {NAMES.get(name, name): value for name, value in given.items() if value not in (None, ())}
    if "requirements" in chosen:
        chosen["requirements"] = _list(chosen["requirements"])
    if "submit_hosts" in chosen:
        chosen["submit_hosts"] = list(chosen["submit_hosts"])
    return {"posting": {**(before or {}), **chosen}} if chosen else {}


def _list(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise bad_input("--requirements", f"is not JSON: {error}") from None
    if not isinstance(value, list):
        raise bad_input("--requirements", "must be a JSON list")
    return value
