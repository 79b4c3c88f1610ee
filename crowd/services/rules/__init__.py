"""The rules of a project at work: collectors give facts, conditions are held against them, actions follow."""

from crowd.services.rules.firing import raised, run

__all__ = ["raised", "run"]
