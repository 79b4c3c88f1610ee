"""How workers go about it, apart from what they say: too fast, always the same, like another, too much.

Each check looks at many workers, or pairs of them, at once, and would find somebody in any large crowd. So
its threshold falls with the number looked at (Bonferroni): where everybody works as the others do, the chance
that anybody at all is flagged is at most `ALARM` a look. A sign of conduct is a reason to look closer, or to
ask for an exam; it is no proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, nan
from statistics import median

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

# The chance to flag anybody where nobody stands out.
ALARM = 0.01
# Answers with a time, answers in a row, and items in common, before anything is said.
TIMED, ANSWERED, COMMON = 10, 20, 10
# Workers with times, before there is a distribution to compare with.
CROWD = 8
# Nobody is too fast who takes this much of the median of the others.
FAST = 0.5
# Volume: nobody does too much who does less than this share.
SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing about a worker that can be told by counting."""

    value: float
    threshold: float
    flagged: bool
    reason: str


def speed(seconds: Mapping[str, Sequence[float]], *, alarm: float = ALARM) -> dict[str, Sign]:
    """Compare each worker's typical time with those of all workers.

    People differ by factors, so the logarithms of their medians are compared, with the middle of all and
    their spread as the measure (median and median deviation, which a few spammers hardly move; Student's t
    for the doubt of few workers). Besides, a worker must take less than half of the usual time.

    Args:
        seconds: The active seconds of each worker's answers.
        alarm: The chance to flag anybody of a crowd in which nobody stands out.
    """
    typical = {worker: median(times) for worker, times in seconds.items() if len(times) >= TIMED}
    signs = {worker: Sign(nan, nan, False, _few(times)) for worker, times in seconds.items()}
    if len(typical) < CROWD:
        return signs
    logs = [log(max(time, 0.01)) for time in typical.values()]
    middle = median(logs)
    spread = 1.4826 * median(abs(one - middle) for one in logs)
    # A median deviation tells as much of the spread as 0.37 times as many values would.
    far = _student_above(alarm / len(typical), 0.37 * (len(typical) - 1))
    threshold = min(exp(middle - far * spread), FAST * exp(middle))
    for worker, time in typical.items():
        usual = f"usual are {exp(middle):.1f} s; below {threshold:.1f} s is too fast"
        text = f"an answer takes {time:.1f} s, {usual}"
        signs[worker] = Sign(time, threshold, time < threshold, text)
    return signs


def repetition(
    answers: Mapping[str, Sequence[int]], shares: Sequence[float], *, alarm: float = ALARM
) -> dict[str, Sign]:
    """Look for one label said many times in a row, more often than how common it is explains.

    Args:
        answers: Each worker's label codes, in the order given.
        shares: (K,) how common each label is among all answers.
        alarm: The chance to flag anybody of a crowd that says what is there.
    """
    watched = sum(len(said) >= ANSWERED for said in answers.values())
    return {worker: _repeated(said, shares, alarm / max(watched, 1)) for worker, said in answers.items()}


def _repeated(said: Sequence[int], shares: Sequence[float], alarm: float) -> Sign:
    if len(said) < ANSWERED:
        return Sign(nan, nan, False, _few(said))
    length, label = _longest_run(said)
    # The chance that one of n places begins so long a run of the commonest label is at most n q^length.
    share = min(max(shares), 1 - 1 / (len(said) + 2))
    threshold = max(2, ceil(log(alarm / len(said)) / log(share)))
    return Sign(
        float(length),
        float(threshold),
        length >= threshold,
        f"label {label} {length} times in a row of {len(said)} answers; "
        f"{threshold} are too many where the commonest label has {share:.0%}",
    )


def _longest_run(said: Sequence[int]) -> tuple[int, int]:
    best, label, length = 0, said[0], 0
    for place, code in enumerate(said):
        length = length + 1 if place and said[place - 1] == code else 1
        if length > best:
            best, label = length, code
    return best, label


def identical(answers: Answers, *, common: int = COMMON, alarm: float = ALARM) -> dict[tuple[str, str], Sign]:
    """Look for pairs whose answers are nearly the same where they disagree with most of the others.

    Agreement on what most people say is no sign of anything. Counted are common items on which one of the two
    says something else than the majority of the others; there independent workers seldom say the same, and
    the share of all such pairs that do is what it is tested against.
    """
    odd = _off_the_majority(answers)
    pairs = _agreements(answers, odd)
    if not pairs:
        return {}
    told = sum(count for count, _ in pairs.values())
    same = sum(agreed for _, agreed in pairs.values())
    signs = {}
    for (one, other), (count, agreed) in pairs.items():
        if count < common:
            continue
        usual = (same - agreed + 1) / (told - count + 2)  # of the other pairs
        wanted = _least(count, usual, alarm / len(pairs))
        signs[answers.workers[one], answers.workers[other]] = Sign(
            agreed / count,
            wanted / count,
            agreed >= wanted,
            f"the same answer on {agreed} of {count} items where one of them differs from most; "
            f"{wanted} are too many where other pairs agree on {usual:.0%}",
        )
    return signs


def volume(counts: Mapping[str, int], *, share: float = SHARE, alarm: float = ALARM) -> dict[str, Sign]:
    """Tell whose share of all answers is more than anybody should have: their errors become the data's.

    With few answers a share says little: it counts once a worker who does exactly `share` would seldom show
    as many.
    """
    total = sum(counts.values())
    wanted = _least(total, share, alarm / max(len(counts), 1))
    signs = {}
    for worker, count in counts.items():
        value = count / total if total else nan
        signs[worker] = Sign(
            value,
            wanted / total if total else nan,
            bool(total) and len(counts) * share > 1 and count >= wanted,
            f"{count} of {total} answers; {wanted} are too many where nobody should give over {share:.0%}",
        )
    return signs


def _off_the_majority(answers: Answers) -> NDArray[np.bool_]:
    """Tell of each answer whether more others say something else than say the same."""
    table = np.zeros((len(answers.items), len(answers.labels)), dtype=np.int64)
    np.add.at(table, (answers.item, answers.label), 1)
    others = table[answers.item]
    others[np.arange(len(answers)), answers.label] -= 1
    own = others[np.arange(len(answers)), answers.label]
    return np.asarray(others.max(axis=1, initial=0) > own)


def _agreements(answers: Answers, odd: NDArray[np.bool_]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return by pair of workers the items where one is off the majority, and on how many the two agree."""
    order = np.argsort(answers.item, kind="stable")
    found: dict[tuple[int, int], tuple[int, int]] = {}
    bounds = np.flatnonzero(np.diff(answers.item[order])) + 1
    for rows in np.split(order, bounds):
        if not odd[rows].any():
            continue
        for place, row in enumerate(rows):
            for other in rows[place + 1 :]:
                if odd[row] or odd[other]:
                    pair = tuple(sorted((int(answers.worker[row]), int(answers.worker[other]))))
                    count, agreed = found.get((pair[0], pair[1]), (0, 0))
                    is_same = bool(answers.label[row] == answers.label[other])
                    found[pair[0], pair[1]] = count + 1, agreed + is_same
    return found


def _least(count: int, chance: float, alarm: float) -> int:
    """Return the least number of hits in so many trials that is rarer than `alarm`."""
    tail = 0.0
    for hits in range(count, -1, -1):
        tail += _binomial(hits, count, chance)
        if tail > alarm:
            return hits + 1
    return 0


def _binomial(hits: int, count: int, chance: float) -> float:
    ways = lgamma(count + 1) - lgamma(hits + 1) - lgamma(count - hits + 1)
    return exp(ways + hits * log(chance) + (count - hits) * log1p(-chance))


def _student_above(alarm: float, freedom: float) -> float:
    """Return what Student's t passes with this chance."""
    from scipy.special import stdtrit

    return float(-stdtrit(freedom, alarm))


def _few(seen: Sequence[object]) -> str:
    return f"{len(seen)} answers are too few to tell"
