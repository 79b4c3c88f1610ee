"""`crowd project`: make a project, change it, pause it, see how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import bad_input
from crowd.models import Project
from crowd.models.item import ITEM_STATES
from crowd.services import instructions, projects, scope
from crowd.services.instructions import Wording
from crowd.services.projects import ProjectSettings
from workers.money import display, dollars, to_micros

SHOWN = (
    "title",
    "state",
    "channel",
    "overlap",
    "max_overlap",
    "confidence",
    "hit_size",
    "gold_share",
    "lease_seconds",
    "strategy",
    "random_share",
    "batch_size",
    "seed",
    "model",
    "method",
)
_SETTINGS = (
    click.option("--title", help="What labelers see above every page."),
    click.option("--instructions", help="What they are asked to do."),
    click.option("--overlap", type=int, help="Answers bought before the first decision.  [default: 3]"),
    click.option("--max-overlap", type=int, help="Most answers an item may get."),
    click.option("--confidence", type=float, help="Stop asking once the label is this sure, e.g. 0.95."),
    click.option("--hit-size", type=int, help="Questions on a page, gold included.  [default: 10]"),
    click.option("--gold-share", type=float, help="Share of gold among the questions.  [default: 0.1]"),
    click.option("--lease-seconds", type=int, help="How long a worker may keep a page.  [default: 900]"),
    click.option("--price", help="Dollars for one answer, e.g. 0.03.  [default: 0]"),
    click.option("--strategy", help="How items are chosen.  [default: margin]"),
    click.option("--random-share", type=float, help="Part of a batch drawn at random.  [default: 0.25]"),
    click.option("--batch-size", type=int, help="Items chosen at a time.  [default: 100]"),
    click.option("--seed", type=int, help="Makes selection and gold repeatable.  [default: random]"),
    click.option("--model", help="'builtin', or 'module:object' with fit and predict_proba."),
    click.option("--method", help="How answers are aggregated.  [default: panel]"),
)


@click.group("project")
def command() -> None:
    """Make projects, change them, see how far they are."""


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each setting of a project."""
    for option in reversed(_SETTINGS):
        function = option(function)
    return function


@command.command("create")
@click.argument("slug")
@click.option("--labels", required=True, help="The label set, separated by commas: cat,dog,neither.")
@click.option("--cap", default="0", show_default=True, help="Most dollars the project may cost.")
@click.option("--channel", type=click.Choice(projects.CHANNELS), default="pool", show_default=True)
@settings_options
@works_on_database
def create(place: Workplace, *, slug: str, labels: str, cap: str, **settings: Any) -> None:  # noqa: ANN401
    """Make a project called SLUG."""
    names = [label.strip() for label in labels.split(",")]
    wording = Wording(settings.pop("instructions") or "")
    chosen = ProjectSettings(**_given(settings))
    with place.database.write() as session:
        project = projects.create(
            session,
            place.principal(session),
            slug=slug,
            labels=names,
            settings=chosen,
            wording=wording,
            cap_micros=micros(cap, "--cap"),
            now=utc_now(),
        )
        result = _described(project, names)
    place.show(result, f"project {slug} is ready; next: crowd items add {slug} items.csv")


@command.command("list")
@works_on_database
def list_(place: Workplace) -> None:
    """List the requester's projects."""
    with place.database.write() as session:
        found = session.scalars(scope.projects(place.principal(session)).order_by(Project.slug))
        rows = [{name: getattr(row, name) for name in ("slug", "title", "state", "channel")} for row in found]
    place.show_rows("projects", rows)


@command.command("show")
@click.argument("slug")
@works_on_database
def show(place: Workplace, *, slug: str) -> None:
    """Show a project's settings and how far it is."""
    with place.database.write() as session:
        project = place.project(session, slug)
        described = _described(project, projects.labels(session, project).labels)
        overview = asdict(projects.overview(session, project))
    shown = {**described, "labels": ", ".join(described["labels"])}
    lines = [f"{name:14} {value}" for name, value in shown.items() if value is not None]
    states = [f"{overview['items'][state]} {state}" for state in ITEM_STATES if state in overview["items"]]
    lines += [
        f"{'items':14} {', '.join(states) or 'none'}",
        f"{'answers':14} {overview['answers']}, {overview['open_answers']} more on offer",
        f"{'money':14} {_money(overview)}",
    ]
    place.show({**described, "overview": overview}, lines)


@command.command("update")
@click.argument("slug")
@settings_options
@works_on_database
def update(place: Workplace, *, slug: str, **settings: Any) -> None:  # noqa: ANN401
    """Change a project's settings."""
    changes = _given(settings)
    if not changes:
        raise click.UsageError("name at least one setting to change")
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        if "instructions" in changes:
            instructions.reword(session, principal, project, changes.pop("instructions"), now=utc_now())
        if changes:
            projects.update(session, principal, project, changes, now=utc_now())
        result = _described(project, projects.labels(session, project).labels)
    place.show(result, f"project {slug} is changed")


@command.command("budget")
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


def _state_command(name: str, state: str, text: str) -> None:
    @command.command(name, help=text)
    @click.argument("slug")
    @works_on_database
    def change(place: Workplace, *, slug: str) -> None:
        with place.database.write() as session:
            principal = place.principal(session)
            project = scope.project(session, principal, slug)
            projects.move(session, principal, project, state, now=utc_now())
        place.show({"slug": slug, "state": state}, f"project {slug} is {state}")


_state_command("pause", "paused", "Hand out no more work; pages already claimed are still taken.")
_state_command("resume", "active", "Hand out work again.")
_state_command("close", "closed", "End a project.")


def micros(amount: str, where: str) -> int:
    """Return an amount in dollars as micro-dollars."""
    try:
        return to_micros(amount)
    except ValueError as error:
        raise bad_input(where, str(error)) from None


def _money(overview: dict[str, Any]) -> str:
    spent, held, cap = (display(overview[f"{name}_micros"]) for name in ("spent", "held", "cap"))
    return f"{spent} spent, {held} held, cap {cap}"


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in settings.items() if value is not None}
    if "price" in given:
        given["price_micros"] = micros(given.pop("price"), "--price")
    return given


def _described(project: Project, labels: list[str]) -> dict[str, Any]:
    settings = {name: getattr(project, name) for name in SHOWN}
    return {"slug": project.slug, "labels": labels, **settings, "price": dollars(project.price_micros)}
