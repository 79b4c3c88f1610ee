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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _crowds import BAD, EVEN, KINDS, MAIN, OTHERS, World, draw
from _recorded import arguments, read, say, with_data
from _spam_recorded import real
from _spam_rules import TESTS, Course, follow_all

from qc import peers

NEVER = 10**6
Summary = dict[str, dict[str, tuple[float, float]]]


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
