"""The tables, one file per noun."""

from crowd.models.answer import Answer, AnswerFlag, Grade, StraySubmission
from crowd.models.assignment import Assignment, Slot
from crowd.models.audit import AuditEntry
from crowd.models.base import Base
from crowd.models.batch import Batch, BatchItem
from crowd.models.budget import Budget, LedgerEntry
from crowd.models.consensus import AnswerSet, Consensus, ConsensusRun, CurrentRun, Decision
from crowd.models.hit import Hit, HitQuestion
from crowd.models.item import Gold, Item
from crowd.models.lease import Lease, Tick
from crowd.models.prediction import Prediction, PredictionSet
from crowd.models.project import LabelSet, Project
from crowd.models.requester import ApiKey, IdempotencyRecord, Requester
from crowd.models.training_set import Example, TrainingSet, TrainingSetVersion
from crowd.models.worker import Restriction, Skill, Worker, WorkerToken

__all__ = [
    "Answer",
    "AnswerFlag",
    "AnswerSet",
    "ApiKey",
    "Assignment",
    "AuditEntry",
    "Base",
    "Batch",
    "BatchItem",
    "Budget",
    "Consensus",
    "ConsensusRun",
    "CurrentRun",
    "Decision",
    "Example",
    "Gold",
    "Grade",
    "Hit",
    "HitQuestion",
    "IdempotencyRecord",
    "Item",
    "LabelSet",
    "Lease",
    "LedgerEntry",
    "Prediction",
    "PredictionSet",
    "Project",
    "Requester",
    "Restriction",
    "Skill",
    "Slot",
    "StraySubmission",
    "Tick",
    "TrainingSet",
    "TrainingSetVersion",
    "Worker",
    "WorkerToken",
]
