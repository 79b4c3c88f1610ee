"""The settings of a project as options of a command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import click

from crowd.errors import bad_input
from crowd.models import Project
from crowd.models.project import ORDERINGS, REVIEWS, SECOND_WHEN
from crowd.services.setup.two_channels import PARTNERS
from workers import qualification
from workers.money import dollars, to_micros

SHOWN = (
    "title", "state", "channel", "second_channel", "second_when", "patience_seconds",
    "endpoint", "task_type", "task_options", "overlap", "max_overlap",
    "confidence", "hit_size", "gold_share", "gold_policy", "audit_share", "lease_seconds", "ordering",
    "routing", "review", "quiz",
    "worker_cap", "worker_day_cap", "leaderboard", "strategy", "random_share", "batch_size", "seed", "model",
    "method", "fuse_predictions",
)  # fmt: skip
# Option and setting where the option is an amount of dollars.
AMOUNTS = {
    "price": "price_micros", "hourly": "hourly_micros", "fair_hourly": "fair_hourly_micros",
    "second_price": "second_price_micros",
    "label_value": "label_value_micros", "expert_price": "expert_price_micros",
}  # fmt: skip
UNSET: dict[str, Any] = {
    "confidence": None, "model": None, "hourly": None, "fair-hourly": None, "worker-cap": None,
    "worker-day-cap": None, "quiz": None, "gold-policy": None, "stop": None, "qualifications": [],
    "label-value": None, "expert-price": None, "second": None,
}  # fmt: skip

# Option and setting where the two have different names.
NAMES = {"second": "second_channel", "patience": "patience_seconds"}

_SETTINGS = (
    click.option("--title", help="What labelers see above every page."),
    click.option("--instructions", help="What they are asked to do."),
    click.option("--task-options", metavar="JSON", help="What the task type lets one set, as an object."),
    click.option("--overlap", type=int, help="Answers bought before the first decision.  [default: 3]"),
    click.option("--max-overlap", type=int, help="Most answers an item may get."),
    click.option("--confidence", type=float, help="Stop asking once the label is this sure, e.g. 0.95."),
    click.option(
        "--label-value",
        help="Dollars a right label is worth: answers expected to gain less than they cost are not bought.",
    ),
    click.option("--expert-price", help="Dollars for an expert's answer: for what else would be given up."),
    click.option(
        "--second", type=click.Choice(PARTNERS), help="A second channel whose people are asked too."
    ),
    click.option(
        "--second-when",
        type=click.Choice(SECOND_WHEN),
        help="For places left open too long (overflow), for answers after the first overlap (tie_break), or "
        "where it gains more for the money (worth).  [default: overflow]",
    ),
    click.option("--second-price", help="Dollars for one answer of the second channel."),
    click.option(
        "--patience",
        metavar="TIME",
        help="With overflow: how long places wait, e.g. 90m or 2h.  [default: 1h]",
    ),
    click.option("--hit-size", type=int, help="Questions on a page, gold included.  [default: 10]"),
    click.option("--gold-share", type=float, help="Share of gold among the questions, the same for all."),
    click.option(
        "--gold-policy",
        help="How it falls with proven skill: 'default', or what differs from "
        "share=0.4,first=20,then=0.05,proven=0.01,proven_at=0.8.  [default: default]",
    ),
    click.option(
        "--audit-share", type=float, help="Share of settled items looked at again, e.g. 0.03.  [default: 0]"
    ),
    click.option("--stop", help="When to ask about no new items, e.g. accuracy=0.95,worth=0.25,budget=100."),
    click.option("--lease-seconds", type=int, help="How long a worker may keep a page.  [default: 900]"),
    click.option(
        "--ordering", type=click.Choice(ORDERINGS), help="Finish items, or reach all.  [default: depth]"
    ),
    click.option(
        "--routing/--no-routing",
        default=None,
        help="Ask those whose answers say more than most about what gains most.",
    ),
    click.option("--price", help="Dollars for one answer, e.g. 0.03.  [default: 0]"),
    click.option(
        "--hourly", help="Dollars for an hour of active time; the price is then the most per answer."
    ),
    click.option("--fair-hourly", help="Warn when the median page earns less than this by the hour."),
    click.option("--review", type=click.Choice(REVIEWS), help="Who accepts pages.  [default: automatic]"),
    click.option("--qualifications", help='Who may work, e.g. "skill german >= 0.8 and group radiology".'),
    click.option(
        "--quiz", help="An entrance quiz, e.g. questions=5,pass_mark=0.8,attempts=2,cooling_seconds=3600."
    ),
    click.option("--worker-cap", type=int, help="Most answers of one worker."),
    click.option("--worker-day-cap", type=int, help="Most answers of one worker in a day (UTC)."),
    click.option(
        "--leaderboard/--no-leaderboard", default=None, help="Let workers see each other's progress."
    ),
    click.option("--strategy", help="How items are chosen.  [default: margin]"),
    click.option("--random-share", type=float, help="Part of a batch drawn at random.  [default: 0.25]"),
    click.option("--batch-size", type=int, help="Items chosen at a time.  [default: 100]"),
    click.option("--seed", type=int, help="Makes selection and gold repeatable.  [default: random]"),
    click.option("--model", help="'builtin', or 'module:object' with fit and predict_proba."),
    click.option("--method", help="How answers are aggregated.  [default: by task type]"),
    click.option(
        "--fuse-predictions/--no-fuse-predictions",
        default=None,
        help="Hear predictions beside people's answers once they prove right.  [default: yes]",
    ),
)


def settings_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each setting of a project."""
    for option in reversed(_SETTINGS):
        function = option(function)
    return function


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings behind the options that were given."""
    found = {name: value for name, value in options.items() if value is not None}
    for option, setting in AMOUNTS.items():
        if option in found:
            found[setting] = micros(found.pop(option), f"--{option.replace('_', '-')}")
    for option, read in READERS.items():
        if option in found:
            found[option] = read(found[option], f"--{option.replace('_', '-')}")
    return {NAMES.get(option, option): value for option, value in found.items()}


def unset(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings that these options take back."""
    settings = {name: name.replace("-", "_") for name in names}
    return {(AMOUNTS | NAMES).get(option, option): UNSET[name] for name, option in settings.items()}


def described(project: Project, labels: list[str]) -> dict[str, Any]:
    """Return a project as plain values, money in dollars."""
    settings = {name: getattr(project, name) for name in SHOWN}
    amounts = {option: getattr(project, setting) for option, setting in AMOUNTS.items()}
    money = {option: None if amount is None else dollars(amount) for option, amount in amounts.items()}
    wanted = qualification.text(project.qualifications) or None
    offered = {"posting": project.posting or None, "stop": _stopping(project.stop)}
    return {"slug": project.slug, "labels": labels, **settings, **offered, "qualifications": wanted, **money}


def micros(amount: str, where: str) -> int:
    """Return an amount in dollars as micro-dollars."""
    try:
        return to_micros(amount)
    except ValueError as error:
        raise bad_input(where, str(error)) from None


def requirements(text: str, where: str) -> list[dict[str, Any]]:
    """Return qualifications as data."""
    try:
        return qualification.parse(text)
    except ValueError as error:
        raise bad_input(where, str(error)) from None


def json_object(text: str, where: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise bad_input(where, f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise bad_input(where, "must be a JSON object")
    return value


def _patience(text: str, where: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    if found is None:
        raise bad_input(where, "write it as 45s, 90m, 2h or 1d")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]


def _quiz(text: str, where: str) -> dict[str, Any]:
    return _numbers(text, where, "questions=5,pass_mark=0.8,attempts=2")


def _gold_policy(text: str, where: str) -> dict[str, Any]:
    return {} if text.strip() == "default" else _numbers(text, where, "share=0.4,first=20,then=0.05")


def _stop(text: str, where: str) -> dict[str, Any]:
    given = _numbers(text, where, "accuracy=0.95,worth=0.25,budget=100")
    for name in ("worth", "budget"):
        if name in given:
            given[f"{name}_micros"] = micros(str(given.pop(name)), f"{where}: {name}")
    return given


def _stopping(stop: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a stop rule with its amounts in dollars."""
    amounts = {name: value for name, value in (stop or {}).items() if name.endswith("_micros")}
    shown = {name.removesuffix("_micros"): dollars(value) for name, value in amounts.items()}
    return {name: value for name, value in (stop or {}).items() if name not in amounts} | shown or None


def _numbers(text: str, where: str, example: str) -> dict[str, Any]:
    try:
        pairs = dict(part.strip().split("=", 1) for part in text.split(","))
        return {name: value if value.isalpha() else json.loads(value) for name, value in pairs.items()}
    except ValueError:
        raise bad_input(where, f"write it as {example}") from None


READERS: dict[str, Callable[[str, str], Any]] = {
    "qualifications": requirements,
    "quiz": _quiz,
    "gold_policy": _gold_policy,
    "stop": _stop,
    "patience": _patience,
    "task_options": json_object,
}
