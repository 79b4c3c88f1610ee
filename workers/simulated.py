"""Simulated people: seeded workers with a confusion matrix, a pace, and a reason to distrust some of them.

Shares, accuracies and paces are assumptions for demonstrations and tests, not measurements of a real crowd.
Errors of two people on one item are independent; real people share theirs on hard items.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

BAD: Final = ("random", "prior", "constant", "adversary")
KINDS: Final = ("good", "sloppy", *BAD)
MEDIAN_SECONDS: Final[Mapping[str, float]] = {
    "good": 6.0, "sloppy": 3.5, "random": 1.8, "prior": 1.8, "constant": 1.2, "adversary": 5.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One simulated worker; row t of `matrix` holds the probabilities of each answer when the truth is t."""

    name: str
    kind: str
    matrix: Matrix
    median_seconds: float
    spread: float = 0.4

    def answer(self, truth: int, rng: np.random.Generator, *, difficulty: float = 0.0) -> int:
        """Answer an item whose true label code is `truth`.

        Difficulty from 0 to 1 is the chance that the item tells this person nothing: the answer is then
        drawn from the person's habits, whatever the truth.
        """
        row = (1 - difficulty) * self.matrix[truth] + difficulty * self.matrix.mean(axis=0)
        cumulative = row.cumsum()
        return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))

    def seconds(self, rng: np.random.Generator) -> float:
        """Draw the seconds spent on one item, log-normal around the person's median."""
        return float(self.median_seconds * np.exp(self.spread * rng.standard_normal()))


@dataclass(frozen=True, slots=True)
class Group:
    """Part of a crowd: people of a kind, or of any other name with the accuracy they have."""

    name: str
    share: float
    accuracy: float | None = None


def people(
    mix: Mapping[str, float],
    size: int,
    labels: int,
    rng: np.random.Generator,
    *,
    prior: Sequence[float] | None = None,
) -> tuple[Person, ...]:
    """Make `size` people whose kinds follow the shares of `mix` as nearly as whole people can.

    Args:
        mix: Share of each kind; `spam` stands for the bad kinds in equal parts. Shares sum to 1.
        size: How many people.
        labels: Size of the label set.
        rng: Source of every difference between them.
        prior: Class shares that `prior` people guess from; a lopsided draw of each one's own if not given.
    """
    check_mix(mix)
    if size < 0:
        raise ValueError(f"size is {size}: it must not be negative")
    if labels < 2:
        raise ValueError(f"labels is {labels}: simulated people need at least 2 labels to choose from")
    kinds = rng.permutation(_whole(_spell_out(mix), size))
    digits = len(str(size))
    return tuple(
        _person(f"worker-{number:0{digits}}", str(kind), _prior(prior, labels, rng), rng)
        for number, kind in enumerate(kinds, start=1)
    )


def crew(groups: Sequence[Group], size: int, labels: int, rng: np.random.Generator) -> tuple[Person, ...]:
    """Make `size` people of these groups; those with an accuracy of their own scatter around it."""
    if labels < 2:
        raise ValueError(f"labels is {labels}: simulated people need at least 2 labels to choose from")
    accuracy = {group.name: group.accuracy for group in groups}
    names = rng.permutation(_whole({group.name: group.share for group in groups}, size))
    digits = len(str(size))
    return tuple(
        _person(f"worker-{number:0{digits}}", str(name), _prior(None, labels, rng), rng, accuracy[str(name)])
        for number, name in enumerate(names, start=1)
    )


def parse_groups(text: str) -> tuple[Group, ...]:
    """Read "good=.6:.88,sloppy=.2:.7,random=.2": share, and accuracy for all but the kinds that have one."""
    groups = tuple(_group(part.strip()) for part in text.split(","))
    names = [group.name for group in groups]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]!r} stands twice in the crowd: give it one share")
    total = sum(group.share for group in groups)
    if abs(total - 1) > 1e-6:
        raise ValueError(f"the shares of the crowd sum to {total:g}: they must sum to 1")
    return groups


def _group(part: str) -> Group:
    name, equals, numbers = (piece.strip() for piece in part.partition("="))
    if not (name and equals):
        raise ValueError(f"{part!r} is not kind=share or kind=share:accuracy, like good=.6:.88")
    share, colon, accuracy = numbers.partition(":")
    group = Group(
        name, _number(share, f"the share of {name!r}"),
        _number(accuracy, f"the accuracy of {name!r}") if colon else None,
    )  # fmt: skip
    if group.accuracy is None and name not in KINDS:
        raise ValueError(
            f"{name!r} needs an accuracy, like {name}=.2:.8; without one there are {', '.join(KINDS)}"
        )
    if group.accuracy in {0.0, 1.0}:
        raise ValueError(f"the accuracy of {name!r} is {group.accuracy:g}: nobody is so sure, say .01 or .99")
    return group


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise ValueError(f"{what} is {text.strip()!r}: it must be a number from 0 to 1")
    return value


def parse_mix(text: str) -> dict[str, float]:
    """Read "good=.7,sloppy=.2,spam=.1"."""
    mix: dict[str, float] = {}
    for part in text.split(","):
        kind, equals, share = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ValueError(f"{part.strip()!r} in the mix is not kind=share, like good=.7")
        if kind in mix:
            raise ValueError(f"{kind!r} stands twice in the mix: give it one share")
        try:
            mix[kind] = float(share)
        except ValueError:
            raise ValueError(f"the share of {kind!r} is {share!r}: it must be a number from 0 to 1") from None
    check_mix(mix)
    return mix


def check_mix(mix: Mapping[str, float]) -> None:
    """Refuse unknown kinds, shares outside 0 to 1, and shares that do not sum to 1."""
    for kind, share in mix.items():
        if kind not in (*KINDS, "spam"):
            raise ValueError(f"{kind!r} is no kind of simulated worker: use {', '.join((*KINDS, 'spam'))}")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of {kind!r} is {share:g}: it must be a number from 0 to 1")
    total = sum(mix.values())
    if abs(total - 1) > 1e-6:
        raise ValueError(f"the shares of the mix sum to {total:g}: they must sum to 1")


def _spell_out(mix: Mapping[str, float]) -> dict[str, float]:
    spam = mix.get("spam", 0.0) / len(BAD)
    return {kind: mix.get(kind, 0.0) + (spam if kind in BAD else 0.0) for kind in KINDS}


def _whole(shares: Mapping[str, float], size: int) -> list[str]:
    """Turn shares into whole people by largest remainder, ties in the order given."""
    total = sum(shares.values())
    exact = {kind: share / total * size for kind, share in shares.items()}
    whole = {kind: int(count) for kind, count in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: whole[kind] - exact[kind])
    for kind in by_remainder[: size - sum(whole.values())]:
        whole[kind] += 1
    return [kind for kind, count in whole.items() for _ in range(count)]


def _prior(given: Sequence[float] | None, labels: int, rng: np.random.Generator) -> Matrix:
    if given is None:
        return rng.dirichlet(np.ones(labels))
    prior = np.asarray(given, dtype=np.float64)
    if prior.shape != (labels,) or not np.all(prior >= 0) or not prior.sum() > 0:
        raise ValueError(f"prior must be {labels} shares, none negative, not all 0")
    shares: Matrix = prior / prior.sum()
    return shares


def _person(
    name: str, kind: str, prior: Matrix, rng: np.random.Generator, accuracy: float | None = None
) -> Person:
    pace = MEDIAN_SECONDS.get(kind, MEDIAN_SECONDS["good"]) * float(np.exp(0.25 * rng.standard_normal()))
    matrix = _MATRICES[kind](prior, rng) if accuracy is None else _informed(accuracy, len(prior), rng)
    return Person(name, kind, matrix, pace)


def _informed(accuracy: float, labels: int, rng: np.random.Generator) -> Matrix:
    """Draw a person around this accuracy: a level of their own, easier and harder labels, own confusions."""
    level = np.clip(rng.beta(40 * accuracy, 40 * (1 - accuracy)), 0.02, 0.98)
    right = rng.beta(30 * level, 30 * (1 - level), size=labels)
    matrix = np.empty((labels, labels))
    for truth in range(labels):
        wrong = rng.dirichlet(np.ones(labels - 1)) * (1 - right[truth])
        matrix[truth] = np.insert(wrong, truth, right[truth])
    return matrix


def _good(prior: Matrix, rng: np.random.Generator) -> Matrix:
    return _informed(0.88, len(prior), rng)


def _sloppy(prior: Matrix, rng: np.random.Generator) -> Matrix:
    return _informed(0.6 + 0.2 / len(prior), len(prior), rng)


def _adversary(prior: Matrix, rng: np.random.Generator) -> Matrix:
    return _informed(0.2 / len(prior), len(prior), rng)


def _random(prior: Matrix, _: np.random.Generator) -> Matrix:
    return np.full((len(prior), len(prior)), 1 / len(prior))


def _by_prior(prior: Matrix, _: np.random.Generator) -> Matrix:
    return np.tile(prior, (len(prior), 1))


def _constant(prior: Matrix, rng: np.random.Generator) -> Matrix:
    return np.tile(np.eye(len(prior))[rng.integers(len(prior))], (len(prior), 1))


_MATRICES: Final[Mapping[str, Callable[[Matrix, np.random.Generator], Matrix]]] = {
    "good": _good, "sloppy": _sloppy, "random": _random, "prior": _by_prior, "constant": _constant,
    "adversary": _adversary,
}  # fmt: skip
