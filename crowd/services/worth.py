"""What another answer to an item is worth: the right labels it is expected to gain, against its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from aggregation.panel import CAUTION
from crowd import frames
from crowd.db import chunks
from crowd.models import Consensus, ConsensusRun, Item, Project, Worker
from crowd.services import pay
from crowd.services.setup import label_sets
from crowd.services.trust import standings
from crowd.task_types import TASK_TYPES
from qc.gain import confusions, evidence, gains
from qc.routing import proven

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Next:
    """The next answer to an item: whose it would be, and what it is expected to gain.

    The gain is in right labels for the price of an answer of the own channel, whoever gives it.
    """

    gain: float
    from_second: bool = False
    compared: str | None = None  # the channels with each other, where that decided


UNKNOWN = Next(np.inf)


def is_weighed(project: Project) -> bool:
    """Tell whether a project wants to know what answers gain."""
    return least_gain(project) is not None or project.routing or project.second_when == "worth"


def least_gain(project: Project) -> float | None:
    """Return how many right labels an answer must be expected to gain to be worth its price; None: any."""
    if not project.label_value_micros or not project.price_micros:
        return None
    return min(project.price_micros / project.label_value_micros, 0.99)


def expert(project: Project) -> float | None:
    """Return the price of an expert's answer in prices of an ordinary one; None where none is asked."""
    if not project.expert_price_micros:
        return None
    return project.expert_price_micros / max(project.price_micros, 1)


def expected(session: Session, project: Project, run: ConsensusRun) -> dict[int, Next]:
    """Return by item what another answer is expected to gain, from the workers as the run sees them.

    The next worker is taken to be one of those who answer on a channel now, the busier the likelier; where
    nobody has answered on it yet, one of all. Items that the run says nothing of are left out, and all of
    them where answers are no labels. Where the project asks the best workers first, they are marked on the
    way.
    """
    if not TASK_TYPES[project.task_type].is_categorical:
        return {}
    frame = frames.read_answers(session, project, label_sets.current(session, project).labels)
    said = _said(session, run)
    known = [place for place, item_id in enumerate(frame.item_ids.tolist()) if item_id in said]
    if not known:
        return {}
    labels = len(frame.answers.labels)
    posterior = np.full((len(frame.item_ids), labels), 1.0 / labels)
    posterior[known] = [said[int(frame.item_ids[place])].posterior for place in known]
    workers = confusions(frame.answers, posterior)
    busy = np.bincount(frame.answers.worker, minlength=len(workers))
    if project.routing:
        standings.prove(session, project, frame.worker_ids[proven(workers, busy)].tolist())
    votes = np.bincount(frame.answers.item, minlength=len(posterior))
    facts, mixes = evidence(workers), _mixes(session, project, frame.worker_ids.tolist(), busy)
    found = [
        gains(
            posterior[known],
            votes[known],
            np.maximum(project.max_overlap - votes[known], 0),
            facts.mixed(mix),
            temperature=CAUTION if run.method == "panel" else 1.0,
        )
        for mix in mixes
    ]
    ids = frame.item_ids[known].tolist()
    rows = zip(votes[known].tolist(), *(each.tolist() for each in found), strict=True)
    return {item_id: _next(project, *row) for item_id, row in zip(ids, rows, strict=True)}


def _mixes(session: Session, project: Project, workers: Sequence[int], busy: Counts) -> list[Floats]:
    """Return for each channel how likely each worker is to answer next, up to a factor."""
    weights = busy.astype(np.float64)
    if project.second_channel is None:
        return [weights]
    on: dict[int, str] = {}
    for some in chunks(workers):
        query = select(Worker.id, Worker.channel).where(Worker.id.in_(some))
        on.update({worker_id: channel for worker_id, channel in session.execute(query)})
    theirs = [weights * [on[worker] == channel for worker in workers] for channel in project.channels]
    return [each if each.any() else weights for each in theirs]


def _next(project: Project, votes: int, own: float, other: float | None = None) -> Next:
    """Say which channel the next answer comes from."""
    if other is None:
        return Next(own)
    prices = [pay.answer_micros(project, channel) for channel in project.channels]
    at_own_price = other * prices[0] / prices[1] if all(prices) else other
    if project.second_when != "worth":
        breaks_ties = project.second_when == "tie_break" and votes >= project.overlap
        return Next(at_own_price, from_second=True) if breaks_ties else Next(own)
    return weighed(project.channels, prices, own, other)


def weighed(channels: Sequence[str], prices: Sequence[int], own: float, other: float) -> Next:
    """Choose the channel whose next answer gains more for its price, the own one where both gain alike."""
    first, second = (1e6 * gain / price for gain, price in zip((own, other), prices, strict=True))
    if second > first:
        text = f"{channels[1]}: {second:.3g} right labels per $ against {first:.3g} from {channels[0]}"
        return Next(other * prices[0] / prices[1], from_second=True, compared=text)
    text = f"{channels[0]}: {first:.3g} right labels per $ against {second:.3g} from {channels[1]}"
    return Next(own, compared=text)


def rank(session: Session, found: Mapping[int, float]) -> None:
    """Let the items that gain most be asked first."""
    rows = [{"one": item_id, "place": -gain} for item_id, gain in found.items()]
    if rows:
        statement = update(Item).where(Item.id == bindparam("one")).values(rank=bindparam("place"))
        # On the connection: a session would read a list of parameters as an update by primary key.
        session.connection().execute(statement, rows)


def _said(session: Session, run: ConsensusRun) -> dict[int, Consensus]:
    query = select(Consensus).where(Consensus.run_id == run.id)
    return {row.item_id: row for row in session.scalars(query) if row.posterior}
