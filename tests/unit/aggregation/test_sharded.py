"""Answers in shards give what they give together."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.consensus import clamp
from aggregation.pairs import Pairs
from aggregation.registry import aggregate
from aggregation.sharded import STEPS, Shard, concluded, fit_shards, pass_over, whole
from aggregation.votes import vote_shares


def parted(answers, shards, gold=None):
    """Deal the items out to shards."""
    pairs = Pairs.of(answers)
    known = answers.codes_of(gold)
    start = clamp(vote_shares(answers), known)
    found = []
    for index in range(shards):
        items = np.arange(index, len(answers.items), shards)
        code = [pairs.code[pairs.start[item] : pairs.start[item + 1]] for item in items]
        sizes = [len(part) for part in code]
        found.append(Shard(np.append(0, np.cumsum(sizes)), np.concatenate(code), known[items], start[items]))
    return whole(pairs.cells, pairs.given.astype(np.int64), *pairs.shape[1:]), found


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("told", [0, 40])
@pytest.mark.parametrize("method", STEPS)
def test_shards_give_what_all_answers_together_give(crowd, method, told, shards):
    answers = crowd(items=200, workers=30)
    gold = {item: answers.labels[place % 2] for place, item in enumerate(answers.items[:told])}
    pairs, parts = parted(answers, shards, gold)

    def each(parameters):
        return (pass_over(part, pairs, parameters) for part in parts)

    found = fit_shards(pairs, each, method)
    expected = aggregate(answers, method, gold=gold)
    assert found.iterations == expected.iterations
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)
    right = sum(concluded(part, pairs).right for part in parts)
    np.testing.assert_allclose(right / np.bincount(answers.worker), expected.skill, atol=1e-9)
    for index, part in enumerate(parts):
        np.testing.assert_allclose(part.posterior, expected.posterior[index::shards], atol=1e-9)
        np.testing.assert_array_equal(concluded(part, pairs).choice, expected.choice[index::shards])


def test_a_shard_that_has_settled_does_not_end_the_fit_of_the_others(crowd):
    answers = crowd(items=60, workers=9)
    pairs, parts = parted(answers, 1)
    empty = Shard(np.zeros(1, dtype=np.int64), parts[0].code[:0], parts[0].known[:0], parts[0].posterior[:0])
    for order in ([*parts, empty], [empty, *parts]):
        parts[0].posterior[:] = vote_shares(answers)
        found = fit_shards(
            pairs, lambda take, all_=order: (pass_over(part, pairs, take) for part in all_), "one-coin"
        )
        assert found.iterations == aggregate(answers, "one-coin").iterations > 2


def test_counts_that_came_from_elsewhere_are_not_written_into(crowd):
    pairs, parts = parted(crowd(), 2)

    def each(parameters):
        for part in parts:
            found = pass_over(part, pairs, parameters)
            found.counts.flags.writeable = False
            yield found

    assert fit_shards(pairs, each, "dawid-skene", max_iterations=2).iterations == 2


def test_a_method_that_needs_all_answers_is_refused(crowd):
    pairs, _ = parted(crowd(), 1)
    with pytest.raises(ValueError, match="glad needs all answers at once; choose one of dawid-skene"):
        fit_shards(pairs, lambda _: [], "glad")
