"""On real crowds plain Dawid-Skene equals crowd-kit's, run to convergence."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from aggregation.dawid_skene import dawid_skene

# Not `quiz`: for its rare labels E and F the iteration passes a saddle point, where rounding decides.
SETS = (
    ("temp", 20),
    *(
        pytest.param(name, 100, marks=pytest.mark.slow)
        for name in (
            "temp",
            "bluebirds",
            "face",
            "rte",
            "dog",
            "web",
            "d_possent",
            "cf_amt",
            "music_genre",
            "sp",
            "sp_amt",
            "zencrowd_in",
            "barzan",
            "trec2011_uc3m",
            "medical_treat",
        )
    ),
)


def by_crowdkit(answers, iterations):
    from crowdkit.aggregation.classification.dawid_skene import DawidSkene

    frame = pd.DataFrame({"task": answers.item, "worker": answers.worker, "label": answers.label})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = DawidSkene(n_iter=iterations, tol=-np.inf).fit(frame)
    probabilities = model.probas_.reindex(index=range(len(answers.items)), columns=range(len(answers.labels)))
    return probabilities.to_numpy()


@pytest.mark.parametrize(("name", "iterations"), SETS)
def test_as_many_iterations_give_the_same_posteriors_and_labels(recorded, name, iterations):
    answers, _ = recorded(name)
    mine = dawid_skene(answers, max_iterations=iterations)
    theirs = by_crowdkit(answers, iterations)
    np.testing.assert_allclose(mine.posterior, theirs, atol=1e-6)
    best, second = np.sort(theirs, axis=1)[:, ::-1][:, :2].T
    clear = best - second > 1e-6
    np.testing.assert_array_equal(mine.choice[clear], theirs.argmax(axis=1)[clear])
    assert clear.mean() > 0.99
