"""The tables behind the MTurk protocol that crowd serves: programs' HITs, done by our own people."""

from crowd.models.market.account import AccessKey, MarketAccount, MarketEntry, MarketPerson, SpentToken
from crowd.models.market.assignment import MarketAssignment, MarketBonus, PolicyResult
from crowd.models.market.batch import MarketBatch, MarketBatchRow
from crowd.models.market.hit import HitType, Layout, MarketHit
from crowd.models.market.notice import Notice
from crowd.models.market.qualification import (
    Qualification,
    QualificationRequest,
    QualificationType,
    WorkerBlock,
)

__all__ = [
    "AccessKey",
    "HitType",
    "Layout",
    "MarketAccount",
    "MarketAssignment",
    "MarketBatch",
    "MarketBatchRow",
    "MarketBonus",
    "MarketEntry",
    "MarketHit",
    "MarketPerson",
    "Notice",
    "PolicyResult",
    "Qualification",
    "QualificationRequest",
    "QualificationType",
    "SpentToken",
    "WorkerBlock",
]
