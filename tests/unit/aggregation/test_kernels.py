"""The two kernels do the same sums."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.errors import TypingError

from aggregation.answers import Answers
from aggregation.compiled_kernel import Columns, CompiledKernel, Layout, _collect
from aggregation.compiled_layout import by_rarest_worker
from aggregation.dawid_skene import hierarchical, plain, shrunken
from aggregation.em import COMPILE_FROM, Problem, choose_kernel, fit
from aggregation.history import Cells
from aggregation.one_coin import coin
from aggregation.pairs import Pairs, counting_sort
from aggregation.sparse_kernel import SparseKernel
from aggregation.votes import vote_shares

STEPS = {
    "plain": lambda pairs, prior: plain(pairs, 0.0),
    "smoothed": lambda pairs, prior: plain(pairs, 0.5),
    "shrunken": lambda pairs, prior: shrunken(pairs, prior, strength=2.0, diagonal=0.7),
    "hierarchical": lambda pairs, prior: hierarchical(pairs, prior, strength=2.0, diagonal=0.7),
    "coin": lambda pairs, prior: coin(pairs, prior, strength=4.0, accuracy=0.7),
}


@pytest.mark.parametrize("order", ["as they stand", "by the rarest worker"])
@pytest.mark.parametrize(
    ("step", "labels"), [*((step, 3) for step in STEPS), ("plain", 1), ("plain", 2), ("plain", 37)]
)
def test_compiled_and_sparse_agree(crowd, monkeypatch, step, labels, order):
    monkeypatch.setattr("aggregation.compiled_kernel.NEAR", 2**16 if order == "as they stand" else 0)
    full = crowd(items=80, workers=25, labels=labels, overlap=20)
    items = (*full.items, "silent", "silent gold")
    unseen = (*full.labels, "unseen") if labels > 2 else full.labels
    answers = Answers(full.item, full.worker, full.label, items, full.workers, unseen)
    known = np.full(82, -1, dtype=np.int32)
    known[[0, 1, 2, 70, 81]] = len(unseen) - 1
    found, starts = [], []
    for kernel in (SparseKernel, CompiledKernel):
        problem = Problem.of(answers, known, kernel)
        maximise = STEPS[step](problem.pairs, np.full(len(unseen), 1 / len(unseen)))
        found.append(fit(problem, maximise, max_iterations=30, tolerance=-1.0))
        starts.append(problem.start)
        np.testing.assert_array_equal(problem.restored(problem.arranged(problem.start)), problem.start)
    np.testing.assert_allclose(found[0].posterior, found[1].posterior, atol=1e-9)
    np.testing.assert_allclose(found[0].history, found[1].history, rtol=1e-9)
    np.testing.assert_array_equal(*starts)


def test_items_of_the_same_rarest_worker_stand_together(crowd):
    pairs = Pairs.of(crowd(items=80, workers=25))
    moved = by_rarest_worker(pairs)
    given = np.bincount(pairs.worker[pairs.code])
    rarest = []
    for item, place in enumerate(moved.place):
        mine = pairs.code[pairs.start[item] : pairs.start[item + 1]]
        there = moved.pairs.code[moved.pairs.start[place] : moved.pairs.start[place + 1]]
        np.testing.assert_array_equal(mine, there)
    for begin, end in pairwise(moved.pairs.start.tolist()):
        workers = pairs.worker[moved.pairs.code[begin:end]]
        rarest.append(min((given[worker], -worker) for worker in workers.tolist()))
    assert rarest == sorted(rarest, reverse=True)


def test_a_fit_goes_on_from_a_posterior(crowd, monkeypatch):
    monkeypatch.setattr("aggregation.compiled_kernel.NEAR", 0)
    answers = crowd()
    problem = Problem.of(answers, answers.codes_of(None), CompiledKernel)
    step = plain(problem.pairs, 0.1)
    half = fit(problem, step, max_iterations=4, tolerance=-1.0)
    rest = fit(problem, step, max_iterations=3, tolerance=-1.0, start=half.posterior)
    whole = fit(problem, step, max_iterations=7, tolerance=-1.0)
    np.testing.assert_allclose(rest.posterior, whole.posterior, atol=1e-12)
    assert half.history + rest.history == pytest.approx(whole.history)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    # How many vectors and wide steps a row takes differs; each number is compiled once.
    labels=st.sampled_from([1, 2, 3, 38]),
    sizes=st.lists(st.sampled_from([0, 0, 1, 3, 8, 9, 16, 17, 40]), max_size=12),
    gold=st.sampled_from([0.0, 0.3]),
)
def test_a_pass_is_the_same_with_either_kernel(seed, labels, sizes, gold):
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    worker, label = (rng.integers(high, size=len(item)).astype(np.int32) for high in (5, labels))
    names = (tuple(map(str, range(count))) for count in (len(sizes), 5, labels))
    answers = Answers(item, worker, label, *names)
    known = np.where(rng.random(len(sizes)) < gold, rng.integers(labels, size=len(sizes)), -1)
    pairs = Pairs.of(answers)
    table = rng.random((len(pairs.worker), labels)) ** rng.integers(1, 30) + 1e-30
    prior = rng.dirichlet(np.ones(labels))
    found = []
    for kernel in (SparseKernel, CompiledKernel):
        posterior = np.full((len(sizes), labels), 1.0 / labels)
        step = kernel(pairs, known.astype(np.int32)).expect(table, prior, posterior)
        found.append((posterior[pairs.answered], *step))
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("past", [None, "one label nobody gave"])
@pytest.mark.parametrize("order", ["as given", "shuffled"])
def test_kernels_lay_the_same_out(crowd, rng, order, past):
    full = crowd(items=50, workers=9)
    rows = np.arange(len(full)) if order == "as given" else rng.permutation(len(full))
    items, labels = ("none", *full.items, "silent"), (*full.labels, "unseen")
    answers = Answers(full.item[rows] + 1, full.worker[rows], full.label[rows], items, full.workers, labels)
    cells = None if past is None else Cells(np.array([3]), np.array([0]), np.array([2.0]))
    pairs, fast = (kernel.lay_out(answers, cells) for kernel in (SparseKernel, CompiledKernel))
    assert pairs.shape == fast.shape
    for name in ("start", "code", "worker", "label", "given", "first"):
        np.testing.assert_array_equal(getattr(pairs, name), getattr(fast, name))
    shares = vote_shares(answers)
    for kernel in (SparseKernel, CompiledKernel):
        np.testing.assert_array_equal(kernel(pairs, np.full(len(items), -1)).start(), shares)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_kernels_divide_alike(crowd, rng, smoothing):
    pairs = Pairs.of(crowd())
    counts = rng.random((len(pairs.worker), 3)) * (rng.random((len(pairs.worker), 3)) < 0.6)
    plainly, fast = counts.copy(), counts.copy()
    SparseKernel.divide(pairs, plainly, smoothing, 1e-10)
    CompiledKernel.divide(pairs, fast, smoothing, 1e-10)
    np.testing.assert_allclose(plainly, fast, rtol=1e-12)


def test_wide_rows_need_arrays_in_order():
    posterior = np.asfortranarray(np.ones((2, 3)))
    nothing = np.empty(0, np.int64)
    layout = Layout(np.array([0, 1, 1]), np.zeros(1, np.int32), np.full(2, -1, np.int32), nothing)
    with pytest.raises(TypingError, match="C order"):
        _collect(layout, posterior, np.zeros((1, 3)), np.zeros((4, 3)), Columns.of(3))


@pytest.mark.parametrize("kernel", [SparseKernel, CompiledKernel])
def test_hundreds_of_answers_to_one_item_do_not_underflow(kernel):
    size = 3000
    rng = np.random.default_rng(0)
    answers = Answers.from_columns(
        [f"i{n % 3}" for n in range(size)],
        [f"w{n // 3}" for n in range(size)],
        [f"c{k}" for k in rng.integers(4, size=size)],  # a number that others compile for, too
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
