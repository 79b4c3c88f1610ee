"""The express way: an ordinary page is claimed in two short statements, without a session.

Whatever is out of the ordinary (a page still held, a quiz, a cap, too few items left) returns None, having
changed nothing; the general way then does it, or says what is wrong. `collect.express` is the way back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from crowd.db import Line
from crowd.models import Project
from crowd.services import pack
from crowd.services.page import at_once, gold, hold, look, terms
from crowd.services.page.at_once import Mix
from crowd.services.page.hold import Draft, Held
from crowd.services.page.look import Caller, Card, Standing
from crowd.services.page.terms import Terms


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that was claimed, with its questions' JSON."""

    caller: Caller
    project: Project
    terms: Terms
    token: str
    held: Held


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordinary page that somebody may be given, before it is known what is on it."""

    project: Project
    terms: Terms
    draft: Draft
    gold: int  # so many questions of it
    rng: Random

    @property
    def mix(self) -> Mix:
        """Draw where each question stands, and the gold to choose from: once, for it moves chance on."""
        positions = list(range(1, self.project.hit_size + 1))
        self.rng.shuffle(positions)
        candidates = gold.candidates(self.terms.deck, wanted=self.gold, rng=self.rng)
        return Mix(self.project.hit_size, self.gold, candidates, positions)

    def taken(self, caller: Caller, held: Held | None) -> Taken | None:
        """Return the page, where it was held."""
        return None if held is None else Taken(caller, self.project, self.terms, self.draft.token, held)


def claim(line: Line, card: Card, project_id: int, *, ahead: bool, now: datetime) -> Taken | None:
    """Give a worker a whole page of ordinary work; None where anything about it is special.

    Raises:
        terms.Unread: this process has not read the project as it is now.
    """
    standing = look.at_claim(line, card, project_id, now=now)
    if standing is None or not _wants_another(standing, ahead=ahead):
        return None
    planned = plan(standing, *terms.kept(line, project_id, standing.revision), ahead=standing.holds_first)
    if planned is None:
        return None
    if line.is_sqlite:
        held = take_and_hold(line, standing.caller, planned, now=now)
    else:
        held = at_once.take_and_hold(
            line, planned.project, standing.caller, planned.draft, planned.mix, now=now
        )
    return planned.taken(standing.caller, held)


def plan(standing: Standing, project: Project, in_force: Terms, *, ahead: bool) -> Plan | None:
    """Return the ordinary page that someone of this standing may be given; None where there is more to it."""
    if not _is_open_to_all(project) or (in_force.training and not standing.has_begun):
        return None
    token = secrets.token_urlsafe(16)
    # As good a seed as the number of the claim, which would have to be counted.
    rng = Random(f"{project.seed}:{token}")
    share = gold.share(project, standing.gold_share)
    # Without any gold there is none to look for.
    count = pack.gold_count(project.hit_size, share, rng) if in_force.deck else 0
    draft = Draft(
        token,
        in_force.told.id,
        ahead=ahead,
        price_micros=project.price_at(standing.caller.channel),
        order=hold.order(project, is_proven=standing.is_proven),
    )
    return Plan(project, in_force, draft, count, rng)


def take_and_hold(line: Line, caller: Caller, planned: Plan, *, now: datetime) -> Held | None:
    """Take and hold a page on SQLite; None, and nothing is held, unless there is all of it."""
    project, draft, count, rng = planned.project, planned.draft, planned.gold, planned.rng
    taken = hold.take(line, project, caller, project.hit_size, order=draft.order)
    # Gold is looked for and everything read alike, wanted or not: how long it takes tells less.
    chosen = gold.draw(line, planned.terms.deck, caller.id, wanted=max(count, 1), rng=rng)[:count]
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
    return Held(hold.worded(shown[item_id][1] for item_id, _ in asked), until)


def _wants_another(standing: Standing, *, ahead: bool) -> bool:
    # A page still held is given again, and one fetched ahead becomes the first: both the general way.
    return not standing.holds_second and (ahead or not standing.holds_first)


def _is_open_to_all(project: Project) -> bool:
    caps = project.worker_cap, project.worker_day_cap
    has_rules = project.qualifications or project.quiz is not None or caps != (None, None)
    return project.state == "active" and not has_rules
