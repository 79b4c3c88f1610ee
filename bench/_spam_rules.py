"""The rules that the bench of spam tests compares, and a worker followed under one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from _crowds import FOR_EXAMS, Crowd, World

from qc import gold_policy, spam
from qc.gold_policy import GoldPolicy
from qc.spam import Observation, SpamPolicy, SpamTest
from workers.skill import skill

TOLD = 12  # answers to gold of each worker, from which it is known what the crowd can do
GOLD = GoldPolicy()
Seen = tuple[int, int, bool, np.ndarray | None, int]  # answer, truth, gold, others, what others say


@dataclass(slots=True)
class Course:
    """What became of one worker."""

    kind: str
    out: bool = False
    until: int = 0  # answers before ordinary work ended for good
    answers: int = 0
    gold: int = 0
    exams: int = 0


class Test:
    """A rule that watches one worker: told of each answer, it says good, suspend or ban."""

    exam = 0

    def __init__(self, world: World, policy: SpamPolicy) -> None:
        self.world, self.policy = world, policy

    def see(self, seen: Seen) -> str:
        """Take an answer in; return the verdict."""
        raise NotImplementedError

    @property
    def is_cleared(self) -> bool:
        """Tell whether little gold is enough by now."""
        return False


class Rank(Test):
    """What crowd does."""

    exam = spam.EXAM

    def __init__(self, world: World, policy: SpamPolicy) -> None:
        super().__init__(world, policy)
        self.test = SpamTest.start(world.labels, self.policy)

    def see(self, seen: Seen) -> str:
        answer, truth, is_gold, others, _ = seen
        if is_gold:
            observed = Observation(answer, truth)
        else:
            observed = Observation(answer, others=None if others is None else tuple(others.tolist()))
        self.test = self.test.observe(observed)
        return self.test.verdict()

    @property
    def is_cleared(self) -> bool:
        return self.test.llr <= self.policy.cleared


class GoldAlone(Rank):
    """What crowd did before: gold only, and who is suspended stays out."""

    exam = 0

    def __init__(self, world: World, _: SpamPolicy) -> None:
        # 80 % right, as it was for every number of labels.
        good = (0.8 - 1 / world.labels) / (1 - 1 / world.labels)
        super().__init__(world, SpamPolicy(suspend=log(19), floor=-2.0, cleared=-9.0, good=good))

    def see(self, seen: Seen) -> str:
        return super().see(seen if seen[2] else (*seen[:3], None, 0))


class HitRate(Test):
    """Right or wrong alone, 85 % against 60 %; a label of peers counts 0.4."""

    def __init__(self, world: World, policy: SpamPolicy) -> None:
        super().__init__(world, policy)
        self.llr = 0.0

    def see(self, seen: Seen) -> str:
        answer, truth, is_gold, others, heard = seen
        if not is_gold and others is None:
            return "good"
        is_right, weight = answer == (truth if is_gold else heard), 1.0 if is_gold else 0.4
        step = log(0.6 / 0.85) if is_right else log(0.4 / 0.15)
        self.llr = max(-2.0, self.llr + weight * step)
        return "ban" if self.llr >= log(99) else "good"


class Window(Test):
    """Fewer than 70 % right of the last ten answers to gold."""

    def __init__(self, world: World, policy: SpamPolicy) -> None:
        super().__init__(world, policy)
        self.last: list[bool] = []

    def see(self, seen: Seen) -> str:
        if seen[2]:
            self.last = [*self.last[-9:], seen[0] == seen[1]]
        return "ban" if len(self.last) == 10 and sum(self.last) < 7 else "good"


TESTS: dict[str, Callable[[World, SpamPolicy], Test]] = {
    "crowd": Rank,
    "gold alone": GoldAlone,
    "hit rate": HitRate,
    "window of 10": Window,
}


def follow_all(crowd: Crowd, name: str) -> list[Course]:
    told = (crowd.exam_said == crowd.exam_truth)[:, :TOLD].sum(axis=1)
    policy = spam.policy_for([(right, TOLD) for right in told.tolist()], crowd.world.labels)
    return [follow(crowd, number, TESTS[name], policy) for number in range(len(crowd.kind))]


def follow(
    crowd: Crowd, number: int, start: Callable[[World, SpamPolicy], Test], policy: SpamPolicy
) -> Course:
    """Let one worker answer until they are out, or to the end."""
    test, course = start(crowd.world, policy), Course(crowd.kind[number])
    place = taken = left = right = 0
    low = None
    while course.answers < crowd.said.shape[1] and not course.out:
        in_exam = left > 0
        if in_exam:
            seen, taken, left = exam(crowd, number, taken), taken + 1, left - 1
        else:
            share = gold_policy.share(GOLD, course.answers, 1.0 if test.is_cleared else low)
            is_gold = crowd.chance[number, place] < share
            seen, place = ordinary(crowd, number, place, is_gold=is_gold), place + 1
        course.answers += 1
        if seen[2]:
            course.gold, right = course.gold + 1, right + (seen[0] == seen[1])
            low = skill(right, course.gold, chance=1 / crowd.world.labels).low
        verdict = test.see(seen)
        is_last = left == 0 if in_exam else not test.exam
        course.out = verdict == "ban" or (verdict == "suspend" and is_last)
        if verdict == "suspend" and not in_exam:
            course.exams, left = course.exams + 1, test.exam
        course.until = place
        if taken + left > FOR_EXAMS:
            break
    return course


def ordinary(crowd: Crowd, number: int, place: int, *, is_gold: bool) -> Seen:
    answer, truth = crowd.said[number, place, int(is_gold)], crowd.truth[number, place, int(is_gold)]
    others = None if is_gold or np.isnan(crowd.others[number, place, 0]) else crowd.others[number, place]
    return int(answer), int(truth), is_gold, others, int(crowd.heard[number, place])


def exam(crowd: Crowd, number: int, taken: int) -> Seen:
    return int(crowd.exam_said[number, taken]), int(crowd.exam_truth[number, taken]), True, None, 0
