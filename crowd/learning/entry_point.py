"""Models that a requester brings as Python: `module:object`.

The code runs with all rights of this process: an entry point is for the operator to name, not for requests.
"""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from crowd.errors import CrowdError, Misconfigured
from crowd.learning.model import Inputs, Matrix, Model

# As crowd.selection.predictions.check; what passes is renormalised.
TOLERANCE = 1e-3


def load(name: str) -> Model:
    """Import `module:object` and return an untrained model of it.

    The object is a class or function that is called without arguments, or a model, of which a copy is taken.
    Modules are looked for where Python does and then in the current folder.

    Raises:
        Misconfigured: It cannot be imported, or has no `fit` and `predict_proba`.
    """
    found = _imported(name)
    try:
        made = found() if isinstance(found, type) or not _is_model(found) else copy.deepcopy(found)
    except Exception as error:
        raise Misconfigured(f"model {name}: cannot be made: {_said(error)}") from error
    if not _is_model(made):
        raise Misconfigured(f"model {name}: {type(made).__name__} has no fit and predict_proba")
    return BroughtModel(name, made)


def function(name: str) -> Callable[[Any], Any]:
    """Import `module:function`, found as models are.

    Raises:
        Misconfigured: It cannot be imported, or cannot be called.
    """
    found = _imported(name)
    if not callable(found):
        raise Misconfigured(f"{name}: {type(found).__name__} is no function")
    return found  # type: ignore[no-any-return]


class BroughtModel:
    """Somebody else's model, held to what we need of it."""

    def __init__(self, name: str, model: Any) -> None:  # noqa: ANN401
        self._name = name
        self._model = model
        self.classes_: tuple[str, ...] = ()

    def fit(self, features: Inputs, labels: Sequence[str]) -> BroughtModel:
        """Train it; its `classes_`, or else the sorted labels, tell what its columns mean."""
        try:
            self._model.fit(features, list(labels))
        except Exception as error:
            raise self._fault(f"fit failed: {_said(error)}") from error
        expected = sorted(set(labels))
        self.classes_ = tuple(map(str, getattr(self._model, "classes_", expected)))
        if sorted(self.classes_) != expected:
            raise self._fault(f"its classes_ are {list(self.classes_)}, the labels were {expected}")
        return self

    def predict_proba(self, features: Inputs) -> Matrix:
        """Return its probabilities, checked: one row per input that sums to 1, one column per class."""
        try:
            table: Matrix = np.asarray(self._model.predict_proba(features), dtype=np.float64)
        except Exception as error:
            raise self._fault(f"predict_proba failed: {_said(error)}") from error
        if table.shape != (len(features), len(self.classes_)):
            expected = (len(features), len(self.classes_))
            raise self._fault(f"predict_proba gave shape {table.shape}, expected {expected}")
        total = table.sum(axis=1, keepdims=True)
        if not (np.isfinite(table).all() and (table >= 0).all() and (abs(total - 1) <= TOLERANCE).all()):
            raise self._fault("predict_proba gave rows that are no probabilities summing to 1")
        return np.asarray(table / total)

    def _fault(self, message: str) -> CrowdError:
        return CrowdError(f"model {self._name}: {message}")


def _imported(name: str) -> Any:  # noqa: ANN401
    module, colon, attributes = name.partition(":")
    if not (module and colon and attributes):
        raise Misconfigured(
            f"model {name!r} must be 'builtin' or 'module:object', such as 'my_models:Tagger'"
        )
    # Last in line, so that nothing in the current folder takes the place of an installed module.
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        return reduce(getattr, attributes.split("."), importlib.import_module(module))
    except Exception as error:
        raise Misconfigured(f"model {name}: cannot be imported: {_said(error)}") from error


def _is_model(candidate: object) -> bool:
    return all(callable(getattr(candidate, method, None)) for method in ("fit", "predict_proba"))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
