"""How soon workers who do not look are found, and how many good ones are kept out, beside common rules.

    python bench/spam.py [--workers 4000] [--answers 200] [--seeds 3] [--quick] [--json] [--plot FILE]
    python bench/spam.py --data DIR     # also real workers, the truth of recorded sets as gold

60 % good workers (88 % right), 15 % sloppy, 8 % random, 7 % drawing from the class prior, 7 % constant, 3 %
adversaries. Gold is even over the classes, as the default gold policy asks it. "found": suspended and not
come back, or banned. "until" counts answers until no more ordinary work was given, "ended" those of the exam
too. "exam": ever sent to one. "gold": of all answers of everyone, exams included; "staying": of good and
sloppy workers. Standard errors over seeds. The window and the hit rate know no exam: who fails is out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from _crowds import BAD, EVEN, FOR_EXAMS, KINDS, MAIN, OTHERS, Crowd, World, draw
from _recorded import Recorded, arguments, read, say, with_data

from qc import gold_policy, peers, spam
from qc.gold_policy import GoldPolicy
from qc.spam import Observation, SpamPolicy, SpamTest
from workers.skill import skill

NEVER = 10**6
TOLD = 12  # answers to gold of each worker, from which it is known what the crowd can do
FEWEST = 10  # answers to gold, and beside peers, for a recorded worker to be followed
GOLD = GoldPolicy()
Seen = tuple[int, int, bool, np.ndarray | None, int]  # answer, truth, gold, others, what others say
Summary = dict[str, dict[str, tuple[float, float]]]


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

    def see(self, seen: Seen) -> str:  # noqa: D102 - as above
        answer, truth, is_gold, others, _ = seen
        if is_gold:
            observed = Observation(answer, truth)
        else:
            observed = Observation(answer, others=None if others is None else tuple(others.tolist()))
        self.test = self.test.observe(observed)
        return self.test.verdict()

    @property
    def is_cleared(self) -> bool:  # noqa: D102 - as above
        return self.test.llr <= self.policy.cleared


class GoldAlone(Rank):
    """What crowd did before: gold only, and who is suspended stays out."""

    exam = 0

    def __init__(self, world: World, _: SpamPolicy) -> None:
        # 80 % right, as it was for every number of labels.
        good = (0.8 - 1 / world.labels) / (1 - 1 / world.labels)
        super().__init__(world, SpamPolicy(suspend=log(19), floor=-2.0, cleared=-9.0, good=good))

    def see(self, seen: Seen) -> str:  # noqa: D102 - as above
        return super().see(seen if seen[2] else (*seen[:3], None, 0))


class HitRate(Test):
    """Right or wrong alone, 85 % against 60 %; a label of peers counts 0.4."""

    def __init__(self, world: World, policy: SpamPolicy) -> None:
        super().__init__(world, policy)
        self.llr = 0.0

    def see(self, seen: Seen) -> str:  # noqa: D102 - as above
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

    def see(self, seen: Seen) -> str:  # noqa: D102 - as above
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


def run(world: World, name: str, *, workers: int, answers: int, seed: int) -> dict[str, dict[str, float]]:
    """Return what became of each kind of worker, and under "gold" where the gold went, in percent."""
    crowd = draw(world, workers=workers, answers=answers, believed=peers.MOST, seed=seed)
    courses = follow_all(crowd, name)
    found = {kind: summary([one for one in courses if one.kind == kind]) for kind in KINDS}
    staying = [one for one in courses if one.kind not in BAD]
    found["bad"] = summary([one for one in courses if one.kind in BAD])
    found["gold"] = {"all": share_of_gold(courses), "staying": share_of_gold(staying)}
    return found


def share_of_gold(courses: list[Course]) -> float:
    return 100 * sum(one.gold for one in courses) / sum(one.answers for one in courses)


def summary(courses: list[Course]) -> dict[str, float]:
    """Return percent found, the median of answers until then (of all, found or not), and percent examined."""
    return {
        "found": 100 * float(np.mean([one.out for one in courses])),
        "until": float(np.median([one.until if one.out else NEVER for one in courses])),
        "ended": float(np.median([one.answers if one.out else NEVER for one in courses])),
        "exam": 100 * float(np.mean([one.exams > 0 for one in courses])),
    }


def over_seeds(world: World, name: str, options: argparse.Namespace) -> Summary:
    """Return by kind and measure the mean over seeds and its standard error."""
    runs = []
    for seed in range(options.seed, options.seed + options.seeds):
        say(f"{world.name}, {name}, seed {seed}")
        runs.append(run(world, name, workers=options.workers, answers=options.answers, seed=seed))
    return {
        kind: {measure: spread([one[kind][measure] for one in runs]) for measure in runs[0][kind]}
        for kind in runs[0]
    }


def spread(values: list[float]) -> tuple[float, float]:
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return float(np.mean(values)), error


def real(recorded: Recorded, seed: int) -> dict[str, float]:
    """Follow the workers of a recorded set; gold is drawn from its truth, the rest is told by peers."""
    rng, answers = np.random.default_rng(seed), recorded.answers
    gold_items = balanced(recorded, rng)
    beside = peers.others(answers, np.where(gold_items, recorded.truth, -1).astype(np.int32))
    policy = policy_of(recorded, gold_items)
    rows = [
        one_of(recorded, beside, gold_items, policy, worker, rng) for worker in range(len(answers.workers))
    ]
    told = [row for row in rows if row is not None]
    out = [right for is_out, _, right in told if is_out]
    kept = [right for is_out, _, right in told if not is_out]
    return {
        "workers": len(told),
        "out": 100 * len(out) / max(len(told), 1),
        "exam": 100 * float(np.mean([exams > 0 for _, exams, _ in told])) if told else float("nan"),
        "informed, out": 100 * float(np.mean(out)) if out else float("nan"),
        "informed, kept": 100 * float(np.mean(kept)) if kept else float("nan"),
    }


def balanced(recorded: Recorded, rng: np.random.Generator) -> np.ndarray:
    """Return which items are gold: three in ten, evenly over the classes as far as there are."""
    usable = recorded.judged & (recorded.truth >= 0)
    classes = np.unique(recorded.truth[usable])
    each = int(0.3 * usable.sum() / len(classes))
    chosen = np.zeros(len(usable), dtype=bool)
    for code in classes:
        some = np.flatnonzero(usable & (recorded.truth == code))
        chosen[rng.choice(some, min(each, len(some)), replace=False)] = True
    return chosen


def informedness(said: np.ndarray, truth: np.ndarray) -> float:
    """Return how much better than chance, every class counted alike."""
    classes = np.unique(truth)
    recall = float(np.mean([(said[truth == code] == code).mean() for code in classes]))
    return (recall - 1 / len(classes)) / (1 - 1 / len(classes)) if len(classes) > 1 else float("nan")


def policy_of(recorded: Recorded, gold_items: np.ndarray) -> SpamPolicy:
    answers = recorded.answers
    told = gold_items[answers.item]
    right = told & (answers.label == recorded.truth[answers.item])
    width = len(answers.workers)
    counts = (np.bincount(answers.worker, each, minlength=width).tolist() for each in (right, told))
    return spam.policy_for(
        [(hits, int(all_of)) for hits, all_of in zip(*counts, strict=True)], len(answers.labels)
    )


def one_of(
    recorded: Recorded,
    beside: np.ndarray,
    gold_items: np.ndarray,
    policy: SpamPolicy,
    worker: int,
    rng: np.random.Generator,
) -> tuple[bool, int, float] | None:
    """Return whether a recorded worker is found, their exams, and their informedness; None of few answers."""
    answers, test = recorded.answers, SpamTest.start(len(recorded.answers.labels), policy)
    rows = rng.permutation(np.flatnonzero(answers.worker == worker))
    known = recorded.truth[answers.item[rows]] >= 0
    is_gold = gold_items[answers.item[rows]]
    if is_gold.sum() < FEWEST or (~is_gold).sum() < FEWEST:
        return None
    right = informedness(answers.label[rows][known], recorded.truth[answers.item[rows]][known])
    gold, others = list(rows[is_gold]), list(rows[~is_gold])
    exams = left = given = 0
    while (gold if left else gold or others) and (gold or others):
        wants = left > 0 or not others or (gold and rng.random() < gold_policy.share(GOLD, given, None))
        row = gold.pop() if wants and gold else others.pop()
        given += 1
        said, item = int(answers.label[row]), answers.item[row]
        is_told = wants and gold_items[item]
        rest = None if is_told or np.isnan(beside[row, 0]) else tuple(beside[row].tolist())
        test = test.observe(Observation(said, int(recorded.truth[item]) if is_told else None, rest))
        verdict, was = test.verdict(), left
        left -= left > 0
        if verdict == "ban" or (verdict == "suspend" and was == 1):
            return True, exams, right
        if verdict == "suspend" and was == 0:
            exams, left = exams + 1, spam.EXAM
    return bool(left), exams, right


def main() -> None:
    parser = with_data(arguments(__doc__ or "", workers=4000, answers=200, seeds=3))
    parser.add_argument("--quick", action="store_true", help="500 workers, one seed, the three main mixes")
    parser.add_argument("--others", action="store_true", help="other crowds instead of the main mixes")
    parser.add_argument("--tests", default=",".join(TESTS), help="which to measure, with commas")
    parser.add_argument("--plot", type=Path, help="write the plot of the first mix there, as SVG")
    options = parser.parse_args()
    if options.quick:
        options.workers, options.seeds = 500, 1
    worlds, tests = OTHERS if options.others else MAIN, options.tests.split(",")
    found = {world.name: {name: over_seeds(world, name, options) for name in tests} for world in worlds}
    recorded = {}
    if options.data is not None:
        recorded = {name: of_set(Path(options.data), name, options) for name in options.sets.split(",")}
    if options.plot is not None:
        options.plot.write_text(plot(options), encoding="utf-8")
    report = {"simulated": found, "recorded": recorded}
    print(json.dumps(report) if options.json else "\n".join(lines(report)))


def of_set(folder: Path, name: str, options: argparse.Namespace) -> dict[str, tuple[float, float]]:
    say(name)
    recorded = read(folder, name)
    runs = [real(recorded, seed) for seed in range(options.seed, options.seed + options.seeds)]
    return {measure: spread([one[measure] for one in runs]) for measure in runs[0]}


def lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{'':<46}" + "".join(f"{kind:>22}" for kind in KINDS) + f"{'gold: all, staying':>22}"
    for world, tests in report["simulated"].items():
        for name, found in tests.items():
            cells = "".join(f"{cell(found[kind]):>22}" for kind in KINDS)
            gold = f"{found['gold']['all'][0]:.1f}, {found['gold']['staying'][0]:.1f}"
            yield f"{world + ': ' + name:<46}{cells}{gold:>22}"
    yield "of each: found % ± s.e. / answers until / ended, exam %"
    for name, row in report["recorded"].items():
        yield f"{name:<16}" + ", ".join(
            f"{what} {value[0]:.1f} ± {value[1]:.1f}" for what, value in row.items()
        )


def cell(found: dict[str, tuple[float, float]]) -> str:
    until, ended = (
        "-" if found[what][0] >= NEVER / 2 else f"{found[what][0]:.0f}" for what in ("until", "ended")
    )
    return f"{found['found'][0]:.1f}±{found['found'][1]:.1f}/{until}/{ended} {found['exam'][0]:.1f}"


def plot(options: argparse.Namespace) -> str:
    """Return the share found against answers given, by kind, of crowd's test and the window."""
    import altair as alt
    import vl_convert

    crowd = draw(
        EVEN, workers=options.workers, answers=options.answers, believed=peers.MOST, seed=options.seed
    )
    rows = []
    for name in ("crowd", "window of 10"):
        courses = follow_all(crowd, name)
        for kind in KINDS:
            ends = np.array([one.until if one.out else NEVER for one in courses if one.kind == kind])
            for answers in range(0, options.answers + 1, 4):
                share = float((ends <= answers).mean())
                rows.append({"test": name, "worker": kind, "answers": answers, "found": share})
    colour = alt.Scale(
        domain=list(KINDS), range=["#2e8b57", "#d4a017", "#c0392b", "#e67e22", "#8e44ad", "#2c3e50"]
    )
    chart = (
        alt.Chart(alt.Data(values=rows), width=330, height=240)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("answers:Q", title="answers given"),
            y=alt.Y("found:Q", title="kept out", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("worker:N", scale=colour, sort=list(KINDS)),
            column=alt.Column("test:N", title=None),
        )
        .configure(background="white")
    )
    svg: str = vl_convert.vegalite_to_svg(chart.to_json())
    return svg


if __name__ == "__main__":
    main()
