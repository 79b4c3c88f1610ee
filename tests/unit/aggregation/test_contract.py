"""What every aggregator owes its caller, whatever its model."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation import registry
from aggregation.answers import Answers
from aggregation.registry import AGGREGATORS

BINARY_ONLY = {"kos"}
# These break ties, or deal out random starts, in the order of names: a few items may turn out otherwise.
BY_NAME = {"mace", "crowdkit-mace", "kos", "mmsr", "wawa", "zbs"}
# crowd-kit's loops are slow; a few passes are enough for what is promised here.
BRIEF = {
    "crowdkit-glad": {"max_iterations": 2, "gradient_steps": 2},
    "crowdkit-mace": {"max_iterations": 30, "restarts": 1},
    "zbs": {"max_iterations": 10},
    "mmsr": {"max_iterations": 50},
    "kos": {"max_iterations": 10},
}

# Still tens of seconds in all: these run with the slow tests.
SLOW = {"crowdkit-glad", "crowdkit-mace", "zbs"}

pytestmark = pytest.mark.parametrize(
    "method", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in AGGREGATORS]
)


def aggregate(answers, method, **arguments):
    return registry.aggregate(answers, method, **BRIEF.get(method, {}), **arguments)


@pytest.fixture
def answers(method, crowd):
    return crowd(workers=20, overlap=5, accuracy=0.85, labels=2) if method in BINARY_ONLY else crowd()


def named(answers, items=None, workers=None, labels=None, order=None):
    """Rebuild answers from names, after renaming and reordering."""
    rows = np.arange(len(answers)) if order is None else order
    rename = [
        lambda name, names=names: name if names is None else names[name] for names in (items, workers, labels)
    ]
    return Answers.from_columns(
        [rename[0](answers.items[code]) for code in answers.item[rows]],
        [rename[1](answers.workers[code]) for code in answers.worker[rows]],
        [rename[2](answers.labels[code]) for code in answers.label[rows]],
        label_set=sorted(rename[2](name) for name in answers.labels),
    )


def check(consensus, answers):
    items, labels = len(answers.items), len(answers.labels)
    assert consensus.posterior.shape == (items, labels)
    assert consensus.labels == answers.labels
    assert np.all(consensus.posterior >= 0)
    np.testing.assert_allclose(consensus.posterior.sum(axis=1), 1.0, atol=1e-9)
    assert consensus.choice.shape == consensus.confidence.shape == consensus.votes.shape == (items,)
    np.testing.assert_allclose(consensus.confidence, consensus.posterior.max(axis=1, initial=0.0), atol=1e-8)
    assert consensus.votes.sum() == len(answers)
    assert consensus.skill.shape == (len(answers.workers),)
    assert np.all(np.isnan(consensus.skill) | ((consensus.skill >= -1e-9) & (consensus.skill <= 1 + 1e-9)))
    if consensus.matrices is not None:
        np.testing.assert_allclose(consensus.matrices.sum(axis=2), 1.0, atol=1e-8)


def test_a_posterior_is_a_distribution_and_beats_chance(method, answers):
    consensus = aggregate(answers, method)
    check(consensus, answers)
    truth = np.array([int(name[-1]) for name in answers.items])
    assert np.mean(consensus.choice == truth) > 0.75
    assert consensus.method == method


def test_the_same_answers_give_the_same_bytes(method, answers):
    assert aggregate(answers, method).posterior.tobytes() == aggregate(answers, method).posterior.tobytes()


def test_the_order_of_rows_does_not_matter(method, answers, rng):
    shuffled = named(answers, order=rng.permutation(len(answers)))
    assert (
        aggregate(shuffled, method).posterior.tobytes()
        == aggregate(named(answers), method).posterior.tobytes()
    )


def test_renaming_workers_does_not_matter(method, answers):
    renamed = named(answers, workers={name: f"z{99 - code}" for code, name in enumerate(answers.workers)})
    before, after = aggregate(answers, method), aggregate(renamed, method)
    if method in BY_NAME:
        assert np.mean(before.choice == after.choice) > 0.9
    else:
        np.testing.assert_allclose(after.posterior, before.posterior, atol=1e-4)
        np.testing.assert_allclose(after.skill, before.skill[::-1], atol=1e-4)


def test_renaming_labels_renames_the_result(method, answers):
    reversed_names = dict(zip(answers.labels, reversed(answers.labels), strict=True))
    before, after = aggregate(answers, method), aggregate(named(answers, labels=reversed_names), method)
    np.testing.assert_allclose(
        after.posterior, before.posterior[:, ::-1], atol=0.1 if method in BY_NAME else 1e-4
    )


def test_exact_duplicates_do_not_count_twice(method, answers):
    doubled = named(answers, order=np.concatenate([np.arange(len(answers)), np.arange(40)]))
    assert len(doubled) == len(answers)
    assert (
        aggregate(doubled, method).posterior.tobytes()
        == aggregate(named(answers), method).posterior.tobytes()
    )


def test_nothing_gives_nothing(method):
    answers = Answers.from_columns([], [], [])
    check(aggregate(answers, method), answers)


def test_no_answers_at_all_leave_every_label_open(method):
    answers = Answers.from_columns([], [], [], label_set=["0", "1"], item_ids=["a", "b"])
    consensus = aggregate(answers, method)
    check(consensus, answers)
    np.testing.assert_allclose(consensus.posterior, 0.5)
    assert consensus.votes.tolist() == [0, 0]


def test_one_answer(method):
    answers = Answers.from_columns(["a"], ["x"], ["1"], label_set=["0", "1"])
    consensus = aggregate(answers, method)
    check(consensus, answers)
    assert consensus.choice.tolist() == [1]


def test_one_worker_is_believed(method):
    answers = Answers.from_columns(list("abcd"), ["x"] * 4, list("0110"))
    consensus = aggregate(answers, method)
    check(consensus, answers)
    assert [answers.labels[code] for code in consensus.choice] == list("0110")


def test_one_label_is_certain(method):
    answers = Answers.from_columns(list("aabb"), list("xyxy"), ["0"] * 4)
    consensus = aggregate(answers, method)
    check(consensus, answers)
    np.testing.assert_allclose(consensus.posterior, 1.0)


def test_an_item_without_answers_gets_a_class_prior(method, answers):
    full = answers
    answers = Answers(
        full.item, full.worker, full.label, (*full.items, "unanswered"), full.workers, full.labels
    )
    consensus = aggregate(answers, method)
    check(consensus, answers)
    assert consensus.votes[-1] == 0
    assert consensus.posterior[-1].max() < 0.7
    np.testing.assert_allclose(consensus.posterior[:-1], aggregate(full, method).posterior, atol=1e-9)


def test_workers_with_one_answer_are_no_obstacle(method):
    items = [f"i{n // 3:02d}" for n in range(30)]
    answers = Answers.from_columns(
        items, [f"w{n:02d}" for n in range(30)], ["1" if n % 3 else str(n // 3 % 2) for n in range(30)]
    )
    consensus = aggregate(answers, method)
    check(consensus, answers)
    if method != "mmsr":  # it needs pairs of workers with several items in common
        assert np.all(consensus.choice == 1)


def test_a_label_nobody_used_is_never_chosen(method, crowd):
    full = crowd(items=20, workers=8, labels=2)
    answers = Answers(full.item, full.worker, full.label, full.items, full.workers, ("c0", "c1", "unused"))
    consensus = aggregate(answers, method)
    check(consensus, answers)
    assert 2 not in consensus.choice
    np.testing.assert_array_equal(consensus.choice, aggregate(full, method).choice)


def test_gold_is_taken_over(method, answers):
    wrong = aggregate(answers, method).posterior.argmin(axis=1)
    gold = {answers.items[row]: answers.labels[wrong[row]] for row in range(5)}
    consensus = aggregate(answers, method, gold=gold)
    check(consensus, answers)
    np.testing.assert_array_equal(consensus.choice[:5], wrong[:5])
    np.testing.assert_allclose(consensus.confidence[:5], 1.0)


def test_an_unknown_parameter_is_named(method, answers):
    with pytest.raises(ValueError, match=f"{method}: unknown parameter 'colour'"):
        aggregate(answers, method, colour="red")


def test_a_method_describes_itself(method):
    assert AGGREGATORS[method].summary.endswith(".")
    assert "gold" not in AGGREGATORS[method].parameters
