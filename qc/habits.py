"""How people answer, whatever they say: too fast, always the same, like somebody else, or most of it.

Each function looks at all workers of a project at once and says of each whether they are beyond a threshold
that few who look at the items pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import ceil, log
from statistics import median

FEWEST_ANSWERS = 20
FEWEST_WORKERS = 3
# A median below this part of what is typical of the others' is no longer reading.
FAST = 0.25
# Runs as long as this happen by chance to one worker in a thousand.
CHANCE = 0.001
ALIKE = 0.95
# Pairs of answers looked at in all; later items are passed over.
MOST_PAIRS = 200_000
MOST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Finding:
    """A statistic of one worker beside its threshold."""

    value: float
    threshold: float
    flagged: bool
    answers: int


def speed(seconds: Mapping[int, Sequence[float]]) -> dict[int, Finding]:
    """Compare each worker's median seconds with the median of the others'."""
    typical = {worker: median(each) for worker, each in seconds.items() if len(each) >= FEWEST_ANSWERS}
    found = {}
    for worker, own in typical.items():
        others = [each for other, each in typical.items() if other != worker]
        if len(others) >= FEWEST_WORKERS:
            threshold = FAST * median(others)
            found[worker] = Finding(own, threshold, own < threshold, len(seconds[worker]))
    return found


def repetition(labels: Mapping[int, Sequence[str]]) -> dict[int, Finding]:
    """Compare each worker's longest run of one label with what the others' shares of it give by chance."""
    counts = {worker: Counter(each) for worker, each in labels.items()}
    total = sum(counts.values(), Counter())
    found = {}
    for worker, given in labels.items():
        if len(given) < FEWEST_ANSWERS or len(labels) <= FEWEST_WORKERS:
            continue
        label, length = _longest(given)
        among = total.total() - len(given)
        share = (total[label] - counts[worker][label] + 1) / (among + 2)
        threshold = ceil(log(CHANCE * (1 - share) / len(given)) / log(share))
        found[worker] = Finding(length, threshold, length > threshold, len(given))
    return found


def sequences(answers: Mapping[int, Mapping[int, str]]) -> dict[int, Finding]:
    """Return the closest likeness of each worker's answers to another's, where others are divided.

    Args:
        answers: By item, each worker's answer; only items of three answers and more that differ tell.
    """
    common: Counter[tuple[int, int]] = Counter()
    same: Counter[tuple[int, int]] = Counter()
    pairs = 0
    for said in answers.values():
        if pairs > MOST_PAIRS:
            break
        if len(said) < 3 or len(set(said.values())) < 2:
            continue
        for pair in combinations(sorted(said), 2):
            pairs += 1
            common[pair] += 1
            same[pair] += said[pair[0]] == said[pair[1]]
    closest: dict[int, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for pair, count in common.items():
        if count >= FEWEST_ANSWERS:
            for worker in pair:
                closest[worker] = max(closest[worker], (same[pair] / count, count))
    return {
        worker: Finding(likeness, ALIKE, likeness >= ALIKE, count)
        for worker, (likeness, count) in closest.items()
    }


def volume(answers: Mapping[int, int]) -> dict[int, Finding]:
    """Return each worker's share of all answers; among few workers somebody has to have much."""
    total, threshold = sum(answers.values()), max(MOST_SHARE, 2 / max(len(answers), 1))
    return {
        worker: Finding(count / total, threshold, count / total > threshold, count)
        for worker, count in answers.items()
        if total
    }


def _longest(labels: Sequence[str]) -> tuple[str, int]:
    best, length, run = labels[0], 1, 1
    for before, label in pairwise(labels):
        run = run + 1 if label == before else 1
        if run > length:
            best, length = label, run
    return best, length
