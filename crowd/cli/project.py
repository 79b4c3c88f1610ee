"""`crowd project`: make a project, change it, pause it, see how far it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from crowd.cli.lazy import LazyGroup
from crowd.cli.posting import posted, posting_options
from crowd.cli.project_settings import (
    SHOWN,
    UNSET,
    described,
    given,
    json_object,
    micros,
    settings_options,
    unset,
)
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Project
from crowd.models.item import ITEM_STATES
from crowd.services.access import scope
from crowd.services.experts import gold_supply
from crowd.services.experts.gold_supply import Supply
from crowd.services.honesty import stop
from crowd.services.setup import instructions, projects, validation
from crowd.services.setup.instructions import Wording
from crowd.services.setup.projects import ProjectSettings
from crowd.task_types import TASK_TYPES
from workers.money import display

WIDE = max(map(len, SHOWN))  # the column of names
COMMANDS = {
    "create": ("crowd.cli.project:create", "Make a project."),
    "list": ("crowd.cli.project:list_", "List the requester's projects."),
    "show": ("crowd.cli.project:show", "A project's settings and how far it is."),
    "update": ("crowd.cli.project:update", "Change a project's settings."),
    "instructions": ("crowd.cli.instructions:command", "What workers are told, version by version."),
    "labels": ("crowd.cli.instructions:labels", "What the labels mean."),
    "accuracy": ("crowd.cli.accuracy:command", "What labels claim, and what a second look found."),
    "advice": ("crowd.cli.advice:command", "What the instructions should say better."),
    "ledger": ("crowd.cli.payouts:ledger", "Every move of money."),
    "budget": ("crowd.cli.project:budget", "Set the most dollars a project may cost."),
    "pause": ("crowd.cli.project:pause", "Hand out no more work; pages already claimed are still taken."),
    "resume": ("crowd.cli.project:resume", "Hand out work again."),
    "close": ("crowd.cli.project:close", "End a project."),
}


@click.group("project", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Make projects, change them, see how far they are."""


@click.command("create")
@click.argument("slug")
@click.option("--labels", default="", help="The label set, separated by commas: cat,dog,neither.")
@click.option("--label-details", metavar="JSON", help="By label: definition, parent, key, kind.")
@click.option("--task-type", type=click.Choice(list(TASK_TYPES)), default="choice", show_default=True)
@click.option("--cap", default="0", show_default=True, help="Most dollars the project may cost.")
@click.option("--channel", type=click.Choice(validation.CHANNELS), default="pool", show_default=True)
@posting_options
@settings_options
@works_on_database
def create(
    place: Workplace,
    *,
    slug: str,
    labels: str,
    label_details: str | None,
    cap: str,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Make a project called SLUG."""
    names = [label.strip() for label in labels.split(",")] if labels else []
    details = json_object(label_details, "--label-details") if label_details else {}
    wording = Wording(settings.pop("instructions") or "")
    chosen = ProjectSettings(**posted(settings), **given(settings))
    with place.database.write() as session:
        project = projects.create(
            session,
            place.principal(session),
            slug=slug,
            labels=names,
            details=details,
            settings=chosen,
            wording=wording,
            cap_micros=micros(cap, "--cap"),
            now=utc_now(),
        )
        result = described(project, names)
    place.show(result, f"project {slug} is ready; next: crowd items add {slug} items.csv")


@click.command("list")
@works_on_database
def list_(place: Workplace) -> None:
    """List the requester's projects."""
    with place.database.write() as session:
        found = session.scalars(scope.projects(place.principal(session)).order_by(Project.slug))
        rows = [{name: getattr(row, name) for name in ("slug", "title", "state", "channel")} for row in found]
    place.show_rows("projects", rows)


@click.command("show")
@click.argument("slug")
@works_on_database
def show(place: Workplace, *, slug: str) -> None:
    """Show a project's settings and how far it is."""
    with place.database.write() as session:
        project = place.project(session, slug)
        about = described(project, projects.labels(session, project).labels)
        overview = asdict(projects.overview(session, project))
        gold = gold_supply.supply(session, project)
        stopping = stop.verdict(session, project)
    shown = {name: _plain(value) for name, value in about.items()}
    lines = [f"{name:{WIDE}} {value}" for name, value in shown.items() if value]
    states = [f"{overview['items'][state]} {state}" for state in ITEM_STATES if state in overview["items"]]
    lines += [
        f"{'items':{WIDE}} {', '.join(states) or 'none'}",
        f"{'answers':{WIDE}} {overview['answers']}, {overview['open_answers']} more on offer",
        f"{'money':{WIDE}} {_money(overview)}",
        *_channels(overview["channels"]),
        *([] if stopping is None else [f"{'stop rule':{WIDE}} {stopping.text}"]),
        *_gold(gold),
        *_pay(overview["fair_pay"]),
    ]
    verdict = None if stopping is None else asdict(stopping)
    place.show({**about, "overview": {**overview, "gold_supply": asdict(gold)}, "stopping": verdict}, lines)


@click.command("update")
@click.argument("slug")
@click.option("--unset", "taken_back", multiple=True, type=click.Choice(list(UNSET)), help="Go without it.")
@posting_options
@settings_options
@works_on_database
def update(place: Workplace, *, slug: str, taken_back: tuple[str, ...], **settings: Any) -> None:  # noqa: ANN401
    """Change a project's settings."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        changes = unset(taken_back) | posted(settings, project.posting) | given(settings)
        if not changes:
            raise click.UsageError("name at least one setting to change")
        if "instructions" in changes:
            instructions.reword(session, principal, project, changes.pop("instructions"), now=utc_now())
        if changes:
            projects.update(session, principal, project, changes, now=utc_now())
        result = described(project, projects.labels(session, project).labels)
    place.show(result, f"project {slug} is changed")


@click.command("budget")
@click.argument("slug")
@click.argument("cap")
@works_on_database
def budget(place: Workplace, *, slug: str, cap: str) -> None:
    """Set the most dollars a project may cost."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        row = projects.set_cap(session, principal, project, micros(cap, "CAP"), now=utc_now())
        result = {name: getattr(row, name) for name in ("cap", "held", "spent")}
    place.show(result, f"project {slug} may cost {display(result['cap'])}")


def _state_command(name: str, state: str) -> click.Command:
    @click.command(name, help=COMMANDS[name][1])
    @click.argument("slug")
    @works_on_database
    def change(place: Workplace, *, slug: str) -> None:
        with place.database.write() as session:
            principal = place.principal(session)
            project = scope.project(session, principal, slug)
            projects.move(session, principal, project, state, now=utc_now())
        place.show({"slug": slug, "state": state}, f"project {slug} is {state}")

    return change


pause = _state_command("pause", "paused")
resume = _state_command("resume", "active")
close = _state_command("close", "closed")


def _plain(value: object) -> str:
    """Return a setting as its option takes it; nothing where it is not set."""
    if isinstance(value, dict):
        return ",".join(f"{name}={each}" for name, each in value.items() if each is not None)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _channels(found: list[dict[str, Any]]) -> list[str]:
    """Say what each of several channels brought, and for how much."""
    rows = []
    for each in found:
        paid, price = display(each["paid_micros"]), display(each["price_micros"])
        on_offer = f"{each['open_answers']} more on offer at {price} each"
        rows.append(f"{each['channel']:{WIDE}} {each['answers']} answers for {paid}, {on_offer}")
    return rows if len(rows) > 1 else []


def _gold(supply: Supply) -> list[str]:
    counted = f"{supply.hidden} hidden, {supply.training} for training, {supply.told} not asked"
    missing = f"; none says {', '.join(supply.without)}" if supply.hidden and supply.without else ""
    warned = [f"warning: {supply.warning}"] if supply.warning else []
    return [f"{'gold':{WIDE}} {counted}{missing}", *warned]


def _pay(fair: dict[str, Any] | None) -> list[str]:
    if fair is None:
        return []
    line = f"{'pay':{WIDE}} {display(fair['hourly_micros'])} by the hour, the median of {fair['pages']} pages"
    return [line, f"warning: {fair['warning']}"] if fair["warning"] else [line]


def _money(overview: dict[str, Any]) -> str:
    spent, held, cap = (display(overview[f"{name}_micros"]) for name in ("spent", "held", "cap"))
    return f"{spent} spent, {held} held, cap {cap}"
