"""What the others say of an item leaves the worker in question out, and gold says how far it is believed."""

import numpy as np
import pytest

from aggregation.answers import Answers
from qc import peers
from qc.peers import others


def crowd(rng, *, items=120, workers=8, right=0.85, labels=2, ring=0):
    """Everybody answers everything; the members of a ring say the same wrong thing."""
    truth = rng.integers(labels, size=items)
    lie = (truth + 1) % labels
    rows = []
    for worker in range(workers):
        wrong = (truth + 1 + rng.integers(labels - 1, size=items)) % labels
        said = lie if worker < ring else np.where(rng.random(items) < right, truth, wrong)
        rows += [(f"i{item:03}", f"w{worker}", str(code)) for item, code in enumerate(said)]
    answers = Answers.from_columns(*zip(*rows, strict=True), label_set=[str(code) for code in range(labels)])
    return answers, truth[[int(name[1:]) for name in answers.items]].astype(np.int32)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_the_others_are_mostly_right_and_each_row_is_a_distribution(rng):
    answers, truth = crowd(rng, labels=3)
    posterior = others(answers)
    assert posterior.sum(axis=1) == pytest.approx(1)
    assert (posterior.argmax(axis=1) == truth[answers.item]).mean() > 0.95
    assert posterior.max() <= peers.MOST + (1 - peers.MOST) / 3


def test_a_worker_s_own_answer_is_no_evidence_for_it():
    answers = Answers.from_columns(["x", "x"], ["ann", "bob"], ["yes", "no"], label_set=["no", "yes"])
    posterior = others(answers)
    [ann] = np.flatnonzero(answers.worker == answers.workers.index("ann"))
    assert posterior[ann, 0] > 0.5


def test_where_nobody_else_answered_nothing_is_said():
    answers = Answers.from_columns(["x", "y", "y"], ["ann", "ann", "bob"], ["yes", "no", "no"])
    assert np.isnan(others(answers)).any(axis=1).tolist() == [True, False, False]


def test_gold_takes_the_word_of_a_ring_away(rng):
    answers, truth = crowd(rng, ring=6)
    told = np.full(len(answers.items), -1, dtype=np.int32)
    told[:30] = truth[:30]
    honest = answers.worker >= 6

    def doubt(posterior):
        return 1 - posterior[np.arange(len(answers)), answers.label][honest].mean()

    assert doubt(others(answers)) > 0.75
    assert doubt(others(answers, told)) < 0.6  # of 0.5, which says nothing


def test_the_order_of_workers_changes_nothing(rng):
    answers, _ = crowd(rng, items=20)
    swapped = Answers(
        answers.item, 7 - answers.worker, answers.label, answers.items, answers.workers[::-1], answers.labels
    )
    assert others(swapped) == pytest.approx(others(answers))


def test_what_is_set_aside_has_no_voice_but_is_told_of():
    columns = ["x", "x", "x"], ["ann", "bob", "spam"], ["yes", "yes", "no"]
    answers = Answers.from_columns(*columns, label_set=["no", "yes"])
    voices = answers.worker != answers.workers.index("spam")
    silenced = others(answers, counting=voices)
    [spam] = np.flatnonzero(~voices)
    assert silenced[spam, 1] > 0.8
    assert (silenced[voices][:, 1] > others(answers)[voices][:, 1]).all()
