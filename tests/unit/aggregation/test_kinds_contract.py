"""What every method owes its caller where answers are no labels: the same edges, for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from aggregation.boxes import Box
from aggregation.comparisons import Comparisons
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Readings
from aggregation.spans import Span


@dataclass(frozen=True)
class Sample:
    """How answers of a kind look: `say(n)` is right for the n-th item, `wrong(n)` is not."""

    say: Callable[[int], Any]
    wrong: Callable[[int], Any]


SAMPLES = {
    "sets": Sample(lambda n: frozenset("ab" if n % 2 else "b"), lambda n: frozenset("c")),
    "numbers": Sample(lambda n: float(10 * n), lambda n: 10.0 * n + 7.0),
    "texts": Sample(lambda n: f"the {n} quick foxes run", lambda n: f"a {n} slow fox"),
    "boxes": Sample(lambda n: (Box(n, 0, n + 10, 10),), lambda n: (Box(n + 50, 0, n + 60, 10),)),
    "spans": Sample(lambda n: (Span(n, n + 5, "PER"),), lambda n: (Span(n + 20, n + 25, "ORG"),)),
}
EVERY = [(kind, method) for kind in SAMPLES for method in KINDS[kind].methods]
RANKINGS = tuple(KINDS["comparisons"].methods)
every = pytest.mark.parametrize(("kind", "method"), EVERY)
every_ranking = pytest.mark.parametrize("method", RANKINGS)


def rows_of(kind, items=12, workers=7):
    """Five of seven workers on each item; the last worker is always wrong."""
    sample = SAMPLES[kind]
    return [
        (f"i{n:02d}", f"w{w}", (sample.wrong if w == workers - 1 else sample.say)(n))
        for n in range(items)
        for w in range(workers)
        if (n + w) % workers < 5
    ]


def read(rows, **more):
    return Readings.from_columns(*(zip(*rows, strict=True) if rows else ((), (), ())), **more)


def check(found, readings, method):
    """Values, confidence, votes and skill fit the answers and each other."""
    assert found.method == method
    answered = np.bincount(readings.item, minlength=len(readings.items)) > 0
    assert [value is not None for value in found.values] == answered.tolist()
    assert found.votes.sum() == len(readings)
    assert np.isnan(found.confidence).tolist() == (~answered).tolist()
    sure = found.confidence[answered]
    assert np.all((sure >= 0) & (sure <= 1))
    assert found.skill.shape == (len(readings.workers),)
    assert np.all(np.isnan(found.skill) | ((found.skill >= -1e-9) & (found.skill <= 1 + 1e-9)))


@every
def test_what_most_say_is_found(kind, method):
    readings = read(rows_of(kind))
    found = estimate(kind, readings, method)
    check(found, readings, method)
    said = [SAMPLES[kind].say(n) for n in range(12)]
    if kind == "numbers":
        assert found.values == pytest.approx(said, abs=3.0)
    else:
        assert list(found.values) == said
    assert found.skill[-1] < np.delete(found.skill, -1).min()


@every
def test_the_order_of_rows_does_not_matter(kind, method, rng):
    rows = rows_of(kind)
    before, after = (
        estimate(kind, read([rows[n] for n in order]), method)
        for order in (range(len(rows)), rng.permutation(len(rows)))
    )
    assert after.values == before.values
    assert after.confidence.tobytes() == before.confidence.tobytes()


@every
def test_renaming_workers_does_not_matter(kind, method):
    rows = rows_of(kind)
    renamed = [(item, f"z{9 - int(worker[1])}", value) for item, worker, value in rows]
    before, after = (estimate(kind, read(some), method) for some in (rows, renamed))
    np.testing.assert_allclose(after.confidence, before.confidence, atol=1e-6)
    np.testing.assert_allclose(after.skill[::-1], before.skill, atol=1e-6)
    if kind == "numbers":
        assert after.values == pytest.approx(before.values)
    else:
        assert after.values == before.values


@every
def test_of_several_answers_to_one_item_the_last_counts(kind, method):
    rows = rows_of(kind)
    first = [("i00", "w0", SAMPLES[kind].wrong(0)), *rows, rows[-1]]
    twice, once = (estimate(kind, read(some), method) for some in (first, rows))
    assert twice.values == once.values
    assert twice.confidence.tobytes() == once.confidence.tobytes()


@every
def test_nothing_gives_nothing(kind, method):
    readings = read([], item_ids=["a", "b"])
    found = estimate(kind, readings, method)
    check(found, readings, method)
    assert found.values == (None, None)


@every
def test_one_answer_is_believed(kind, method):
    readings = read([("a", "x", SAMPLES[kind].say(1))])
    found = estimate(kind, readings, method)
    check(found, readings, method)
    assert found.values == (SAMPLES[kind].say(1),)


@every
def test_one_worker_is_believed(kind, method):
    readings = read([(f"i{n}", "x", SAMPLES[kind].say(n)) for n in range(4)])
    found = estimate(kind, readings, method)
    check(found, readings, method)
    said = [SAMPLES[kind].say(n) for n in range(4)]
    if method == "precision":  # one number an item says little: it is drawn to the middle, in its order
        assert np.all(np.diff(found.values) > 0)
    else:
        assert list(found.values) == said


@every
def test_workers_with_one_answer_are_no_obstacle(kind, method):
    readings = read([(f"i{n // 3}", f"w{n:02d}", SAMPLES[kind].say(n // 3)) for n in range(12)])
    found = estimate(kind, readings, method)
    check(found, readings, method)
    said = [SAMPLES[kind].say(n) for n in range(4)]
    assert found.values == (pytest.approx(said, abs=1.0) if kind == "numbers" else tuple(said))


@every
def test_the_same_answer_everywhere_is_certain(kind, method):
    readings = read([(item, worker, SAMPLES[kind].say(1)) for item in "abc" for worker in "xyz"])
    found = estimate(kind, readings, method)
    check(found, readings, method)
    assert found.values == (SAMPLES[kind].say(1),) * 3
    assert found.confidence.min() > 0.9


@every
def test_an_item_without_answers_has_no_value(kind, method):
    rows = rows_of(kind)
    readings = read(rows, item_ids=[*(row[0] for row in rows), "unanswered"])
    found, full = estimate(kind, readings, method), estimate(kind, read(rows), method)
    check(found, readings, method)
    assert found.values[-1] is None
    np.testing.assert_allclose(found.confidence[:-1], full.confidence)


@pytest.mark.parametrize("method", KINDS["sets"].methods)
def test_a_label_nobody_used_is_in_no_set(method):
    found = estimate("sets", read(rows_of("sets")), method, labels=["a", "b", "c", "unused"])
    assert not any("unused" in value for value in found.values)
    assert found.probability[:, 3].tolist() == [0.0] * 12
    np.testing.assert_array_equal(found.values, estimate("sets", read(rows_of("sets")), method).values)


def compared(rows):
    workers, left, right, outcomes = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Comparisons.from_columns(workers, left, right, outcomes)


BOUTS = [
    (f"w{worker}", one, other, "left" if one < other else "right")
    for worker in range(3)
    for one in "abcd"
    for other in "abcd"
    if one != other
]


@every_ranking
def test_neither_order_of_rows_nor_names_of_workers_matter_to_a_ranking(method, rng):
    rows = [*BOUTS, ("w0", "a", "b", "tie"), ("w1", "d", "c", "left")]
    shuffled = [rows[n] for n in rng.permutation(len(rows))]
    renamed = [(f"z{9 - int(worker[1])}", *rest) for worker, *rest in rows]
    before, same, other = (
        estimate("comparisons", compared(some), method) for some in (rows, shuffled, renamed)
    )
    assert same.score.tobytes() == before.score.tobytes()
    assert other.objects == before.objects == tuple("abcd")
    np.testing.assert_allclose(other.score, before.score, atol=1e-6)
    np.testing.assert_allclose(other.skill[::-1], before.skill, atol=1e-6)


@every_ranking
def test_a_ranking_of_nothing_is_empty(method):
    found = estimate("comparisons", compared([]), method)
    assert (found.method, found.objects) == (method, ())
    assert found.score.shape == found.confidence.shape == (0,)


@every_ranking
@pytest.mark.parametrize("rows", [BOUTS[:1], [row for row in BOUTS if row[0] == "w0"]])
def test_one_comparison_and_one_worker_rank(method, rows):
    found = estimate("comparisons", compared(rows), method)
    assert found.objects == tuple(sorted(found.objects))
    sure = found.confidence[:-1]
    assert np.all(np.isnan(sure) if method == "counting" else (sure > 0.5) & (sure <= 1))


@every_ranking
def test_every_row_is_a_comparison_of_its_own(method):
    once, twice = (estimate("comparisons", compared(BOUTS * times), method) for times in (1, 2))
    assert twice.score[0] > once.score[0]


@every_ranking
def test_only_ties_rank_nobody_higher(method):
    found = estimate("comparisons", compared([("u", "a", "b", "tie"), ("v", "b", "c", "tie")]), method)
    assert np.all(np.isfinite(found.score))
    if method != "counting":  # b was there twice
        np.testing.assert_allclose(found.score, 0.0, atol=1e-6)
