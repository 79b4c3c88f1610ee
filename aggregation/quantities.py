"""Numbers and ratings: what a quantity is, where every worker has a bias and a spread of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from aggregation.readings import Estimates, Floats, Readings, votes

# A worker's variance counts as if seen in so many more answers of the pool's average.
PRIOR_ANSWERS = 12.0
# The part of all variance that biases are expected to have before they are estimated.
BIAS_SHARE = 0.1
CONVERGED = 1e-9
# Variance below this share of the numbers' size is rounding.
ROUNDING = 1e-12
# Errors below this are none; only keeps a division finite.
SHARPEST = 1e-150


@dataclass(frozen=True, slots=True)
class Quantities(Estimates[float]):
    """Numbers, each with its standard error; `confidence` is the chance to lie within the tolerance."""

    error: Floats
    """(I,) standard error of the value; nan where there is no answer."""
    bias: Floats
    """(W,) how much too high a worker answers."""
    spread: Floats
    """(W,) standard deviation of a worker's answers around the value plus bias."""


def precision_weighted(
    readings: Readings[float], *, tolerance: float | None = None, iterations: int = 100
) -> Quantities:
    """Average the plain mean and a mean weighted by the workers' precision, corrected for their bias.

    The model is Raykar et al. (JMLR 2010, section 7) with a bias for each worker: an answer is the value plus
    the worker's bias plus normal noise of the worker's own variance, values and biases normal as well. Its
    values are drawn to the middle, which suits few answers and not many; the average with the plain mean
    is better than either at both ends. How sure it is follows from both in equal parts: the less they agree,
    the less.

    Args:
        readings: Finite numbers.
        tolerance: How far off a value may be and still count as right; by default half the standard
            deviation of the values.
        iterations: Rounds of the fit, at most.

    Raises:
        ValueError: A value is not finite.
    """
    given = _numbers(readings)
    if not len(given):
        return _nothing("precision", readings)
    fit = _fit(readings, given, iterations)
    plain = _mean(readings, given)
    noise = np.bincount(readings.item, fit.noise[readings.worker], len(plain))
    error = np.sqrt(noise) / np.maximum(votes(readings), 1)
    beliefs = (fit.value, np.sqrt(fit.variance)), (plain, error)
    return _complete("precision", readings, (fit.value + plain) / 2.0, beliefs, fit, tolerance)


def mean(readings: Readings[float], *, tolerance: float | None = None) -> Quantities:
    """Average the answers."""
    given = _numbers(readings)
    if not len(given):
        return _nothing("mean", readings)
    value = _mean(readings, given)
    beliefs = ((value, _error_of_mean(readings, given, value)),)
    return _complete("mean", readings, value, beliefs, _fit(readings, given, 1), tolerance)


def median(readings: Readings[float], *, tolerance: float | None = None) -> Quantities:
    """Take the middle answer, or the mean of the two in the middle."""
    given = _numbers(readings)
    if not len(given):
        return _nothing("median", readings)
    value: Floats = np.zeros(len(readings.items))
    for item, rows in readings.by_item():
        value[item] = np.median(given[rows])
    # The median of normal answers has pi/2 times the variance of their mean.
    error = sqrt(np.pi / 2.0) * _error_of_mean(readings, given, _mean(readings, given))
    return _complete("median", readings, value, ((value, error),), _fit(readings, given, 1), tolerance)


@dataclass(frozen=True, slots=True)
class _Fit:
    value: Floats
    variance: Floats
    bias: Floats
    noise: Floats  # (W,) variance


def _fit(readings: Readings[float], given: Floats, iterations: int) -> _Fit:
    """Fit values, biases and variances in turn (expectation - conditional maximisation)."""
    item, worker = readings.item, readings.worker
    counted = np.bincount(worker, minlength=len(readings.workers))
    scale = max(float(given.var()), ROUNDING * max(1.0, float(np.mean(given**2))))
    value: Floats = _mean(readings, given)
    bias: Floats = np.zeros(len(counted))
    noise: Floats = np.full(len(counted), scale / 2.0)
    variance: Floats = np.zeros_like(value)
    middle, between, across = float(value.mean()), max(float(value.var()), scale / 10.0), BIAS_SHARE * scale
    for _ in range(iterations):
        before, weight = value, 1.0 / noise[worker]
        off = np.bincount(worker, weight * (given - value[item]), len(counted))
        bias = off / (np.bincount(worker, weight, len(counted)) + 1.0 / across)
        across = max(float(np.mean(bias**2)), 1e-6 * scale)
        variance = np.reciprocal(np.bincount(item, weight, len(value)) + 1.0 / between)
        pulled = np.bincount(item, weight * (given - bias[worker]), len(value)) + middle / between
        value = pulled * variance
        middle = float(value.mean())
        between = max(float(value.var() + variance.mean()), 1e-9 * scale)
        rest = np.bincount(worker, (given - value[item] - bias[worker]) ** 2 + variance[item], len(counted))
        pool = max(float(rest.sum() / counted.sum()), 1e-12 * scale)
        noise = (rest + PRIOR_ANSWERS * pool) / (counted + PRIOR_ANSWERS)
        if np.abs(value - before).max() <= CONVERGED * sqrt(scale):
            break
    return _Fit(value, variance, bias, noise)


def _complete(
    method: str,
    readings: Readings[float],
    value: Floats,
    beliefs: Sequence[tuple[Floats, Floats]],
    fit: _Fit,
    tolerance: float | None,
) -> Quantities:
    """Complete values into a result; each belief is a centre and its error, all of them equally likely."""
    count = votes(readings)
    answered = count > 0
    allowed = _half_a_deviation(value[answered]) if tolerance is None else tolerance
    confidence = np.mean([_within(allowed, value - centre, error) for centre, error in beliefs], axis=0)
    square = np.mean([error**2 + (centre - value) ** 2 for centre, error in beliefs], axis=0)
    variance = float(value[answered].var())
    return Quantities(
        method=method,
        values=tuple(float(number) if known else None for number, known in zip(value, answered, strict=True)),
        confidence=np.where(answered, confidence, np.nan),
        votes=count,
        # The share of variance in a worker's answers that comes from the items and not from the worker.
        skill=variance / (variance + fit.noise) if variance else np.full(len(fit.noise), np.nan),
        error=np.where(answered, np.sqrt(square), np.nan),
        bias=fit.bias,
        spread=np.sqrt(fit.noise),
    )


def _error_of_mean(readings: Readings[float], given: Floats, middle: Floats) -> Floats:
    """Return the standard error of each item's mean, by what answers to one item differ on average.

    Where no item has two answers nothing tells workers' noise from the items' own, and all of it counts.
    """
    count = votes(readings)
    spare = len(given) - int((count > 0).sum())
    within = float(np.sum((given - middle[readings.item]) ** 2))
    noise = within / spare if spare else float(given.var())
    return np.asarray(np.sqrt(noise / np.maximum(count, 1)), dtype=np.float64)


def _half_a_deviation(value: Floats) -> float:
    """Return half the standard deviation; where all values are the same, what counts as the same."""
    same = 100.0 * sqrt(ROUNDING) * max(1.0, float(np.abs(value).mean()))
    return max(float(value.std()) / 2.0, same)


def _within(tolerance: float, off: Floats, error: Floats) -> Floats:
    """Return the chance that a normal error around `off` stays within the tolerance."""
    from scipy.special import ndtr

    sharp = np.maximum(error, SHARPEST)
    return np.asarray(ndtr((tolerance - off) / sharp) - ndtr((-tolerance - off) / sharp), dtype=np.float64)


def _numbers(readings: Readings[float]) -> Floats:
    given = np.array(readings.values, dtype=np.float64)
    if not np.isfinite(given).all():
        row = int(np.flatnonzero(~np.isfinite(given))[0])
        raise ValueError(f"item {readings.items[readings.item[row]]!r}: {given[row]} is not a finite number")
    return given


def _mean(readings: Readings[float], given: Floats) -> Floats:
    count = votes(readings)
    middle = np.full(len(count), given.mean())
    total = np.bincount(readings.item, given, len(count))
    np.divide(total, count, out=middle, where=count > 0)
    return middle


def _nothing(method: str, readings: Readings[float]) -> Quantities:
    items, workers = np.full(len(readings.items), np.nan), np.full(len(readings.workers), np.nan)
    none = (None,) * len(readings.items)
    return Quantities(method, none, items, votes(readings), workers, items, workers, workers)
