"""Models that learn from the labels so far: the built-in one, or one a requester brings."""

from __future__ import annotations

from crowd.learning import builtin, entry_point
from crowd.learning.features import Features, features_of
from crowd.learning.model import Inputs, Model, ModelFactory
from crowd.learning.out_of_fold import OutOfFold, out_of_fold

__all__ = ["Features", "Inputs", "Model", "ModelFactory", "OutOfFold", "features_of", "load", "out_of_fold"]


def load(name: str, features: Features) -> Model:
    """Return an untrained model: `builtin`, or what the entry point `module:object` gives.

    Raises:
        Misconfigured: The entry point cannot be imported, or is no model.
    """
    if name == builtin.NAME:
        return builtin.model(features.kind)
    return entry_point.load(name)
