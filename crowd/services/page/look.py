"""One statement that says who comes, and all that an ordinary claim or submission of theirs needs to know.

A row is the plain answer: this worker may, as far as a database can tell. Where there is none, the general
way finds out why not, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from crowd.db import Line
from crowd.models.conditions import IN_FORCE
from crowd.services import plain
from crowd.services.access import sessions, tokens
from crowd.services.page import accept
from crowd.services.page.accept import Claimed
from crowd.services.plain import Sql

Pass = Literal["token", "session"]
TABLES: dict[Pass, str] = {"token": "worker_token", "session": "web_session"}
# A session whose last visit is worth noting goes the general way, which writes it down.
LIVE: dict[Pass, str] = {
    "token": "pass.revoked_at IS NULL",
    "session": "pass.revoked_at IS NULL AND pass.expires_at > :now AND pass.seen_at >= :seen",
}
_WORKER = """
    pass.digest, worker.id, worker.channel, worker.pseudonym
"""
_HOLDER = """
    {table} AS pass JOIN worker ON worker.id = pass.worker_id AND worker.erased_at IS NULL
"""
# 1 for the page that is held, 2 for the one fetched ahead; there is never more than one of each.
_HOLDS = """
    (SELECT COALESCE(SUM(CASE WHEN assignment.ahead THEN 2 ELSE 1 END), 0) FROM assignment
        WHERE assignment.worker_id = worker.id AND assignment.project_id = project.id
        AND assignment.work = 'assigned')
"""
_STANDS = """
    project.revision, {holds}, standing.gold_share,
    standing.trained_at IS NOT NULL OR COALESCE(standing.answers, 0) > 0, COALESCE(standing.proven, false)
"""
_STANDING = """
    LEFT JOIN standing ON standing.project_id = project.id AND standing.worker_id = worker.id
"""
_UNRESTRICTED = f"""
    NOT EXISTS (SELECT 1 FROM restriction WHERE restriction.worker_id = worker.id
        AND (restriction.project_id = project.id OR restriction.project_id IS NULL)
        AND {IN_FORCE})
"""  # noqa: S608 - put together from constants
_THEIRS = """
    project.requester_id + 0 = worker.requester_id
    AND worker.channel IN (project.channel, project.second_channel)
"""
_CLAIM = """
    SELECT {worker}, {stands}
    FROM {holder} JOIN project ON project.id = :project AND {theirs} {standing}
    WHERE pass.public_id = :public_id AND {live} AND {unrestricted}
"""
# `+ 0`, so that a page is looked up by its token and a project by its number, not among all of somebody's.
_SUBMIT = """
    SELECT {worker}, {found}
    FROM {holder} JOIN assignment ON assignment.token = :token AND assignment.worker_id + 0 = worker.id
        JOIN project ON project.id = assignment.project_id
    WHERE pass.public_id = :public_id AND {live}
"""
_SUBMIT_AND_CLAIM = """
    SELECT {worker}, {stands}, {found}
    FROM {holder} JOIN assignment ON assignment.token = :token AND assignment.worker_id + 0 = worker.id
        JOIN project ON project.id = assignment.project_id AND {theirs} {standing}
    WHERE pass.public_id = :public_id AND {live} AND {unrestricted}
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a worker comes with: a token, or the cookie of a session."""

    kind: Pass
    public_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A worker who has shown their card."""

    id: int
    channel: str
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker who claims is and holds."""

    caller: Caller
    revision: int  # of the project
    holds_first: bool
    holds_second: bool  # a page fetched ahead
    gold_share: float | None  # of their next page, see `gold.share`; None before the first is counted
    has_begun: bool  # behind them: the training questions, or work done before there were any
    is_proven: bool  # their answers say more than most


def at_claim(line: Line, card: Card, project_id: int, *, now: datetime) -> Standing | None:
    """Return what a claim needs to know; None unless the worker may claim, as far as this tells."""
    row = _CLAIMING[card.kind](line, project=project_id, **_shown(line, card, now)).first()
    return _standing(row) if row is not None and tokens.matches(row[0], card.secret) else None


def at_submission(line: Line, card: Card, token: str, *, now: datetime) -> tuple[Caller, Claimed] | None:
    """Return who submits, and the page of theirs under a token."""
    row = _SUBMITTING[card.kind](line, token=token, **_shown(line, card, now)).first()
    if row is None or not tokens.matches(row[0], card.secret):
        return None
    return Caller(*row[1:4]), accept.claimed(row[4:])


def at_both(line: Line, card: Card, token: str, *, now: datetime) -> tuple[Standing, Claimed] | None:
    """Return what a claim needs to know of who submits, and the page of theirs under a token.

    None as well where the worker may hand in what they hold, but claim no more.
    """
    row = _DOING_BOTH[card.kind](line, token=token, **_shown(line, card, now)).first()
    if row is None or not tokens.matches(row[0], card.secret):
        return None
    return _standing(row), accept.claimed(row[9:])


def _standing(row: Sequence[Any]) -> Standing:
    revision, holds, gold_share, has_begun, is_proven = row[4:9]
    return Standing(
        Caller(*row[1:4]),
        revision,
        holds_first=bool(holds & 1),
        holds_second=bool(holds & 2),
        gold_share=gold_share,
        has_begun=bool(has_begun),
        is_proven=bool(is_proven),
    )


def _shown(line: Line, card: Card, now: datetime) -> dict[str, Any]:
    shown: dict[str, Any] = {"public_id": card.public_id, "now": plain.moment(line, now)}
    if card.kind == "session":
        shown["seen"] = plain.moment(line, now - sessions.SEEN_RESOLUTION)
    return shown


def _for(text: str, kind: Pass) -> Sql:
    parts = {
        "worker": _WORKER,
        "holder": _HOLDER.format(table=TABLES[kind]),
        "live": LIVE[kind],
        "stands": _STANDS.format(holds=_HOLDS),
        "standing": _STANDING,
        "theirs": _THEIRS,
        "unrestricted": _UNRESTRICTED,
    }
    return Sql(**{database: text.format(found=found, **parts) for database, found in accept.FOUND.items()})


_CLAIMING = {kind: _for(_CLAIM, kind) for kind in TABLES}
_SUBMITTING = {kind: _for(_SUBMIT, kind) for kind in TABLES}
_DOING_BOTH = {kind: _for(_SUBMIT_AND_CLAIM, kind) for kind in TABLES}
