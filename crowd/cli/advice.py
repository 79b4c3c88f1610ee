"""`crowd project advice`: what the answers say about the question."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.services.reports import guidance
from crowd.services.reports.guidance import SAID, Advice


@click.command("advice")
@click.argument("slug")
@works_on_database
def command(place: Workplace, *, slug: str) -> None:
    """Say what the instructions should say better.

    Which labels do good workers mix up more than chance would, which items divide them, and what is handed
    back unanswered? Workers whose answers say little about the truth do not count here.
    """
    with place.database.write() as session:
        found = guidance.advise(session, place.project(session, slug))
    place.show(asdict(found), _lines(found))


def _lines(found: Advice) -> list[str]:
    lines = [f"{found.doubtful} of {found.items} items are doubtful or divide good workers"]
    lines += ["", *(f"- {question}" for question in found.questions)] if found.questions else []
    lines += ["", table(_pairs(found))] if found.pairs else []
    lines += ["", table([asdict(hard) for hard in found.hard])] if found.hard else []
    lines += [""] if found.unanswered else []
    return lines + [
        f"{each.skips} times workers {SAID[each.reason]} ({each.rate:.1%} of questions): "
        + ", ".join(each.examples)
        for each in found.unanswered
    ]


def _pairs(found: Advice) -> list[dict[str, Any]]:
    return [
        {
            "label": pair.one,
            "mixed up with": pair.other,
            "->": pair.one_taken_for_other,
            "<-": pair.other_taken_for_one,
            "by chance": pair.by_chance,
            "examples": ", ".join(pair.examples),
        }
        for pair in found.pairs
    ]
