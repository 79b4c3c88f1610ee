"""The built-in model."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from crowd import learning
from crowd.errors import Unprocessable
from crowd.learning import builtin, features_of

TEXTS = ["a fine film", "a fine cast", "truly fine", "a dull film", "dull and long", "so dull"]
VERDICTS = ["good", "good", "good", "bad", "bad", "bad"]


def trained(payloads, labels):
    features = features_of(payloads)
    model = learning.load("builtin", features)
    model.fit(features.values, labels)
    return model


def test_words_are_learned():
    model = trained([{"text": text} for text in TEXTS], VERDICTS)
    table = model.predict_proba(["fine work", "dull work", "neither"])
    assert model.classes_ == ("bad", "good")
    assert table[0, 1] > 0.6
    assert table[1, 0] > 0.6
    np.testing.assert_allclose(table.sum(axis=1), 1)


def test_words_of_one_letter_count():
    model = trained([{"text": text} for text in "aabb"], ["x", "x", "y", "y"])
    assert model.predict_proba(["a"])[0, 0] > 0.5 > model.predict_proba(["b"])[0, 0]


def test_numbers_are_learned_whatever_their_scale_with_gaps_and_constant_columns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    payloads = [{"big": 1e6 * value, "noise": rng.normal(), "same": 3, "gap": None} for value in x]
    payloads[0]["noise"] = None
    model = trained(payloads, np.where(x > 0, "up", "down").tolist())
    table = model.predict_proba(np.array([[2e6, np.nan, 3.0], [-2e6, 0.0, 3.0]]))
    assert table[0, model.classes_.index("up")] > 0.9
    assert table[1, model.classes_.index("down")] > 0.9


def test_the_same_labels_give_the_same_bytes():
    payloads = [{"text": text} for text in TEXTS]
    first, second = (trained(payloads, VERDICTS).predict_proba(TEXTS) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_the_demo_digits_are_learned_from_three_hundred_labels():
    from sklearn.datasets import load_digits

    data = load_digits()
    features = features_of([{"pixels": image} for image in data.data.tolist()])
    model = learning.load("builtin", features)
    model.fit(features.take(range(300)), data.target[:300].astype(str).tolist())
    said = np.array(model.classes_)[model.predict_proba(features.take(range(300, 1797))).argmax(axis=1)]
    assert np.mean(said == data.target[300:].astype(str)) > 0.85


def test_separable_and_huge_inputs_raise_no_warning():
    model = trained([{"x": 1e-300}, {"x": 1e300}, {"x": 0}, {"x": 2e150}], ["a", "b", "a", "b"])
    assert np.isfinite(model.predict_proba(np.array([[5.0]]))).all()


def test_nothing_to_predict_is_an_empty_table():
    model = trained([{"text": text} for text in TEXTS], VERDICTS)
    assert model.predict_proba([]).shape == (0, 2)


def test_one_label_is_refused():
    with pytest.raises(Unprocessable, match=r"need two different ones to learn from, found \['a'\]"):
        trained([{"text": "x"}, {"text": "y"}], ["a", "a"])


def test_texts_without_words_are_refused():
    with pytest.raises(Unprocessable, match="cannot be learned from: empty vocabulary"):
        trained([{"text": "!"}, {"text": "?"}], ["a", "b"])


def test_learning_leaves_the_other_processors_alone(monkeypatch):
    threads = []

    class Spy:
        classes_ = ("a", "b")

        def fit(self, features, labels):
            threads.extend(pool["num_threads"] for pool in threadpool_info())

    monkeypatch.setattr(builtin, "_pipeline", lambda kind: Spy())
    with threadpool_limits(2):
        builtin.model("numbers").fit(np.eye(2), ["a", "b"])
    assert set(threads) == {1}
