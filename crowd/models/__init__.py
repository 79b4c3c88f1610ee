"""The tables, one file per noun."""

from crowd.models.account import Account, Attempts, Invitation, WebSession
from crowd.models.answer import Answer, AnswerFlag, Grade, Skip, StraySubmission
from crowd.models.assignment import Assignment, Slot
from crowd.models.audit import AuditEntry
from crowd.models.audit_slice import AuditPick
from crowd.models.base import Base
from crowd.models.batch import Batch, BatchItem
from crowd.models.budget import Budget, LedgerEntry
from crowd.models.case import Case
from crowd.models.consensus import (
    AnswerBlock,
    AnswerSet,
    Consensus,
    ConsensusRun,
    CurrentRun,
    Decision,
    KeptAdvice,
    Provisional,
)
from crowd.models.hit import Exchange, Hit, HitQuestion
from crowd.models.item import Gold, Item, Reservation
from crowd.models.lease import Lease, Tick
from crowd.models.market import (
    AccessKey,
    HitType,
    Layout,
    MarketAccount,
    MarketAssignment,
    MarketBatch,
    MarketBatchRow,
    MarketBonus,
    MarketEntry,
    MarketHit,
    MarketPerson,
    Notice,
    PolicyResult,
    Qualification,
    QualificationRequest,
    QualificationType,
    SpentToken,
    WorkerBlock,
)
from crowd.models.message import Message
from crowd.models.outbox import OutboxEntry, Quarantined, ReceivedNotice
from crowd.models.prediction import Prediction, PredictionSet
from crowd.models.project import Instructions, LabelSet, Project
from crowd.models.requester import ApiKey, IdempotencyRecord, Requester
from crowd.models.rule import Firing, Rule
from crowd.models.training_set import Example, TrainingSet, TrainingSetVersion
from crowd.models.worker import GroupMember, Restriction, Skill, Standing, Worker, WorkerToken

__all__ = [
    "AccessKey",
    "Account",
    "Answer",
    "AnswerBlock",
    "AnswerFlag",
    "AnswerSet",
    "ApiKey",
    "Assignment",
    "Attempts",
    "AuditEntry",
    "AuditPick",
    "Base",
    "Batch",
    "BatchItem",
    "Budget",
    "Case",
    "Consensus",
    "ConsensusRun",
    "CurrentRun",
    "Decision",
    "Example",
    "Exchange",
    "Firing",
    "Gold",
    "Grade",
    "GroupMember",
    "Hit",
    "HitQuestion",
    "HitType",
    "IdempotencyRecord",
    "Instructions",
    "Invitation",
    "Item",
    "KeptAdvice",
    "LabelSet",
    "Layout",
    "Lease",
    "LedgerEntry",
    "MarketAccount",
    "MarketAssignment",
    "MarketBatch",
    "MarketBatchRow",
    "MarketBonus",
    "MarketEntry",
    "MarketHit",
    "MarketPerson",
    "Message",
    "Notice",
    "OutboxEntry",
    "PolicyResult",
    "Prediction",
    "PredictionSet",
    "Project",
    "Provisional",
    "Qualification",
    "QualificationRequest",
    "QualificationType",
    "Quarantined",
    "ReceivedNotice",
    "Requester",
    "Reservation",
    "Restriction",
    "Rule",
    "Skill",
    "Skip",
    "Slot",
    "SpentToken",
    "Standing",
    "StraySubmission",
    "Tick",
    "TrainingSet",
    "TrainingSetVersion",
    "WebSession",
    "Worker",
    "WorkerBlock",
    "WorkerToken",
]
