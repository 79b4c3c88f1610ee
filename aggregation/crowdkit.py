"""Methods of crowd-kit behind our interface; the only file that speaks of its `task`, which is our item."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers, Codes
from aggregation.consensus import Consensus, Floats, clamp, conclude
from aggregation.readings import Estimates, Readings, votes
from aggregation.transcripts import edit_distance, words_of
from aggregation.votes import vote_shares

if TYPE_CHECKING:
    import pandas as pd

Gold = Mapping[str, str] | None


class Model(Protocol):
    """A model of crowd-kit that knows probabilities."""

    def fit_predict_proba(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return the probabilities, items by labels."""


def glad(
    answers: Answers,
    *,
    gold: Gold = None,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
    gradient_steps: int = 25,
) -> Consensus:
    """Run crowd-kit's GLAD (Whitehill et al. 2009): worker ability and item difficulty."""
    from crowdkit.aggregation.classification.glad import GLAD

    model = GLAD(n_iter=max_iterations, tol=tolerance, m_step_max_iter=gradient_steps)
    return _probabilities("crowdkit-glad", answers, gold, model)


def mace(
    answers: Answers, *, gold: Gold = None, max_iterations: int = 50, restarts: int = 10, seed: int = 0
) -> Consensus:
    """Run crowd-kit's MACE (Hovy et al. 2013): each worker knows or spams."""
    from crowdkit.aggregation.classification.mace import MACE

    model = MACE(n_restarts=restarts, n_iter=max_iterations, random_state=seed)
    return _probabilities("crowdkit-mace", answers, gold, model)


def wawa(answers: Answers, *, gold: Gold = None) -> Consensus:
    """Run crowd-kit's Wawa: votes weighted by agreement with the majority."""
    from crowdkit.aggregation.classification.wawa import Wawa

    return _probabilities("wawa", answers, gold, Wawa())


def zbs(answers: Answers, *, gold: Gold = None, max_iterations: int = 100) -> Consensus:
    """Run crowd-kit's zero-based skill: vote weights learnt by small steps."""
    from crowdkit.aggregation.classification.zero_based_skill import ZeroBasedSkill

    return _probabilities("zbs", answers, gold, ZeroBasedSkill(n_iter=max_iterations))


def mmsr(answers: Answers, *, gold: Gold = None, max_iterations: int = 10_000, seed: int = 0) -> Consensus:
    """Run crowd-kit's M-MSR (Ma and Olshevsky 2020) and weigh votes by its skills, which are log odds.

    The weighted votes are turned into probabilities here: crowd-kit divides them by their sum, which picks
    the wrong label where bad workers make that sum negative.
    """
    from crowdkit.aggregation.classification.m_msr import MMSR

    def posterior(frame: pd.DataFrame) -> Floats:
        skills = cast("pd.Series[float]", MMSR(n_iter=max_iterations, random_state=seed).fit(frame).skills_)
        weight = skills.reindex(range(len(answers.workers))).to_numpy(dtype=np.float64)
        weight = np.nan_to_num(weight, posinf=0.0, neginf=0.0)
        votes = np.zeros((len(answers.items), len(answers.labels)))
        np.add.at(votes, (answers.item, answers.label), weight[answers.worker])
        powers = np.exp(votes - votes.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)

    # It compares pairs of workers by the labels used; labels nobody used would only shift its chance level.
    return _conclude("mmsr", answers, gold, posterior)


def kos(answers: Answers, *, gold: Gold = None, max_iterations: int = 100, seed: int = 0) -> Consensus:
    """Run crowd-kit's KOS (Karger, Oh and Shah 2011) for two labels; it yields no probabilities.

    So confidence is 1. Its messages die out where workers and items form a tree; such items keep their
    vote shares.

    Raises:
        ValueError: More than two labels were used.
    """
    from crowdkit.aggregation.classification.kos import KOS

    used = np.unique(answers.label)
    if len(used) > 2:
        raise ValueError(
            f"kos: works with two labels, the answers use {len(used)}; take panel or dawid-skene"
        )

    def posterior(frame: pd.DataFrame) -> Floats:
        decided = frame[_on_cycles(answers)]
        shares = vote_shares(answers)
        if decided["label"].nunique() == 2:
            chosen = cast(
                "pd.Series[int]", KOS(n_iter=max_iterations, random_state=seed).fit(decided).labels_
            )
            rows = chosen.index.to_numpy()
            shares[rows] = 0.0
            shares[rows, chosen.to_numpy()] = 1.0
        return shares

    return _conclude("kos", answers, gold, posterior)


def rover(readings: Readings[str]) -> Estimates[str]:
    """Run crowd-kit's ROVER (Fiscus 1997): all texts weigh the same, without case and punctuation.

    It yields no confidence. Here that is the mean nearness of an item's texts to the one found, 1 minus the
    share of words to change; `skill` is that of a worker's texts.
    """
    import pandas as pd
    from crowdkit.aggregation.texts.rover import ROVER

    found: dict[int, str] = {}
    if len(readings):
        columns = {"task": readings.item, "worker": readings.worker, "text": readings.values}
        with _undisturbed():
            merged = ROVER(_keys, " ".join).fit_predict(pd.DataFrame(columns))
        found = dict(zip(merged.index.tolist(), merged.tolist(), strict=True))
    near = np.array(
        [_nearness(text, found[item]) for item, text in zip(readings.item, readings.values, strict=True)]
    )
    return Estimates(
        method="crowdkit-rover",
        values=tuple(found.get(item) for item in range(len(readings.items))),
        confidence=_mean_by(readings.item, near, len(readings.items)),
        votes=votes(readings),
        skill=_mean_by(readings.worker, near, len(readings.workers)),
    )


def _keys(text: str) -> list[str]:
    return list(words_of(text).keys)


def _nearness(text: str, merged: str) -> float:
    said, kept = _keys(text), merged.split()
    return 1.0 - edit_distance(said, kept) / max(len(said), len(kept), 1)


def _mean_by(code: Codes, values: Floats, size: int) -> Floats:
    """Return the mean of the values of each code; nan of none."""
    with np.errstate(invalid="ignore"):
        return np.bincount(code, values, size) / np.bincount(code, minlength=size)


def _probabilities(method: str, answers: Answers, gold: Gold, model: Model) -> Consensus:
    """Fit a model that knows probabilities and put its rows and columns in our order."""

    def posterior(frame: pd.DataFrame) -> Floats:
        return _in_order(answers, model.fit_predict_proba(frame))

    return _conclude(method, answers, gold, posterior)


def _in_order(answers: Answers, probabilities: pd.DataFrame) -> Floats:
    # crowd-kit's columns stand in the order in which labels appear, not sorted.
    rows, columns = range(len(answers.items)), range(len(answers.labels))
    ordered = probabilities.reindex(index=rows, columns=columns, fill_value=0.0)
    return np.asarray(ordered.to_numpy(dtype=np.float64))


def _conclude(
    method: str, answers: Answers, gold: Gold, posterior: Callable[[pd.DataFrame], Floats]
) -> Consensus:
    """Run a method where there is something to weigh; votes count alone elsewhere, and where it fails."""
    known = answers.codes_of(gold)
    probabilities = vote_shares(answers)
    if len(np.unique(answers.label)) > 1 and len(np.unique(answers.worker)) > 1:
        with _undisturbed():
            found = posterior(_frame(answers))
        total = found.sum(axis=1)
        valid = np.isfinite(total) & (total > 0) & (found.min(axis=1) >= 0)
        valid &= np.bincount(answers.item, minlength=len(answers.items)) > 0
        probabilities[valid] = found[valid] / total[valid, None]
    return conclude(method, answers, clamp(probabilities, known))


def _frame(answers: Answers) -> pd.DataFrame:
    import pandas as pd

    columns = {"task": answers.item, "worker": answers.worker, "label": answers.label}
    return pd.DataFrame({name: codes.astype(np.int64) for name, codes in columns.items()})


def _on_cycles(answers: Answers) -> NDArray[np.bool_]:
    """Return which answers belong to a part of the item-worker graph that has a cycle."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    size = len(answers.items) + len(answers.workers)
    ends = (answers.item, answers.worker + len(answers.items))
    graph = sparse.csr_array((np.ones(len(answers)), ends), shape=(size, size))
    count, part = connected_components(graph, directed=False)
    nodes = np.bincount(part, minlength=count)
    edges = np.bincount(part[answers.item], minlength=count)
    return np.asarray(edges[part[answers.item]] >= nodes[part[answers.item]])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep crowd-kit's global seeding and its warnings about newer pandas to itself."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
