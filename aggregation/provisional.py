"""A few items judged alone, by what a finished fit knows of the workers: for the time between two fits."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Floats, choose, popularity

# Confusion matrices are dense: kept only up to this many numbers.
LARGEST = 2_000_000
# Answers that the crowd's matrix counts for in each row of a worker's.
STRENGTH = 4.0
# Items on which it is found out how the fit weighs matrices against votes.
SAMPLE = 5_000
TEMPERATURES = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
VOTE_WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 1.0)
LEAST = 1e-9
Places = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True)
class Stand:
    """What a fit knows of its workers, and how near `judge` comes to what it said itself.

    Whatever the method, an item's posterior is taken for a mixture of its vote shares and of the tempered
    posterior under the workers' matrices; the two numbers of that are those nearest to the fit.
    """

    workers: tuple[str, ...]
    matrices: Floats
    """(W + 1, K, K) true label first; the last is the whole crowd's, for workers that are new."""
    prior: Floats
    """(K,) mean posterior."""
    temperature: float
    votes: float
    """Weight of the vote shares."""
    agreement: float
    """Share of sampled items that get the label that the fit gave them."""

    @classmethod
    def of(cls, answers: Answers, posterior: Floats) -> Stand | None:
        """Learn it from a fit; None where there is nothing to learn from, or too much to keep."""
        labels = len(answers.labels)
        if not len(answers) or (len(answers.workers) + 1) * labels**2 > LARGEST:
            return None
        prior = posterior.mean(axis=0) + LEAST
        matrices = _matrices(answers, posterior)
        answered = np.flatnonzero(np.bincount(answers.item))
        sample = answered[np.linspace(0, len(answered) - 1, min(SAMPLE, len(answered))).astype(np.int64)]
        rows = np.flatnonzero(np.isin(answers.item, sample))
        item = np.searchsorted(sample, answers.item[rows]).astype(np.int32)
        logs = _logs(item, answers.worker[rows], answers.label[rows], matrices, prior / prior.sum())
        shares = _shares(item, answers.label[rows], logs.shape)
        tried = {choice: _mixed(logs, shares, *choice) for choice in product(TEMPERATURES, VOTE_WEIGHTS)}
        best = min(tried, key=lambda choice: float(np.abs(tried[choice] - posterior[sample]).sum()))
        popular = popularity(answers)
        same = choose(tried[best], popular) == choose(posterior[sample], popular)
        return cls(answers.workers, matrices, prior / prior.sum(), *best, float(same.mean()))

    def judge(self, answers: Answers) -> Floats:
        """Return the (I, K) posterior of items, from all the answers to them."""
        place = {name: code for code, name in enumerate(self.workers)}
        known = np.array([place.get(name, len(self.workers)) for name in answers.workers], dtype=np.int64)
        logs = _logs(
            answers.item, known[answers.worker], answers.label, self.matrices, self.prior, len(answers.items)
        )
        return _mixed(logs, _shares(answers.item, answers.label, logs.shape), self.temperature, self.votes)

    def packed(self) -> bytes:
        """Return it in the form it is stored in; single precision is more than it knows."""
        stream = io.BytesIO()
        numbers = np.array([self.temperature, self.votes, self.agreement])
        np.savez_compressed(
            stream,
            workers=np.array(self.workers, dtype=np.str_),
            matrices=self.matrices.astype(np.float32),
            prior=self.prior,
            numbers=numbers,
        )
        return stream.getvalue()

    @classmethod
    def unpacked(cls, content: bytes) -> Stand:
        """Return what was packed."""
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            matrices = found["matrices"].astype(np.float64)
            return cls(tuple(found["workers"].tolist()), matrices, found["prior"], *found["numbers"].tolist())


def _matrices(answers: Answers, posterior: Floats) -> Floats:
    """Return every worker's matrix, shrunk toward the whole crowd's, and that last."""
    workers, labels = len(answers.workers), len(answers.labels)
    cell = answers.worker.astype(np.int64) * labels + answers.label
    counts = [np.bincount(cell, posterior[answers.item, true], workers * labels) for true in range(labels)]
    own = np.stack(counts).reshape(labels, workers, labels).transpose(1, 0, 2)
    crowd = own.sum(axis=0) + 1.0 / labels + np.eye(labels)
    crowd /= crowd.sum(axis=1, keepdims=True)
    rows = (own + STRENGTH * crowd) / (own.sum(axis=2, keepdims=True) + STRENGTH)
    return np.concatenate((rows, crowd[None]))


def _logs(
    item: Places, worker: Places, label: Places, matrices: Floats, prior: Floats, items: int | None = None
) -> Floats:
    """Return (I, K) the logarithm of prior times likelihood."""
    said = np.log(np.maximum(matrices, LEAST))[worker, :, label]
    count = int(item.max()) + 1 if items is None else items
    sums = [np.bincount(item, said[:, true], minlength=count) for true in range(len(prior))]
    return np.asarray(np.stack(sums, axis=1) + np.log(prior))


def _shares(item: Places, label: Places, shape: tuple[int, ...]) -> Floats:
    votes = np.bincount(item.astype(np.int64) * shape[1] + label, minlength=shape[0] * shape[1])
    counts = votes.reshape(shape).astype(np.float64)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0))


def _mixed(logs: Floats, shares: Floats, temperature: float, weight: float) -> Floats:
    tempered = logs / temperature
    powers = np.exp(tempered - tempered.max(axis=1, keepdims=True))
    return np.asarray((1.0 - weight) * powers / powers.sum(axis=1, keepdims=True) + weight * shares)
