"""Texts: several people write down the same thing, and a word is right where the better ones agree."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.readings import Estimates, Floats, Readings, votes

NOTHING = ""
# A worker's error rate counts as if seen over so many more words of the pool's average.
PRIOR_WORDS = 30.0
ERROR_RANGE = (0.005, 0.95)
# How much more a text near to what the others wrote counts than a far one.
CLOSENESS = 4.0
SMALLEST = 1e-2
NOISE = re.compile(r"[^\w']+|_+")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as words to compare, each with the form it was written in."""

    keys: tuple[str, ...]
    forms: tuple[str, ...]


@dataclass(slots=True)
class _Place:
    """One place of a merged text: the weight of every word, or of nothing, that was read there."""

    weights: dict[str, float]
    forms: dict[str, dict[str, float]]


def rover(readings: Readings[str], *, rounds: int = 2) -> Estimates[str]:
    """Merge texts word by word (ROVER, Fiscus 1997), the more reliable workers first and with more weight.

    In the first round all texts weigh the same. Then a worker weighs by the log odds of a word being right,
    a text by its nearness to the text found before. Case and punctuation do not count for comparing; what
    is written most is kept. Texts of a single word are merged letter by letter.

    `confidence` is the mean weight share of the words kept; `skill` is 1 minus the rate of wrong words.
    """
    if rounds < 1:
        raise ValueError(f"rounds: {rounds} is too few; give at least 1")
    pages = {item: rows for item, rows in readings.by_item()}
    words = _words(readings, pages)
    merged: dict[int, tuple[Words, float]] = {}
    weight = np.ones(len(readings))
    distance = np.zeros(len(readings))
    skill: Floats = np.full(len(readings.workers), np.nan)
    for round_ in range(rounds):
        merged = {item: _merge([words[n] for n in rows], weight[rows]) for item, rows in pages.items()}
        for item, rows in pages.items():
            distance[rows] = [edit_distance(words[n].keys, merged[item][0].keys) for n in rows]
        lengths = np.array([len(merged[int(item)][0].keys) for item in readings.item], dtype=np.float64)
        errors = _error_rates(readings, distance, lengths)
        skill = 1.0 - errors
        if round_ + 1 < rounds:
            weight = _weights(readings, errors, distance, lengths)
    return Estimates(
        method="rover",
        values=tuple(
            _text(merged[n][0], readings, pages[n]) if n in merged else None
            for n in range(len(readings.items))
        ),
        confidence=np.array([merged[n][1] if n in merged else np.nan for n in range(len(readings.items))]),
        votes=votes(readings),
        skill=skill,
    )


def words_of(text: str) -> Words:
    """Return the words of a text; what differs only in case and punctuation has the same key."""
    pairs = [(NOISE.sub("", form.casefold()), form) for form in text.split()]
    kept = [(key, form) for key, form in pairs if key]
    return Words(tuple(key for key, _ in kept), tuple(form for _, form in kept))


def edit_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the fewest insertions, deletions and replacements that turn one into the other."""
    above = list(range(len(right) + 1))
    for row, mine in enumerate(left, 1):
        line = [row]
        for column, other in enumerate(right, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (mine != other)))
        above = line
    return above[-1]


def _words(readings: Readings[str], pages: dict[int, list[int]]) -> list[Words]:
    """Return every text as words, or as letters where an item's texts are single words."""
    words = [words_of(text) for text in readings.values]
    for rows in pages.values():
        if np.median([len(words[n].keys) for n in rows]) <= 1:
            for n in rows:
                letters = tuple("".join(readings.values[n].split()))
                words[n] = Words(tuple(letter.casefold() for letter in letters), letters)
    return words


def _text(words: Words, readings: Readings[str], rows: Sequence[int]) -> str:
    apart = np.median([len(words_of(readings.values[n]).keys) for n in rows]) > 1
    return (" " if apart else "").join(words.forms)


def _error_rates(readings: Readings[str], distance: Floats, lengths: Floats) -> Floats:
    wrong = np.bincount(readings.worker, distance, len(readings.workers))
    read = np.bincount(readings.worker, np.maximum(lengths, 1.0), len(readings.workers))
    if not len(readings):
        return np.full(len(readings.workers), np.nan)
    pool = wrong.sum() / read.sum()
    rates: Floats = np.minimum((wrong + pool * PRIOR_WORDS) / (read + PRIOR_WORDS), 1.0)
    return rates


def _weights(readings: Readings[str], errors: Floats, distance: Floats, lengths: Floats) -> Floats:
    rate = np.clip(errors, *ERROR_RANGE)[readings.worker]
    odds = np.maximum(np.log((1.0 - rate) / rate), SMALLEST)
    near = np.maximum(1.0 - distance / np.maximum(lengths, 1.0), SMALLEST)
    return np.asarray(odds * near**CLOSENESS, dtype=np.float64)


def _merge(texts: Sequence[Words], weights: Floats) -> tuple[Words, float]:
    """Return the words with most weight at each place, and the mean share of the weight they have."""
    order = np.argsort(-weights, kind="stable")
    places: list[_Place] = []
    total = 0.0
    for n in order.tolist():
        places = _add(places, total, texts[n], float(weights[n]))
        total += float(weights[n])
    keys, forms, shares = [], [], []
    for place in places:
        key = max(place.weights, key=lambda word: (place.weights[word], word != NOTHING, word))
        if key != NOTHING:
            keys.append(key)
            forms.append(max(place.forms[key], key=lambda form: (place.forms[key][form], form)))
            shares.append(place.weights[key] / total)
    return Words(tuple(keys), tuple(forms)), float(np.mean(shares)) if shares else 1.0


def _add(places: list[_Place], total: float, words: Words, weight: float) -> list[_Place]:
    """Align one more text with what was read so far."""
    merged = []
    for known, column in _alignment(places, total, words.keys):
        place = known or _Place({NOTHING: total} if total else {}, defaultdict(dict))
        key, form = (NOTHING, NOTHING) if column is None else (words.keys[column], words.forms[column])
        place.weights[key] = place.weights.get(key, 0.0) + weight
        place.forms[key][form] = place.forms[key].get(form, 0.0) + weight
        merged.append(place)
    return merged


def _alignment(
    places: Sequence[_Place], total: float, keys: Sequence[str]
) -> list[tuple[_Place | None, int | None]]:
    """Return pairs of a place and a word that stand together; None where one of them stands alone.

    A word costs the weight share of those who read something else at the place.
    """
    gaps = [1.0 - place.weights.get(NOTHING, 0.0) / total for place in places]
    cost = _costs(places, total, keys, gaps)
    pairs: list[tuple[_Place | None, int | None]] = []
    row, column = len(places), len(keys)
    while row or column:
        here = cost[row, column]
        if row and column:
            share = places[row - 1].weights.get(keys[column - 1], 0.0) / total
            if here == cost[row - 1, column - 1] + (1.0 - share):
                row, column = row - 1, column - 1
                pairs.append((places[row], column))
                continue
        if row and here == cost[row - 1, column] + gaps[row - 1]:
            row -= 1
            pairs.append((places[row], None))
        else:
            column -= 1
            pairs.append((None, column))
    return pairs[::-1]


def _costs(
    places: Sequence[_Place], total: float, keys: Sequence[str], gaps: Sequence[float]
) -> NDArray[np.float64]:
    cost = np.zeros((len(places) + 1, len(keys) + 1))
    cost[0] = np.arange(len(keys) + 1)
    above = cost[0].tolist()
    for row, (place, gap) in enumerate(zip(places, gaps, strict=True), 1):
        weights = place.weights
        line = [above[0] + gap]
        for column, key in enumerate(keys, 1):
            share = weights.get(key, 0.0) / total if key in weights else 0.0
            line.append(min(above[column - 1] + (1.0 - share), above[column] + gap, line[-1] + 1.0))
        cost[row] = line
        above = line
    return cost
