"""Simulated workers for the bench of spam tests: what each says, and what others say of the same items."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
KINDS = ("good", "sloppy", "random", "prior", "constant", "adversary")
BAD = KINDS[2:]
MIX = (0.60, 0.15, 0.08, 0.07, 0.07, 0.03)
# Gold laid by for exams, of each worker.
FOR_EXAMS = 40


@dataclass(frozen=True, slots=True)
class World:
    """What is simulated: the labels and how common they are, the crowd, and how much peers know."""

    name: str
    prior: tuple[float, ...]
    mix: tuple[float, ...] = MIX
    good: float = 0.88
    spread: float = 0.0  # of the good workers' accuracy
    sloppy: float = 0.7
    peers: float = 0.93  # how often the others are right
    claimed: float = 0.93  # how often their posterior says they are
    there: float = 1.0  # share of items that others have answered before
    tired: int | None = None  # after so many answers good workers guess

    @property
    def labels(self) -> int:
        return len(self.prior)


EVEN = World("K=2", (0.5, 0.5))
COMMON = World("K=2, 88:12", (0.88, 0.12))
FOUR = World("K=4", (0.25,) * 4, sloppy=0.64)
MAIN = (EVEN, COMMON, FOUR)
OTHERS = (
    *(replace(w, name=f"{w.name}, good 84 ± 5 %", good=0.84, spread=0.05) for w in MAIN),
    *(replace(w, name=f"{w.name}, peers 85 % right, claim 93 %", peers=0.85) for w in MAIN),
    *(replace(w, name=f"{w.name}, half of the peers missing", there=0.5) for w in MAIN),
    *(replace(w, name=f"{w.name}, no peers", there=0.0) for w in MAIN),
    *(replace(w, name=f"{w.name}, half bad", mix=(0.35, 0.15, 0.17, 0.13, 0.13, 0.07)) for w in MAIN),
    *(replace(w, name=f"{w.name}, the good guess after 100", tired=100) for w in MAIN),
    replace(COMMON, name="K=2, 97:3", prior=(0.97, 0.03)),
    replace(FOUR, name="K=10", prior=(0.1,) * 10),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everything that workers would say: N workers, T answers, K labels."""

    world: World
    kind: tuple[str, ...]
    truth: Codes  # (N, T, 2): of the ordinary item, of the gold that may stand in its place
    said: Codes  # (N, T, 2)
    others: Floats  # (N, T, K): what is believed of the ordinary item; NaN where nothing
    heard: Codes  # (N, T): its likeliest label
    exam_truth: Codes
    exam_said: Codes
    chance: Floats  # (N, T): below the share of gold, the answer is one to gold


def draw(world: World, *, workers: int, answers: int, believed: float, seed: int) -> Crowd:
    """Draw a crowd; `believed`: how far a posterior of others is trusted."""
    rng = np.random.default_rng(seed)
    counts = [round(share * workers) for share in world.mix]
    kind = np.repeat(np.arange(len(KINDS)), counts)
    labels, size = world.labels, (len(kind), answers)
    ordinary = rng.choice(labels, p=world.prior, size=size)
    truth = np.stack([ordinary, rng.integers(labels, size=size)], axis=2)
    exam = rng.integers(labels, size=(len(kind), FOR_EXAMS))
    own = _habits(world, kind, rng)
    heard = np.where(rng.random(size) < world.peers, ordinary, _other(ordinary, labels, rng))
    others = _posterior(world, heard) * believed + (1 - believed) / labels
    others[rng.random(size) >= world.there] = np.nan
    said = own(truth.reshape(len(kind), -1)).reshape(truth.shape)
    if world.tired is not None:
        late = (kind == 0)[:, None, None] & (np.arange(answers) >= world.tired)[None, :, None]
        said = np.where(late, rng.integers(labels, size=said.shape), said)
    names = tuple(KINDS[one] for one in kind)
    return Crowd(world, names, truth, said, others, heard, exam, own(exam), rng.random(size))


def _habits(world: World, kind: Codes, rng: np.random.Generator):
    labels = world.labels
    spread = np.clip(world.good + world.spread * rng.standard_normal(len(kind)), 0.76, 0.99)
    right = np.select([kind == 0, kind == 1], [spread, np.full(len(kind), world.sloppy)], 1 - world.good)
    # Who always says the same says what is most common, where anything is.
    is_even = max(world.prior) <= 1 / labels + 1e-9
    always = rng.integers(labels, size=len(kind)) if is_even else np.full(len(kind), np.argmax(world.prior))

    def say(truth: Codes) -> Codes:
        who = kind[:, None]
        said = np.where(rng.random(truth.shape) < right[:, None], truth, _other(truth, labels, rng))
        said = np.where(who == 2, rng.integers(labels, size=truth.shape), said)
        said = np.where(who == 3, rng.choice(labels, p=world.prior, size=truth.shape), said)
        return np.where(who == 4, always[:, None], said)

    return say


def _other(truth: Codes, labels: int, rng: np.random.Generator) -> Codes:
    return (truth + 1 + rng.integers(labels - 1, size=truth.shape)) % labels


def _posterior(world: World, heard: Codes) -> Floats:
    """Return what follows from the others' word and how common each label is."""
    wrong = (1 - world.claimed) / (world.labels - 1)
    likely = np.where(heard[:, :, None] == np.arange(world.labels), world.claimed, wrong)
    joint = likely * np.array(world.prior)
    return joint / joint.sum(axis=2, keepdims=True)
