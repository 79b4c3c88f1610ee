"""Is the label sure enough, or is another answer worth its price? Decided item by item, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import bulk, chunks
from crowd.models import Consensus, ConsensusRun, Decision, Item, Project
from crowd.models.states import advance
from crowd.services import locks, publish, rules, worth
from crowd.services.honesty import audit_slice
from qc.decide import ACTIONS, Action, Policy, decide_all, reason

# Answers from which on machines may overrule people.
FEWEST_AGAINST = 2
# What ends the asking about an item.
ENDING: Final[tuple[Action, ...]] = ("enough", "give_up", "expert")


@dataclass(frozen=True, slots=True)
class Decided:
    """How many items were settled, given up, left to an expert, or given another answer.

    `unfunded` wanted another answer too.
    """

    enough: int = 0
    more: int = 0
    give_up: int = 0
    unfunded: int = 0
    expert: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    item_id: int
    state: str
    votes: int
    confidence: float
    pending: int  # answers wanted that are not here yet
    next: worth.Next = worth.UNKNOWN  # what another answer is expected to gain, and whose it would be
    is_provisional: bool = False

    @property
    def gain(self) -> float:
        return self.next.gain


def policy(project: Project) -> Policy:
    """Return when this project stops buying answers to an item."""
    return Policy(
        min_answers=project.overlap,
        max_answers=project.max_overlap,
        confidence=project.confidence,
        overlap=project.overlap,
        least_gain=worth.least_gain(project),
        expert=worth.expert(project),
    )


def decide(session: Session, project: Project, run: ConsensusRun, *, now: datetime) -> Decided:
    """Settle the items that are sure, ask once more about those worth it, give up on the rest.

    Where the budget does not reach for all, those come first that gain most by another answer, or are the
    most doubtful. A settled item whose confidence has fallen since is asked about again.
    """
    locks.step(session, project)
    gain = worth.expected(session, project, run) if worth.is_weighed(project) else {}
    return _act(session, project, run, _cases(session, project, run, gain), now)


def decide_soon(
    session: Session,
    project: Project,
    run: ConsensusRun,
    said: Mapping[int, tuple[int, float]],
    *,
    now: datetime,
) -> Decided:
    """Decide the same about some items by what is taken for their labels since a run; it may be reopened.

    `said` are the votes of each item, and how sure its label is.
    """
    query = select(Item.id, Item.state, Item.wanted).order_by(Item.id)
    cases = [
        _soon(item_id, state, wanted, *said[item_id])
        for some in chunks(sorted(said))
        for item_id, state, wanted in session.execute(query.where(Item.id.in_(some)))
    ]
    return _act(session, project, run, cases, now)


def _act(
    session: Session, project: Project, run: ConsensusRun, found: Sequence[_Case], now: datetime
) -> Decided:
    by_action = _judged(project, _decidable(session, project, found))
    enough, given_up, for_experts = (
        [case for case in by_action[action] if case.state == "asking"] for action in ENDING
    )
    wanting = [case for case in by_action["more"] if not case.pending]
    wanting.sort(key=lambda case: (-case.gain, case.confidence))
    locks.items(session, [case.item_id for case in (*enough, *given_up, *for_experts, *wanting)])
    for action, ended in zip(ENDING, (enough, given_up, for_experts), strict=True):
        _end(session, project, run, ended, action, now)
    more = _ask_again(session, project, run, wanting, now)
    return Decided(len(enough), more, len(given_up), len(wanting) - more, len(for_experts))


def _decidable(session: Session, project: Project, found: Sequence[_Case]) -> list[_Case]:
    """Leave out what the audit slice looks at, and what a rule wants more answers to that are under way."""
    looked_at = audit_slice.under_way(session, project)
    raised = rules.raised(session, project)
    return [
        case
        for case in found
        if case.item_id not in looked_at and not (case.pending and case.votes < raised.get(case.item_id, 0))
    ]


def _judged(project: Project, cases: Sequence[_Case]) -> dict[Action, list[_Case]]:
    """Sort cases by what is to be done about them."""
    votes = np.array([case.votes for case in cases], dtype=np.int64)
    confidence = np.array([case.confidence for case in cases], dtype=np.float64)
    gain = np.array([case.gain for case in cases], dtype=np.float64)
    sorted_out: dict[Action, list[_Case]] = {action: [] for action in ACTIONS}
    for case, code in zip(cases, decide_all(votes, confidence, policy(project), gain=gain), strict=True):
        sorted_out[ACTIONS[code]].append(case)
    return sorted_out


def _ask_again(
    session: Session, project: Project, run: ConsensusRun, wanting: Sequence[_Case], now: datetime
) -> int:
    """Open a place on each of these items, the first first, as far as the budget reaches; return how many."""
    chosen = {case.item_id for case in wanting if case.next.from_second}
    funded = publish.fundable(session, project, [case.item_id for case in wanting], chosen=chosen)
    reached = set(funded)
    more = [case for case in wanting if case.item_id in reached]
    cause = f"{run.id}:{_next_number(session)}"
    publish.ask_again(session, project, funded, cause=cause, chosen=chosen, now=now)
    worth.rank(session, {case.item_id: case.gain for case in more if np.isfinite(case.gain)})
    _record(session, project, run, more, "more", now)
    return len(more)


def _end(
    session: Session,
    project: Project,
    run: ConsensusRun,
    cases: Sequence[_Case],
    action: Action,
    now: datetime,
) -> None:
    """Stop asking about these items; places nobody holds are taken back."""
    if not cases:
        return
    item_ids = [case.item_id for case in cases]
    cause = f"{run.id}:{_next_number(session)}"
    publish.withdraw(session, project, item_ids, cause=cause, now=now)
    state = "settled" if action == "enough" else "given_up"
    for some in chunks(item_ids):
        advance(session, Item, "state", ("asking", state), Item.id.in_(some))
    _record(session, project, run, cases, action, now)


def _record(
    session: Session,
    project: Project,
    run: ConsensusRun,
    cases: Sequence[_Case],
    action: Action,
    now: datetime,
) -> None:
    rule = policy(project)
    at = bulk.written(session, Decision.__table__.c.created_at, now)
    bulk.insert(
        session,
        Decision.__table__,
        {
            "item_id": [case.item_id for case in cases],
            "reason": [_reason(action, case, rule) for case in cases],
        },
        same={"project_id": project.id, "run_id": run.id, "action": action, "created_at": at},
    )


def _reason(action: Action, case: _Case, rule: Policy) -> str:
    said = reason(action, case.votes, case.confidence, rule, gain=case.gain)
    if case.is_provisional:
        return f"provisional: {said}"
    return f"{said}; {case.next.compared}" if action == "more" and case.next.compared else said


def _cases(
    session: Session, project: Project, run: ConsensusRun, gain: Mapping[int, worth.Next]
) -> list[_Case]:
    """Return every item that is or was asked about, with what the run says of it."""
    query = (
        select(Item.id, Item.state, Item.wanted, Consensus)
        .outerjoin(Consensus, (Consensus.item_id == Item.id) & (Consensus.run_id == run.id))
        .where(Item.project_id == project.id, Item.state.in_(("asking", "settled")))
        .order_by(Item.id)
    )
    return [_case(*row, following=gain.get(row[0], worth.UNKNOWN)) for row in session.execute(query)]


def _case(item_id: int, state: str, wanted: int, said: Consensus | None, *, following: worth.Next) -> _Case:
    votes = said.votes if said else 0
    confidence = _confidence(said) if said else 0.0
    # One person against the machines says more than the posterior: another answer is needed.
    return _Case(
        item_id, state, votes, confidence, wanted - votes, following if confidence else worth.UNKNOWN
    )


def _soon(item_id: int, state: str, wanted: int, votes: int, confidence: float) -> _Case:
    return _Case(item_id, state, votes, confidence, wanted - votes, worth.UNKNOWN, is_provisional=True)


def _confidence(said: Consensus) -> float:
    """Return how sure the label is; one person whom the machines contradict settles nothing."""
    alone = said.human_posterior
    if alone is not None and said.votes < FEWEST_AGAINST and np.argmax(alone) != np.argmax(said.posterior):
        return 0.0
    return said.confidence


def _next_number(session: Session) -> int:
    return (session.scalar(select(Decision.id).order_by(Decision.id.desc()).limit(1)) or 0) + 1
