"""The contract every selection strategy keeps, and what each says of its choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crowd.selection.strategies import STRATEGIES, Scorer, select

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


@st.composite
def probabilities(draw):
    shape = draw(st.tuples(st.integers(0, 25), st.integers(1, 5)))
    # Few distinct values, so that ties are common.
    raw = draw(hnp.arrays(np.int64, shape, elements=st.integers(1, 4))).astype(float)
    return raw / raw.sum(axis=1, keepdims=True)


def choose(table, strategy, size, *, seed=0, **options):
    return select(table, strategy=strategy, size=size, rng=np.random.default_rng(seed), **options)


def pool(items=200, labels=3, seed=1):
    return np.random.default_rng(seed).dirichlet(np.ones(labels), size=items)


@every_strategy
@given(table=probabilities(), size=st.integers(0, 30), share=st.floats(0, 1), seed=st.integers(0, 99))
def test_each_item_at_most_once_ranked_in_order_and_deterministic(strategy, table, size, share, seed):
    chosen = choose(table, strategy, size, seed=seed, random_share=share)
    assert len({c.index for c in chosen}) == len(chosen) == min(size, len(table))
    assert [c.rank for c in chosen] == list(range(1, len(chosen) + 1))
    assert all(np.isfinite(c.score) and c.reason for c in chosen)
    assert chosen == choose(table, strategy, size, seed=seed, random_share=share)


@every_strategy
@given(table=probabilities(), size=st.integers(0, 30), data=st.data())
def test_the_order_of_the_labels_changes_nothing(strategy, table, size, data):
    order = data.draw(st.permutations(range(table.shape[1])))
    here, there = choose(table, strategy, size), choose(table[:, order], strategy, size)
    assert [(c.index, c.score) for c in here] == [(c.index, c.score) for c in there]


@every_strategy
def test_no_size_means_no_choice_and_a_large_size_means_all(strategy):
    table = pool(20)
    assert choose(table, strategy, 0) == []
    assert sorted(c.index for c in choose(table, strategy, 20)) == list(range(20))
    assert sorted(c.index for c in choose(table, strategy, 99)) == list(range(20))
    assert choose(np.empty((0, 3)), strategy, 5) == []


@every_strategy
def test_a_single_label_is_chosen_from_without_fuss(strategy):
    chosen = choose(np.ones((6, 1)), strategy, 4, random_share=0, labels=["only"])
    assert len(chosen) == 4
    assert {c.reason for c in chosen} == {"'only' is the only label"}


@every_strategy
def test_without_a_random_share_scores_fall(strategy):
    found = [c.score for c in choose(pool(), strategy, 50, random_share=0)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "random"])
def test_ties_go_to_the_earlier_row_whatever_the_seed(strategy):
    table = np.tile([[0.1, 0.2, 0.7], [0.2, 0.35, 0.45]], (500, 1))
    for seed in range(5):
        chosen = choose(table, strategy, 4, seed=seed, random_share=0)
        assert [c.index for c in chosen] == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("size", "share", "expected"),
    [
        (10, 0.25, 3),
        (6, 0.25, 2),
        (2, 0.25, 1),
        (1, 0.25, 0),
        (50, 0.29, 15),
        (7, 1, 7),
        (7, 0, 0),
        (300, 0.5, 100),
    ],
)
def test_the_random_share_is_rounded_half_up(size, share, expected):
    chosen = choose(pool(200), "margin", size, random_share=share)
    assert sum(c.random for c in chosen) == expected


def test_the_random_share_is_drawn_from_the_whole_pool_blind_to_the_model():
    for strategy in STRATEGIES:
        drawn = [
            [c.index for c in choose(pool(seed=model), strategy, 40, seed=3) if c.random]
            for model in (1, 2, 3)
        ]
        assert drawn[0] == drawn[1] == drawn[2]


def test_the_random_share_is_an_unbiased_sample():
    table = pool(20)
    times = np.zeros(20)
    for seed in range(2000):
        times[[c.index for c in choose(table, "margin", 10, seed=seed, random_share=0.5) if c.random]] += 1
    # 2000 draws of 5 from 20: 500 each, standard deviation 19.4.
    assert abs(times - 500).max() < 4.5 * 19.4


def test_a_choice_cut_short_keeps_its_random_share():
    chosen = choose(pool(), "entropy", 80)
    for cut in range(1, 81):
        assert abs(sum(c.random for c in chosen[:cut]) - cut / 4) < 1


def test_the_rest_is_the_most_uncertain_of_what_is_left():
    table = pool()
    chosen = choose(table, "margin", 60)
    drawn = {c.index for c in chosen if c.random}
    top = np.sort(table, axis=1)
    by_lead = [i for i in np.argsort(top[:, -1] - top[:, -2], kind="stable") if i not in drawn]
    assert [c.index for c in chosen if not c.random] == by_lead[:45]


@pytest.mark.parametrize(
    ("strategy", "score", "reason"),
    [
        ("margin", 0.97, "margin 0.030 between 'dog' and 'cat'"),
        ("entropy", 0.74176, "entropy 0.742, most likely 'dog'"),
        ("least-confident", 0.49, "confidence 0.510 in 'dog'"),
    ],
)
def test_reasons_name_numbers_and_labels(strategy, score, reason):
    row = np.array([[0.48, 0.51, 0.01]])
    chosen = choose(row, strategy, 1, random_share=0, labels=["cat", "dog", "eel"])[0]
    assert chosen.score == pytest.approx(score, abs=1e-5)
    assert chosen.reason == reason


def test_both_kinds_of_choice_store_the_score():
    table = pool()
    top = np.sort(table, axis=1)
    for c in choose(table, "margin", 40):
        assert c.score == pytest.approx(1 - (top[c.index, -1] - top[c.index, -2]))
        assert (c.reason == "random share") == c.random


def test_a_new_strategy_is_one_line(monkeypatch):
    monkeypatch.setitem(
        STRATEGIES, "first-label", Scorer(lambda p, _: p[:, 0], "{score:.2f} of the first label")
    )
    chosen = choose(np.array([[0.1, 0.9], [0.7, 0.3]]), "first-label", 1, random_share=0)
    assert (chosen[0].index, chosen[0].reason) == (1, "0.70 of the first label")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"strategy": "oracle"},
            "unknown strategy 'oracle': use one of margin, entropy, least-confident, random",
        ),
        ({"size": -1}, "size is -1"),
        ({"random_share": 1.5}, "random_share is 1.5"),
        ({"random_share": float("nan")}, "random_share is nan"),
        ({"labels": ["a"]}, "1 labels for 3 columns"),
    ],
)
def test_nonsense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        select(pool(), rng=np.random.default_rng(0), **({"strategy": "margin", "size": 5} | options))
