"""The demo's report: one HTML file that needs no network, no script and no server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from crowd.trials import charts
from crowd.trials.digits import METHOD, SELECTED, Outcome, Round
from crowd.trials.handwriting import HELD_OUT
from crowd.trials.measure import METHOD_NAMES, Labels, WorkerRow, caught
from crowd.web.templates import folder
from workers.money import display
from workers.simulated import BAD

KINDS = {
    "good": "good",
    "sloppy": "sloppy",
    "random": "random: never look, press anything",
    "constant": "constant: never look, always press the same",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """All workers of one kind together."""

    name: str
    text: str
    people: int
    accuracy: float
    answers: int
    graded: int
    correct: int
    out: int


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method on the answers of both sides."""

    name: str
    own: bool
    selected: Labels
    at_random: Labels


def render(outcome: Outcome, *, command: str) -> str:
    """Return the report; `command` is what starts a server on the demo's database."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder()), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(percent=percent, money=display, thousands=thousands)
    page = environment.get_template("report/demo.html")
    return page.render(charts=charts.all_charts(outcome), command=command, **facts(outcome))


def facts(outcome: Outcome) -> dict[str, Any]:
    """Return what the template says, by the names it says it under."""
    plan, rounds, found = outcome.plan, outcome.rounds, outcome.selected
    end, other, policy = rounds[-1].selected, rounds[-1].at_random, SELECTED.settings
    return {
        "plan": plan,
        "rounds": rounds,
        "end": end,
        "other": other,
        "found": found,
        "images": thousands(plan.images),
        "held_out": HELD_OUT,
        "price": display(plan.price_micros),
        "target": policy.confidence,
        "overlap": policy.overlap,
        "max_overlap": policy.max_overlap,
        "headline": headline(rounds),
        "catching_up": catching_up(rounds),
        "first_step": first_step(rounds),
        "settled_early": int((found.labels[METHOD].votes <= policy.overlap).sum()),
        "blind": caught(found.workers, *BAD),
        "good": caught(found.workers, "good"),
        "methods": [
            MethodRow(
                shown,
                name == METHOD,
                found.labels[name],
                outcome.at_random.labels[name],
            )
            for name, shown in METHOD_NAMES.items()
        ],
        "kinds": [
            _kind(name, found.workers) for name in KINDS if any(row.kind == name for row in found.workers)
        ],
        "workers": found.workers,
        "disputes": found.disputes,
        "versions": found.versions,
        "mix": ", ".join(f"{share:.0%} {kind}" for kind, share in plan.mix.items()),
    }


def headline(rounds: Sequence[Round]) -> str:
    """Say in one line how the two sides compare."""
    end, other = rounds[-1].selected, rounds[-1].at_random
    return (
        f"{display(end.spent_micros)} of answers taught a model {percent(end.model_accuracy)} of the digits. "
        f"Spent at random: {percent(other.model_accuracy)}"
    )


def catching_up(rounds: Sequence[Round]) -> str:
    """Say after how many answers crowd was where the other side ended, if it ever was."""
    goal = rounds[-1].at_random
    there = next((r.selected for r in rounds if r.selected.model_accuracy >= goal.model_accuracy), None)
    if there is None:
        return f"Spending at random ended ahead, at {percent(goal.model_accuracy)}."
    if there.answers == 0:
        return f"Spending at random ended at {percent(goal.model_accuracy)}, no better than the seeds alone."
    return (
        f"What {thousands(goal.answers)} answers at random came to, {percent(goal.model_accuracy)}, "
        f"crowd passed with {thousands(there.answers)}."
    )


def first_step(rounds: Sequence[Round]) -> str:
    """Say why the first labels bought at random did harm, if they did."""
    start, first = rounds[0].at_random, rounds[1].at_random
    if first.model_accuracy >= start.model_accuracy:
        return ""
    return (
        f"At random, the first {first.labeled} labels made the model worse than the seeds alone: "
        f"{percent(first.label_accuracy, 0)} of them were right, as nobody knew yet whose answers to trust."
    )


def percent(share: float, digits: int = 1) -> str:
    """Write a share for people; a dash where there is none."""
    return "–" if isnan(share) else f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def thousands(number: int) -> str:
    """Write a whole number for people."""
    return f"{number:,}"


def _kind(name: str, workers: Sequence[WorkerRow]) -> Kind:
    rows = [row for row in workers if row.kind == name]
    return Kind(
        name=name,
        text=KINDS[name],
        people=len(rows),
        accuracy=sum(row.accuracy for row in rows) / len(rows),
        answers=sum(row.answers for row in rows),
        graded=sum(row.graded for row in rows),
        correct=sum(row.correct for row in rows),
        out=sum(row.verdict is not None for row in rows),
    )
