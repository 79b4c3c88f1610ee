"""`crowd step`: one turn of the loop."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import loop
from crowd.services.loop import Turn


@click.command("step")
@click.argument("slug")
@works_on_database
def command(place: Workplace, *, slug: str) -> None:
    """Take in what came, judge it, decide, and ask the next questions: one turn of the loop."""
    with place.database.write() as session:
        project = place.project(session, slug)
    turn = loop.step(place.database, project.id, clock=utc_now)
    place.show(described(turn), _lines(turn))


def described(turn: Turn) -> dict[str, Any]:
    """Return a turn as plain values."""
    return {**asdict(turn), "idle": turn.idle}


def _lines(turn: Turn) -> list[str]:
    decided = turn.decided
    lines = [
        f"{turn.graded} answers graded against gold, {turn.restricted} workers restricted",
        f"{decided.enough} items settled, {decided.more} get another answer, {decided.give_up} given up",
        f"{turn.asked} answers asked for, {turn.paid} pages paid, {turn.expired} leases expired",
    ]
    if decided.expert:
        lines.append(f"{decided.expert} items wait for an expert")
    if turn.fired:
        lines.append(f"rules acted {turn.fired} times; see: crowd rules firings")
    if turn.audited:
        lines.append(f"{turn.audited} answers asked for to check settled labels")
    if turn.stopped:
        lines.append(f"no further item is asked about: {turn.stopped}")
    if turn.paused_funds:
        lines.append("paused_funds: the account at the endpoint is short; then: crowd publish --resume")
    lines += [*_of_two_channels(turn), *_gold(turn)]
    if decided.unfunded:
        lines.append(f"{decided.unfunded} items want another answer that the budget does not cover")
    if turn.fallback:
        lines.append(turn.fallback)
    if turn.version:
        lines.append(f"training set version {turn.version}")
    if turn.model_version:
        lines.append(f"model {turn.model_version}")
    return lines


def _of_two_channels(turn: Turn) -> list[str]:
    over = [f"{turn.handed_over} places handed over to the second channel"] if turn.handed_over else []
    alone = [f"the pool went on without the endpoint: {turn.unreached}"] if turn.unreached else []
    return over + alone


def _gold(turn: Turn) -> list[str]:
    disputed = f"{turn.gold_disputed} gold contradicted by good workers; then: crowd review queue"
    warned = [f"warning: {turn.gold_warning}"] if turn.gold_warning else []
    return ([disputed] if turn.gold_disputed else []) + warned
