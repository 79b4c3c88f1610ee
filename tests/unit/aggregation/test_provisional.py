"""A few items judged alone, by what a fit knows of the workers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.provisional import LARGEST, Stand
from aggregation.registry import aggregate

LABELS = ("a", "b", "c")


def crowd(items: int = 300, workers: int = 12, *, seed: int = 0) -> Answers:
    """Four of five workers are right in 85 %, the others guess."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=items)
    item = np.repeat(np.arange(items, dtype=np.int32), 5)
    worker = np.concatenate([np.sort(rng.permutation(workers)[:5]) for _ in range(items)]).astype(np.int32)
    is_right = rng.random(len(item)) < np.where(worker % 5 == 0, 1 / 3, 0.85)
    label = np.where(is_right, truth[item], rng.integers(3, size=len(item))).astype(np.int32)
    names = tuple(f"i{n}" for n in range(items)), tuple(f"w{n}" for n in range(workers)), LABELS
    return Answers(item, worker, label, *names)


def some(answers: Answers, items: list[int]) -> Answers:
    kept = np.isin(answers.item, items)
    item = np.searchsorted(items, answers.item[kept]).astype(np.int32)
    names = tuple(answers.items[n] for n in items)
    return replace(answers, item=item, worker=answers.worker[kept], label=answers.label[kept], items=names)


def stand_of(answers: Answers, method: str) -> Stand:
    found = Stand.of(answers, aggregate(answers, method).posterior)
    assert found is not None
    return found


@pytest.mark.parametrize(("method", "near"), [("majority", 1e-12), ("dawid-skene", 0.05), ("panel", 0.1)])
def test_items_judged_alone_are_judged_as_by_the_method(method: str, near: float) -> None:
    answers = crowd()
    stand = stand_of(answers, method)
    few = list(range(0, 300, 7))
    said = aggregate(answers, method).posterior[few]
    alone = stand.judge(some(answers, few))
    assert stand.agreement >= 0.97
    assert np.abs(alone - said).mean() < near
    assert (alone.argmax(1) == said.argmax(1)).mean() >= 0.97


def test_a_new_answer_moves_the_item_it_is_about() -> None:
    answers = crowd()
    before, after = some(answers, [3]), some(answers, [3])
    other = (int(before.label[0]) + 1) % 3
    after = replace(after, label=np.full_like(after.label, other))
    stand = stand_of(answers, "dawid-skene")
    assert stand.judge(after)[0, other] > 0.95 > stand.judge(before)[0, other]


def test_a_worker_nobody_knows_is_taken_for_one_of_the_crowd() -> None:
    answers = crowd()
    new = replace(some(answers, [3]), workers=tuple(f"new{n}" for n in range(12)))
    posterior = stand_of(answers, "dawid-skene").judge(new)
    assert posterior.sum() == pytest.approx(1.0)
    assert posterior.max() > 0.5


def test_packed_it_says_the_same() -> None:
    answers = crowd()
    stand = stand_of(answers, "panel")
    again = Stand.unpacked(stand.packed())
    few = some(answers, [1, 2, 5])
    assert (again.workers, again.agreement) == (stand.workers, stand.agreement)
    assert np.abs(again.judge(few) - stand.judge(few)).max() < 1e-5


def test_nothing_is_learned_of_no_answers_or_kept_of_too_many_labels() -> None:
    empty = Answers(*(np.empty(0, dtype=np.int32) for _ in range(3)), ("i",), (), LABELS)
    assert Stand.of(empty, np.full((1, 3), 1 / 3)) is None
    labels = tuple(map(str, range(int((LARGEST / 13) ** 0.5) + 1)))
    many = replace(crowd(), labels=labels)
    assert Stand.of(many, np.full((300, len(labels)), 1 / len(labels))) is None
