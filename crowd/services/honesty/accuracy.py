"""Claimed against true: what the labels of a project claim, and what its audit slice says of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import AuditPick, Consensus, Item, Project
from crowd.services import conclude
from qc.claims import Band, Correction, Share, by_band, correction

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What settled labels claim on average, and how many of them are right."""

    share: float  # of settled items that are drawn
    settled: int
    claimed: float | None  # None: nothing is settled
    true: Share | None
    gap: float | None  # claimed - true: above 0 the labels promise too much
    checked: int
    agreed: int  # second looks that came to the same label
    by_experts: int
    waiting: int  # drawn, and not looked at yet
    bands: tuple[Band, ...]


def measure(session: Session, project: Project) -> Accuracy:
    """Hold what settled labels claim against what second looks found.

    Without a slice the interval says how far claims were off elsewhere, and that is wide.
    """
    picks = _picks(session, project)
    checked = [pick for pick in picks if pick.checked_at is not None]
    claims = settled(session, project)
    true = correction_of(checked).share(claims) if len(claims) else None
    claimed = float(claims.mean()) if len(claims) else None
    return Accuracy(
        share=project.audit_share,
        settled=len(claims),
        claimed=claimed,
        true=true,
        gap=None if true is None or claimed is None else claimed - true.value,
        checked=len(checked),
        agreed=sum(pick.found == pick.label for pick in checked),
        by_experts=sum(pick.checked_by == "expert" for pick in checked),
        waiting=len(picks) - len(checked),
        bands=by_band(*_columns(checked)) if checked else (),
    )


def corrected(session: Session, project: Project) -> Correction:
    """Return how far the claims of this project are off, as far as its slice tells."""
    return correction_of([pick for pick in _picks(session, project) if pick.checked_at is not None])


def correction_of(checked: list[AuditPick]) -> Correction:
    """Return what these second looks say of claims; none at all leaves only what was seen elsewhere."""
    return correction(*_columns(checked))


def settled(session: Session, project: Project) -> Floats:
    """Return what the labels of settled items claim now."""
    run = conclude.latest_run(session, project)
    if run is None:
        return np.array([])
    query = select(Consensus.confidence).join(Item, Item.id == Consensus.item_id)
    query = query.where(Consensus.run_id == run.id, Item.state == "settled")
    return np.array(session.scalars(query).all(), dtype=np.float64)


def lines(found: Accuracy) -> list[str]:
    """Say it in words, for a terminal."""
    if found.true is None or found.claimed is None:
        return ["no label is settled yet"]
    text = [
        f"claimed   {found.claimed:.1%} of {found.settled} settled labels are right",
        f"true      {found.true.value:.1%}, 90 % interval {found.true.low:.1%} to {found.true.high:.1%}",
    ]
    if not found.share and not found.checked:
        return [*text, "nothing was looked at again: set --audit-share 0.03 to measure it"]
    by = f", {found.by_experts} by an expert" if found.by_experts else ""
    look = (
        f"checked   {found.checked}{by}; {found.agreed} came to the same label, {found.waiting} are waiting"
    )
    return [*text, look]


def _picks(session: Session, project: Project) -> list[AuditPick]:
    query = select(AuditPick).where(AuditPick.project_id == project.id).order_by(AuditPick.id)
    return list(session.scalars(query))


def _columns(checked: list[AuditPick]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    return (
        np.array([pick.confidence for pick in checked], dtype=np.float64),
        np.array([pick.right for pick in checked], dtype=np.float64),
        np.array([pick.checked_by != "expert" for pick in checked], dtype=bool),
    )
