"""The two kernels do the same sums."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.compiled_kernel import CompiledKernel
from aggregation.dawid_skene import hierarchical, plain, shrunken
from aggregation.em import COMPILE_FROM, Problem, choose_kernel, fit
from aggregation.one_coin import coin
from aggregation.pairs import Pairs, counting_sort
from aggregation.sparse_kernel import SparseKernel

STEPS = {
    "plain": lambda pairs, prior: plain(pairs, 0.0),
    "smoothed": lambda pairs, prior: plain(pairs, 0.5),
    "shrunken": lambda pairs, prior: shrunken(pairs, prior, strength=2.0, diagonal=0.7),
    "hierarchical": lambda pairs, prior: hierarchical(pairs, prior, strength=2.0, diagonal=0.7),
    "coin": lambda pairs, prior: coin(pairs, prior, strength=4.0, accuracy=0.7),
}


@pytest.mark.parametrize("labels", [2, 3, 7])
@pytest.mark.parametrize("step", STEPS)
def test_compiled_and_sparse_agree(crowd, step, labels):
    full = crowd(items=80, workers=25, labels=labels, overlap=20)
    answers = Answers(full.item, full.worker, full.label, (*full.items, "silent"), full.workers, full.labels)
    known = np.full(81, -1, dtype=np.int32)
    known[:5] = 1
    found = []
    for kernel in (SparseKernel, CompiledKernel):
        problem = Problem.of(answers, known, kernel)
        maximise = STEPS[step](problem.pairs, np.full(labels, 1 / labels))
        found.append(fit(problem, maximise, max_iterations=30, tolerance=-1.0))
    np.testing.assert_allclose(found[0].posterior, found[1].posterior, atol=1e-9)
    np.testing.assert_allclose(found[0].history, found[1].history, rtol=1e-9)


@pytest.mark.parametrize("kernel", [SparseKernel, CompiledKernel])
def test_hundreds_of_answers_to_one_item_do_not_underflow(kernel):
    size = 3000
    rng = np.random.default_rng(0)
    answers = Answers.from_columns(
        [f"i{n % 3}" for n in range(size)],
        [f"w{n // 3}" for n in range(size)],
        [f"c{k}" for k in rng.integers(5, size=size)],
    )
    problem = Problem.of(answers, answers.codes_of(None), kernel)
    found = fit(problem, plain(problem.pairs, 0.1), max_iterations=10, tolerance=0)
    assert np.all(np.isfinite(found.posterior))
    assert np.isfinite(found.log_likelihood)


def test_the_compiled_kernel_is_for_large_fits():
    assert choose_kernel(COMPILE_FROM - 1) is SparseKernel
    assert choose_kernel(COMPILE_FROM) is CompiledKernel


def test_pairs_hold_only_what_was_observed(crowd):
    answers = crowd()
    pairs = Pairs.of(answers)
    observed = sorted(set(zip(answers.worker.tolist(), answers.label.tolist(), strict=True)))
    assert list(zip(pairs.worker.tolist(), pairs.label.tolist(), strict=True)) == observed
    assert pairs.given.sum() == len(answers)
    for item in range(len(answers.items)):
        codes = pairs.code[pairs.start[item] : pairs.start[item + 1]]
        mine = answers.item == item
        assert sorted(zip(pairs.worker[codes], pairs.label[codes], strict=True)) == sorted(
            zip(answers.worker[mine], answers.label[mine], strict=True)
        )


@pytest.mark.parametrize("room", [1, 7, 40, 10_000])
def test_parts_are_whole_workers_and_leave_none_out(crowd, monkeypatch, room):
    pairs = Pairs.of(crowd())
    monkeypatch.setattr("aggregation.pairs.IN_CACHE", room)
    parts = list(pairs.parts())
    assert [row for part, _ in parts for row in range(part.start, part.stop)] == list(
        range(len(pairs.worker))
    )
    begins = [part.start + first for part, first in parts]
    np.testing.assert_array_equal(np.concatenate(begins), pairs.first)


def test_many_small_parts_divide_as_one_does(crowd, monkeypatch):
    pairs = Pairs.of(crowd())
    counts = np.random.default_rng(0).random((len(pairs.worker), 3))
    whole, _ = plain(pairs, 0.5)(counts.copy(), np.ones(3))
    monkeypatch.setattr("aggregation.pairs.IN_CACHE", 7)
    parted, _ = plain(pairs, 0.5)(counts.copy(), np.ones(3))
    np.testing.assert_array_equal(whole, parted)
    np.testing.assert_allclose(whole, (counts + 0.5) / (pairs.by_worker(counts) + 1.5), rtol=1e-12)


def test_sparse_label_sets_are_laid_out_without_a_dense_table():
    names = [f"free text {n}" for n in range(2000)]
    answers = Answers.from_columns(names, [f"w{n}" for n in range(2000)], names)
    pairs = Pairs.of(answers)
    assert len(pairs.worker) == 2000
    assert pairs.code.tolist() == list(range(2000))


def test_counting_sort_is_stable(rng):
    keys = rng.integers(6, size=200).astype(np.int32)
    order, start = counting_sort(keys, 7)
    np.testing.assert_array_equal(order, np.argsort(keys, kind="stable"))
    np.testing.assert_array_equal(np.diff(start), np.bincount(keys, minlength=7))
