"""What policies of buying cost at equal accuracy: recorded answers, bought again one by one.

    python bench/cost.py --data DIR [--sets dog,rte] [--orders 10] [--quick] [--json]
    python bench/cost.py --part claims [--sets dog,rte] [--orders 10]  # a project with and without routing
    python bench/cost.py --part attacks|heard [--orders 3] [--json]
    python bench/cost.py --merge a.json,b.json    # runs with other seeds
    python bench/cost.py --merge a.json,b.json --plot docs/images --docs docs/reference/buying-answers.md

Each order is a random order of each item's answers. A policy sees the labels it has bought; the truth only
judges. The final labels are the product's own, `panel` fitted anew on what was bought. `--items`: of larger
sets only the items with known truth and random others are replayed. Gold is told to the calibration alone,
and its answers are counted as bought.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from _attacks import attacked
from _cost_docs import write, write_attacks, write_heard
from _cost_report import plot, report
from _heard import heard
from _recorded import Recorded, arguments, read, say, thin, with_data
from _replay import CLAIMS, POLICIES, Policy, Shop, State, walk

from aggregation.answers import Answers
from aggregation.consensus import TIE
from aggregation.registry import aggregate

QUICK = "rte,dog,cf_amt,zencrowd_in"
# Claims are compared with the truth at this level, with so many draws of so much gold.
CLAIMED, DRAWS, GOLD = 0.016, 2, 30
PARTS = {"attacks": attacked, "heard": heard}
WRITERS = {"attacks": write_attacks, "heard": write_heard}
Row = list[float]


def right(recorded: Recorded, answers: Answers) -> float:
    judged = recorded.judged
    return float((aggregate(answers).choice[judged] == recorded.truth[judged]).mean())


def fair_majority(recorded: Recorded, answers: Answers) -> float:
    """Return the accuracy of majority vote, a tie counted as its fair share."""
    judged = recorded.judged
    posterior, truth = aggregate(answers, "majority").posterior[judged], recorded.truth[judged]
    tied = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    hit = tied[np.arange(len(truth)), np.maximum(truth, 0)] & (truth >= 0)
    return float((hit / tied.sum(axis=1)).mean())


def frontier(recorded: Recorded, policy: Policy, seed: int) -> list[Row]:
    """Return [share of answers bought, accuracy] by level; at one level also [claimed, true] with gold."""
    rows: list[Row] = []

    def seen(shop: Shop, state: State | None, level: float) -> None:
        del state
        answers = shop.answers()
        rows.append([float(shop.bought.mean()), right(recorded, answers)])
        if policy.learns and level == CLAIMED:
            draws = [_claims(recorded, answers, _gold(recorded, seed, draw)) for draw in range(DRAWS)]
            rows[-1].extend(np.mean(draws, axis=0).tolist())

    walk(Shop(recorded, seed), policy, seen)
    return rows


def _gold(recorded: Recorded, seed: int, draw: int) -> dict[str, str]:
    """Draw gold among the items with a known truth."""
    usable = np.flatnonzero(recorded.judged & (recorded.truth >= 0))
    drawn = np.random.default_rng([seed, draw]).choice(usable, min(GOLD, len(usable) // 3), replace=False)
    answers = recorded.answers
    return {answers.items[place]: answers.labels[recorded.truth[place]] for place in drawn}


def _claims(recorded: Recorded, answers: Answers, gold: dict[str, str]) -> tuple[float, float]:
    """Return claimed and true accuracy on the judged items that are not gold."""
    found = aggregate(answers, gold=gold)
    rest = recorded.judged & ~np.isin(np.array(answers.items, dtype=object), list(gold))
    return float(found.confidence[rest].mean()), float((found.choice[rest] == recorded.truth[rest]).mean())


def measure(recorded: Recorded, seeds: range, policies: Mapping[str, Policy]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "items": len(recorded.answers.items),
        "judged": int(recorded.judged.sum()),
        "answers": len(recorded.answers),
        "full": right(recorded, recorded.answers),
        "majority": fair_majority(recorded, recorded.answers),
        "curves": {},
    }
    for name, policy in policies.items():
        say(f"{recorded.name}, {name}")
        found["curves"][name] = [frontier(recorded, policy, seed) for seed in seeds]
    return found


def merged(files: list[str]) -> dict[str, Any]:
    """Join runs with different seeds: their orders side by side."""
    total: dict[str, Any] = {}
    for file in files:
        for name, found in json.loads(Path(file).read_text(encoding="utf-8")).items():
            if name not in total:
                total[name] = found
                continue
            for policy, orders in found["curves"].items():
                total[name]["curves"][policy].extend(orders)
    return total


def _part(options: argparse.Namespace) -> None:
    seeds = range(options.seed, options.seed + options.orders)
    if options.merge:
        rows = [row for file in options.merge.split(",") for row in json.loads(Path(file).read_text())]
    else:
        rows = list(PARTS[options.part](Path(options.data), seeds))
    print(json.dumps(rows) if options.json else "\n".join(map(str, rows)))
    if options.docs and options.part in WRITERS:
        WRITERS[options.part](rows, options.docs)


def main() -> None:
    parser = with_data(arguments(__doc__ or "", orders=10, items=2500))
    parser.add_argument("--quick", action="store_true", help=f"two orders of {QUICK}")
    parser.add_argument("--part", choices=("frontier", "claims", *PARTS), default="frontier")
    parser.add_argument("--merge", help="report on stored runs instead, with commas")
    parser.add_argument("--plot", type=Path, help="folder to draw the picture of the docs into")
    parser.add_argument("--docs", type=Path, help="page whose tables are written anew, between its marks")
    options = parser.parse_args()
    if options.part in PARTS:
        _part(options)
        return
    if options.merge:
        table = merged(options.merge.split(","))
    else:
        if options.data is None:
            parser.error("--data: name the folder of recorded answers, or set CROWD_DATA")
        names = QUICK if options.quick else options.sets
        seeds = range(options.seed, options.seed + (2 if options.quick else options.orders))
        table, policies = {}, CLAIMS if options.part == "claims" else POLICIES
        for name in names.split(","):
            began = time.monotonic()
            table[name] = measure(thin(read(Path(options.data), name), options.items), seeds, policies)
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(json.dumps(table) if options.json else report(table))
    if options.docs:
        write(table, options.docs)
    if options.plot:
        plot(table, options.plot / "buying-answers.svg")


if __name__ == "__main__":
    main()
