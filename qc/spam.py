"""Tell workers who look at the item from workers who do not, by a sequential rank-one test.

A spammer's answer does not depend on the truth: it is a draw from the worker's own answer habits (a
confusion matrix of rank one; Raykar and Yu 2012). That covers random, prior-guessing and constant workers
with one hypothesis. The test adds up ln P(answer | spammer) - ln P(answer | good worker) and acts when the
sum passes a threshold (Wald's SPRT).

Two sums are kept. On gold the truth is known. On other items stands what the other workers make of it: a
posterior without this worker's answer, over which the likelihood of a good worker is averaged, so that an
unsure consensus says little by itself. Neither sum falls below its floor: a good past cannot hide decay.
That of the peers does not rise past `peers_most`, which lies between suspension and ban: peers, who may be a
ring, send somebody to an exam, and only gold bans.

A right answer is never evidence of spam. Without this rule whoever is always right about a common class looks
constant: simulated at 97 : 3 with gold from the same mix, half of the good workers were banned within 200
answers, and 7 % with it. Where one class is common, gold balanced over the classes is what tells them apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final, Literal, Self

Verdict = Literal["good", "suspend", "ban"]

# Questions of an exam: who was suspended answers these, all gold, and is then banned or comes back.
EXAM: Final = 10
# What a crowd can do is told by so many workers of so much gold: by the rate that a quarter of them passes.
FEWEST_WORKERS: Final = 5
FEWEST_GOLD: Final = 8
BETTER: Final = 0.75
ROOM: Final = 0.8
LEAST_GOOD: Final = 0.25
# Less than this part of chance right, of so much of a label's gold: the crowd has not learned it.
ENOUGH_GOLD: Final = 20
UNLEARNED: Final = 0.5


@dataclass(frozen=True, slots=True)
class SpamPolicy:
    """What a good worker is, and how sure to be before acting; thresholds are log likelihood ratios.

    Suspension is early because the exam corrects it: of good workers, 88 % right, about 2 % are sent to one
    and 0.2 % do not come back. `docs/reference/worker-quality.md` has the measurements.
    """

    ban: float = log(99)
    suspend: float = log(10)
    floor: float = -3.0  # of the evidence from gold
    good: float = 0.6  # informedness of a good worker: how much better than chance, 1 for never wrong
    peers_floor: float = -2.0
    peers_most: float = 3.5
    cleared: float = -4.0  # of gold and peers together: from here on little gold is enough

    def __post_init__(self) -> None:
        """Refuse thresholds out of order and an accuracy that is none."""
        if not self.floor <= 0 < self.suspend <= self.ban:
            raise ValueError(
                f"spam thresholds must satisfy floor <= 0 < suspend <= ban, "
                f"not {self.floor:g}, {self.suspend:g}, {self.ban:g}"
            )
        if not self.peers_floor <= 0 <= self.peers_most < self.ban:
            raise ValueError(
                f"evidence of peers must satisfy peers_floor <= 0 <= peers_most < ban, "
                f"not {self.peers_floor:g}, {self.peers_most:g}, {self.ban:g}"
            )
        if not 0 < self.good < 1:
            raise ValueError(f"good is {self.good:g}: it must lie between 0 and 1")

    def accuracy(self, labels: int) -> float:
        """Return how often a good worker is right: among more labels, less is far from chance."""
        return 1 / labels + self.good * (1 - 1 / labels)


def policy_for(records: Sequence[tuple[float, int]], labels: int) -> SpamPolicy:
    """Return the policy for a crowd: on hard items those who look are wrong more often too.

    What a good worker manages is read off the crowd's better quarter on gold, with some room below; never
    more than by default, and never so little that chance passes.

    Args:
        records: Of each worker, right answers to gold and all answers to gold.
        labels: The size of the label set.
    """
    rates = sorted(right / graded for right, graded in records if graded >= FEWEST_GOLD)
    if len(rates) < FEWEST_WORKERS:
        return SpamPolicy()
    better = rates[int(BETTER * (len(rates) - 1))]
    informed = (better - 1 / labels) / (1 - 1 / labels)
    return SpamPolicy(good=min(SpamPolicy().good, max(LEAST_GOOD, ROOM * informed)))


def unlearned(records: Mapping[int, tuple[int, int]], labels: int) -> frozenset[int]:
    """Return the labels that hardly anybody gives to their own gold: it tells nothing of one worker.

    Args:
        records: Of each label, right answers to its gold and all answers to its gold.
        labels: The size of the label set.
    """
    return frozenset(
        label
        for label, (right, graded) in records.items()
        if graded >= ENOUGH_GOLD and right < UNLEARNED * graded / labels
    )


@dataclass(frozen=True, slots=True)
class Observation:
    """A worker's answer beside what is known of the item: the truth of gold, or what the others say.

    With neither it tells the worker's habits and nothing else. `others` is the posterior over the labels
    without this answer.
    """

    answer: int
    truth: int | None = None
    others: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class SpamTest:
    """The state of the test for one worker: how often each label was given, and the evidence so far."""

    policy: SpamPolicy
    counts: tuple[int, ...]
    gold: float = 0.0
    peers: float = 0.0
    graded: int = 0
    right: int = 0
    compared: int = 0

    @classmethod
    def start(cls, labels: int, policy: SpamPolicy) -> Self:
        """Begin a test over a label set of this size."""
        if labels < 2:
            raise ValueError(f"labels is {labels}: a spam test needs at least 2 labels")
        return cls(policy, (0,) * labels)

    @property
    def llr(self) -> float:
        """Return the evidence that this worker does not look, of gold and peers together."""
        return self.gold + self.peers

    def observe(self, seen: Observation) -> Self:
        """Return the test after one more answer."""
        self._check(seen)
        answer = seen.answer
        counts = (*self.counts[:answer], self.counts[answer] + 1, *self.counts[answer + 1 :])
        if seen.truth is not None:
            is_right = answer == seen.truth
            gold = max(self.policy.floor, self.gold + self._step(answer, float(is_right), is_right=is_right))
            graded, right = self.graded + 1, self.right + is_right
            return replace(self, counts=counts, gold=gold, graded=graded, right=right)
        if seen.others is not None:
            agreed = seen.others[answer]
            step = self._step(answer, agreed, is_right=agreed >= max(seen.others))
            peers = min(max(self.policy.peers_floor, self.peers + step), self.policy.peers_most)
            return replace(self, counts=counts, peers=peers, compared=self.compared + 1)
        return replace(self, counts=counts)

    def verdict(self) -> Verdict:
        """Read the verdict off the evidence as it stands."""
        if self.llr >= self.policy.ban:
            return "ban"
        return "suspend" if self.llr >= self.policy.suspend else "good"

    def _step(self, answer: int, chance_right: float, *, is_right: bool) -> float:
        """Return what an answer adds, that is right with this probability.

        Its probability as spam comes from the answers before it, one added to each count; counting the
        answer itself first would tilt the test against everyone.
        """
        labels = len(self.counts)
        accuracy = self.policy.accuracy(labels)
        as_spam = (self.counts[answer] + 1) / (sum(self.counts) + labels)
        as_good = chance_right * accuracy + (1 - chance_right) * (1 - accuracy) / (labels - 1)
        step = log(as_spam / as_good)
        return min(step, 0.0) if is_right else step

    def _check(self, seen: Observation) -> None:
        labels = len(self.counts)
        if not (0 <= seen.answer < labels and 0 <= (seen.truth or 0) < labels):
            raise ValueError(
                f"answer {seen.answer} and truth {seen.truth} must be label codes from 0 to {labels - 1}"
            )
        if seen.others is not None and len(seen.others) != labels:
            raise ValueError(
                f"others has {len(seen.others)} entries: it needs one for each of {labels} labels"
            )


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a worker's history, and its evidence: of gold, of peers, and of both together."""

    verdict: Verdict
    llr: float
    gold: float
    peers: float
    graded: int
    right: int
    compared: int
    reason: str


def judge(history: Sequence[Observation], labels: int, policy: SpamPolicy) -> Judgement:
    """Judge a worker's answers in the order given; a ban ends the test there, a suspension can lift."""
    test = SpamTest.start(labels, policy)
    for seen in history:
        test = test.observe(seen)
        if test.verdict() == "ban":
            break
    return Judgement(
        verdict=test.verdict(),
        llr=test.llr,
        gold=test.gold,
        peers=test.peers,
        graded=test.graded,
        right=test.right,
        compared=test.compared,
        reason=_reason(test),
    )


def _reason(test: SpamTest) -> str:
    policy = test.policy
    compared = {
        "ban": f">= {policy.ban:.2f} (ban)",
        "suspend": f">= {policy.suspend:.2f} (suspend)",
        "good": f"< {policy.suspend:.2f} (suspend)",
    }[test.verdict()]
    beside = f" and {test.compared} beside those of others" if test.compared else ""
    graded = f"{test.graded} answers to gold, {test.right} right"
    return f"spam evidence {test.llr:.2f} {compared} after {graded}{beside}"
