"""A project that learns while it buys: the loop's own parts, in memory, without a database."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from _recorded import read
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.fusion import fuse
from aggregation.registry import aggregate
from crowd.selection.growth import growing
from crowd.selection.learnability import learned
from crowd.selection.strategies import select
from qc.decide import MORE, Policy, decide_all
from workers.simulated import people

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
FOLDS = 5
HELD_OUT = 597
PEOPLE = 30
MIX = {"good": 0.6, "sloppy": 0.2, "random": 0.1, "constant": 0.1}


class Classifier(Protocol):
    classes_: Any

    def fit(self, inputs: Any, labels: Any) -> Any: ...
    def predict_proba(self, inputs: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class World:
    """Items with features, the answers they would get in their order, and a held-out test."""

    labels: int
    inputs: Any  # of the pool's items, a matrix
    said: list[list[tuple[int, int]]]  # by item, worker and label of each answer there is, in order
    test_inputs: Any
    test_labels: Codes
    model: Callable[[], Classifier]

    @property
    def size(self) -> int:
        return len(self.said)


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to spend the answers."""

    name: str
    strategy: str = "random"
    random_share: float = 0.0
    policy: Policy = field(default_factory=Policy)
    batch: int = 100  # answers bought at least, first ones of new items
    first: int = 0  # batches chosen at random before the model is asked
    grows: bool = False  # start with small batches
    fuse: bool = False  # hear the model beside people
    doubts: bool = False  # fall back to random while the model has learned nothing
    most: int | None = None  # answers after which it stops, whatever the budget

    @property
    def overlap(self) -> int:
        return self.policy.overlap if self.policy.confidence is None else self.policy.min_answers


@dataclass(slots=True)
class State:
    """What one run has bought and learned so far."""

    given: Codes  # answers bought, by item
    random: NDArray[np.bool_]  # drawn at random
    table: Floats | None = None  # what the model says of every item, out of fold where it learned
    choice: dict[int, int] = field(default_factory=dict)
    curve: list[tuple[int, float]] = field(default_factory=list)
    batches: int = 0
    fallbacks: int = 0  # of them, drawn at random because the model had learned nothing

    @property
    def bought(self) -> int:
        return int(self.given.sum())

    @property
    def asked(self) -> Codes:
        return np.flatnonzero(self.given)


def run(world: World, arm: Arm, *, budget: int, seed: int) -> State:
    """Spend the budget; the curve holds (answers, test accuracy) after every batch."""
    rng = np.random.default_rng([seed, 7])
    state = State(np.zeros(world.size, dtype=np.int64), np.zeros(world.size, dtype=bool))
    budget = min(budget, arm.most or budget)
    while state.bought < budget and (state.given == 0).any():
        _ask(world, arm, state, rng, budget)
        while (more := _undecided(world, arm, state, budget)).size:
            _measure(world, state)
            state.given[more] += 1
        _learn(world, arm, state, rng)
        state.batches += 1
    return state


def _ask(world: World, arm: Arm, state: State, rng: np.random.Generator, budget: int) -> None:
    """Choose new items and buy their first answers."""
    fresh = np.flatnonzero(state.given == 0)
    table = np.full((len(fresh), world.labels), 1 / world.labels)
    strategy = "random" if state.batches < arm.first or state.table is None else arm.strategy
    if strategy != "random" and arm.doubts and not _proven(state):
        state.fallbacks += 1
        strategy = "random"
    if strategy != "random" and state.table is not None:
        table = state.table[fresh]
    size = max(1, arm.batch // arm.overlap)
    size = growing(size, len(state.asked)) if arm.grows else size
    size = min(size, max(1, (budget - state.bought) // arm.overlap))
    chosen = select(table, strategy=strategy, size=size, rng=rng, random_share=arm.random_share)
    rows = fresh[[choice.index for choice in chosen]]
    state.given[rows] = np.minimum(arm.overlap, [len(world.said[row]) for row in rows])
    state.random[rows] = [choice.random or strategy == "random" for choice in chosen]


def _proven(state: State) -> bool:
    known = [item for item in state.choice if state.random[item]]
    assert state.table is not None
    return learned(state.table[known], np.array([state.choice[item] for item in known])).proven


def _undecided(world: World, arm: Arm, state: State, budget: int) -> Codes:
    """Conclude, and return the items worth another answer, the most doubtful first."""
    asked = state.asked
    answers = _answers(world, state)
    found = aggregate(answers)
    posterior = found.posterior
    if arm.fuse and state.table is not None:
        unknown = np.full(len(asked), -1, dtype=np.int32)
        posterior = fuse(answers, posterior, {"model": state.table[asked]}, known=unknown).posterior
    state.choice = dict(zip(asked.tolist(), posterior.argmax(axis=1).tolist(), strict=True))
    confidence = posterior.max(axis=1)
    # One person whom the model contradicts settles nothing, as in `crowd.services.decide`.
    alone = (state.given[asked] < 2) & (posterior.argmax(axis=1) != found.posterior.argmax(axis=1))
    confidence[alone] = 0.0
    left = np.array([len(world.said[item]) for item in asked]) > state.given[asked]
    more = (decide_all(found.votes, confidence, arm.policy) == MORE) & left
    order = np.argsort(confidence[more], kind="stable")
    return asked[more][order][: max(0, budget - state.bought)]


def _answers(world: World, state: State) -> Answers:
    asked = state.asked
    rows = [(at, *said) for at, item in enumerate(asked) for said in world.said[item][: state.given[item]]]
    item, worker, label = np.array(rows, dtype=np.int32).T
    workers, worker = np.unique(worker, return_inverse=True)
    names = [tuple(str(code) for code in range(size)) for size in (len(asked), len(workers), world.labels)]
    return Answers(item, worker.astype(np.int32), label, *names)


def _learn(world: World, arm: Arm, state: State, rng: np.random.Generator) -> None:
    """Train on the labels so far, predict everything, and measure on the test."""
    items, labels, model = _measure(world, state)
    if model is None or (arm.strategy == "random" and not arm.fuse):
        return
    state.table = _spread(model, world.inputs, world.labels, len(items))
    if arm.fuse or arm.doubts:
        fold = rng.permutation(len(items)) % FOLDS
        for number in range(FOLDS):
            state.table[items[fold == number]] = _held_out(world, items, labels, fold == number)


def _measure(world: World, state: State) -> tuple[Codes, Codes, Classifier | None]:
    """Train on the labels so far and enter what that is worth on the test."""
    items = np.array(sorted(state.choice))
    labels = np.array([state.choice[item] for item in items])
    if len(set(labels.tolist())) < 2:
        state.curve.append((state.bought, float((world.test_labels == labels[0]).mean())))
        return items, labels, None
    model = world.model().fit(world.inputs[items], labels)
    said = model.classes_[model.predict_proba(world.test_inputs).argmax(axis=1)]
    state.curve.append((state.bought, float((said == world.test_labels).mean())))
    return items, labels, model


def _held_out(world: World, items: Codes, labels: Codes, out: NDArray[np.bool_]) -> Floats:
    known = labels[~out]
    if len(set(known.tolist())) < 2:
        return np.full((int(out.sum()), world.labels), 1 / world.labels)
    model = world.model().fit(world.inputs[items[~out]], known)
    return _spread(model, world.inputs[items[out]], world.labels, len(known))


def _spread(model: Classifier, inputs: Any, labels: int, known: int) -> Floats:
    """Return probabilities over all labels; one the model was not shown is not impossible."""
    table = np.zeros((inputs.shape[0], labels))
    table[:, model.classes_] = model.predict_proba(inputs)
    weight = 1 / (known + 1)
    return (1 - weight) * table + weight / labels


def digits(seed: int, _: Path | None) -> World:
    """Scikit-learn's digits, and thirty simulated people of mixed quality who answer about them."""
    from sklearn.datasets import load_digits

    data, rng = load_digits(), np.random.default_rng([seed, 1])
    order = rng.permutation(len(data.target))
    test, pool = order[:HELD_OUT], order[HELD_OUT:]
    crew = people(MIX, PEOPLE, 10, rng)
    said = [
        [(int(who), crew[who].answer(int(data.target[row]), rng)) for who in rng.permutation(PEOPLE)]
        for row in pool
    ]
    scaled = (data.data - data.data[pool].mean(axis=0)) / (data.data[pool].std(axis=0) + 1e-9)
    return World(10, scaled[pool], said, scaled[test], data.target[test], _on_numbers)


def noise(seed: int, _: Path | None) -> World:
    """The digits with their pictures dealt anew: there is nothing to learn."""
    world, rng = digits(seed, None), np.random.default_rng([seed, 2])
    return replace(world, inputs=world.inputs[rng.permutation(world.size)])


def sentences(seed: int, folder: Path | None) -> World:
    """Recorded answers about 4,999 sentences, with a model of words and 3,999 more sentences to test it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    assert folder is not None
    recorded, rng = read(folder, "sp").answers, np.random.default_rng([seed, 1])
    texts = {row["task"]: row["text"] for row in _rows(folder / "sp" / "items.csv")}
    held_out = _rows(folder / "sp" / "heldout.csv")
    said: list[list[tuple[int, int]]] = [[] for _ in recorded.items]
    for row in rng.permutation(len(recorded)):
        said[recorded.item[row]].append((int(recorded.worker[row]), int(recorded.label[row])))
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    inputs = words.fit_transform([texts[name] for name in recorded.items])
    test = words.transform([row["text"] for row in held_out])
    truth = np.array([recorded.labels.index(row["label"]) for row in held_out])
    return World(len(recorded.labels), inputs, said, test, truth, _on_words)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _on_numbers() -> Classifier:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.3, max_iter=2000)


def _on_words() -> Classifier:
    return OnWords()


class OnWords:
    """Logistic regression that leaves out the words it was not shown: their weights would stay 0."""

    def __init__(self) -> None:
        from sklearn.linear_model import LogisticRegression

        self._model = LogisticRegression(C=10.0, max_iter=2000)

    def fit(self, inputs: Any, labels: Any) -> OnWords:
        self._shown = np.unique(inputs.indices)
        self._model.fit(inputs[:, self._shown], labels)
        self.classes_ = self._model.classes_
        return self

    def predict_proba(self, inputs: Any) -> Any:
        return self._model.predict_proba(inputs[:, self._shown])
