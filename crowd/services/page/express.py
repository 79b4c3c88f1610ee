"""The express way: an ordinary page is claimed in two short statements, without a session.

Whatever is out of the ordinary (a page still held, a quiz, a cap, too few items left) returns None, having
changed nothing; the general way then does it, or says what is wrong. `collect.express` is the way back.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from crowd.db import Line
from crowd.models import Project
from crowd.services import pack
from crowd.services.page import at_once, gold, hold, look, terms
from crowd.services.page.at_once import Mix
from crowd.services.page.hold import Draft
from crowd.services.page.look import Caller, Card, Standing
from crowd.services.page.terms import Terms

Held = tuple[list[str], datetime]


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that was claimed: what its questions show, as JSON text, in order."""

    caller: Caller
    project: Project
    terms: Terms
    token: str
    payloads: Sequence[str]
    lease_until: datetime


def claim(line: Line, card: Card, project_id: int, *, ahead: bool, now: datetime) -> Taken | None:
    """Give a worker a whole page of ordinary work; None where anything about it is special.

    Raises:
        terms.Unread: this process has not read the project as it is now.
    """
    standing = look.at_claim(line, card, project_id, now=now)
    if standing is None or not _wants_another(standing, ahead=ahead):
        return None
    known = project, in_force = terms.kept(line, project_id, standing.revision)
    if not _is_open_to_all(project):
        return None
    if in_force.training and not standing.has_begun:
        return None
    token = secrets.token_urlsafe(16)
    # As good a seed as the number of the claim, which would have to be counted.
    rng = Random(f"{project.seed}:{token}")
    # Without any gold there is none to look for.
    count = (
        pack.gold_count(project.hit_size, gold.share(project, standing.gold_share), rng)
        if in_force.deck
        else 0
    )
    price = project.price_at(standing.caller.channel)
    draft = Draft(
        token,
        in_force.told.id,
        ahead=standing.holds_first,
        price_micros=price,
        order=hold.order(project, is_proven=standing.is_proven),
    )
    hold_page = _on_sqlite if line.is_sqlite else _on_postgresql
    held = hold_page(line, known, standing.caller, draft, count, rng, now)
    return None if held is None else Taken(standing.caller, project, in_force, token, *held)


def _wants_another(standing: Standing, *, ahead: bool) -> bool:
    # A page still held is given again, and one fetched ahead becomes the first: both the general way.
    return not standing.holds_second and (ahead or not standing.holds_first)


def _is_open_to_all(project: Project) -> bool:
    caps = project.worker_cap, project.worker_day_cap
    has_rules = project.qualifications or project.quiz is not None or caps != (None, None)
    return project.state == "active" and not has_rules


def _on_postgresql(
    line: Line,
    known: tuple[Project, Terms],
    caller: Caller,
    draft: Draft,
    count: int,
    rng: Random,
    now: datetime,
) -> Held | None:
    project, in_force = known
    positions = list(range(1, project.hit_size + 1))
    rng.shuffle(positions)
    candidates = gold.candidates(in_force.deck, wanted=count, rng=rng)
    mix = Mix(project.hit_size, count, candidates, positions)
    return at_once.take_and_hold(line, project, caller, draft, mix, now=now)


def _on_sqlite(
    line: Line,
    known: tuple[Project, Terms],
    caller: Caller,
    draft: Draft,
    count: int,
    rng: Random,
    now: datetime,
) -> Held | None:
    project, in_force = known
    taken = hold.take(line, project, caller, project.hit_size, order=draft.order)
    # Gold is looked for and everything read alike, wanted or not: how long it takes tells less.
    chosen = gold.draw(line, in_force.deck, caller.id, wanted=max(count, 1), rng=rng)[:count]
    if len(taken) < project.hit_size or len(chosen) < count:
        return None
    taken = taken[: project.hit_size - count]
    if not hold.reserve(line, project, draft.price_micros * count, token=draft.token, now=now):
        return None
    asked: list[tuple[int, int | None]] = [(item_id, None) for item_id, _, _ in taken]
    asked += [(item_id, gold_id) for gold_id, item_id in chosen]
    rng.shuffle(asked)
    shown = hold.shown(line, [item_id for item_id, _ in asked])
    until = hold.hold(line, project, caller, replace(draft, asked=asked), now=now)
    return [shown[item_id][1] for item_id, _ in asked], until
