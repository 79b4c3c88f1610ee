"""Models that a requester brings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from crowd import learning
from crowd.errors import CrowdError, Misconfigured
from crowd.learning import features_of

FEATURES = features_of([{"text": "a"}, {"text": "b"}, {"text": "c"}])

MODULE = """
import numpy as np

class Shares:
    def __init__(self, table=None, classes=None, error=None):
        self.table, self.error = table, error
        if classes is not None:
            self.classes_ = classes

    def fit(self, features, labels):
        if self.error == "fit":
            raise KeyError("no such column")
        self.shares = [labels.count(label) / len(labels) for label in sorted(set(labels))]

    def predict_proba(self, features):
        if self.error == "predict":
            raise RuntimeError("out of memory")
        return [self.shares] * len(features) if self.table is None else self.table

def factory():
    return Shares()

def broken_factory():
    raise OSError("no weights")

ready = Shares()
backwards = Shares(classes=np.array(["y", "x"]))
strange = Shares(classes=["x", "z"])
clumsy = Shares(error="fit")
weak = Shares(error="predict")
wide = Shares(table=[[0.2, 0.3, 0.5]] * 3)
unsure = Shares(table=[[0.5, 0.6]] * 3)
lost = Shares(table=[[0.5, float("nan")]] * 3)
rounded = Shares(table=[[0.3333, 0.6663]] * 3)
nothing = object()

class outer:
    Inner = Shares
"""


@pytest.fixture(autouse=True)
def _brought(tmp_path, monkeypatch):
    """Put the module where a user would have it: in the current folder."""
    Path(tmp_path, "brought_models.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [part for part in sys.path if part])
    yield
    sys.modules.pop("brought_models", None)


def fitted(name):
    return learning.load(f"brought_models:{name}", FEATURES).fit(["a", "b", "c"], ["y", "x", "y"])


@pytest.mark.parametrize("name", ["Shares", "factory", "ready", "outer.Inner"])
def test_a_class_a_function_and_a_model_are_all_taken(name):
    model = fitted(name)
    assert model.classes_ == ("x", "y")
    np.testing.assert_allclose(model.predict_proba(["d", "e"]), [[1 / 3, 2 / 3]] * 2)


def test_a_models_own_order_of_labels_holds():
    assert fitted("backwards").classes_ == ("y", "x")


def test_a_model_is_copied_before_it_is_trained():
    fitted("ready")
    assert not hasattr(sys.modules["brought_models"].ready, "shares")


def test_rows_that_were_rounded_are_made_to_sum_to_one():
    np.testing.assert_allclose(fitted("rounded").predict_proba(FEATURES.values).sum(axis=1), 1, atol=1e-12)


def test_scikit_learns_own_models_are_taken():
    model = learning.load("sklearn.dummy:DummyClassifier", FEATURES).fit(["a", "b"], ["x", "y"])
    assert (model.classes_, model.predict_proba(["c"]).shape) == (("x", "y"), (1, 2))


def test_an_installed_module_comes_before_the_current_folder(tmp_path):
    Path(tmp_path, "textwrap.py").write_text("raise RuntimeError")
    with pytest.raises(Misconfigured, match="TextWrapper has no fit"):
        learning.load("textwrap:TextWrapper", FEATURES)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_models", "must be 'builtin' or 'module:object'"),
        (":x", "must be 'builtin' or 'module:object'"),
        ("no_such_module:x", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("brought_models:Absent", "cannot be imported: AttributeError"),
        ("brought_models:broken_factory", "cannot be made: OSError: no weights"),
        ("brought_models:nothing", "cannot be made: TypeError"),
        ("builtins:dict", "dict has no fit and predict_proba"),
    ],
)
def test_what_is_no_model_is_refused_by_name(name, message):
    with pytest.raises(Misconfigured) as refused:
        learning.load(name, FEATURES)
    assert name in refused.value.message
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("clumsy", "fit failed: KeyError: 'no such column'"),
        ("strange", "its classes_ are ['x', 'z'], the labels were ['x', 'y']"),
        ("weak", "predict_proba failed: RuntimeError: out of memory"),
        ("wide", "predict_proba gave shape (3, 3), expected (3, 2)"),
        ("unsure", "predict_proba gave rows that are no probabilities summing to 1"),
        ("lost", "predict_proba gave rows that are no probabilities summing to 1"),
    ],
)
def test_what_a_model_does_wrong_is_said_with_its_name(name, message):
    with pytest.raises(CrowdError) as told:
        fitted(name).predict_proba(FEATURES.values)
    assert told.value.message == f"model brought_models:{name}: {message}"
