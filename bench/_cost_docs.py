"""The tables of docs/reference/buying-answers.md, written between its marks from runs of bench/cost.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _attacks import ATTACKS
from _cost_report import LOSS, Table, curve, fewer, gaps, held_out, interpolated, means, policies

# Few items with dozens of answers each, and a majority that is wrong.
APART = ("bluebirds", "quiz")
MARK = re.compile(r"(<!-- (?!end)(\w+) -->\n).*?(?=<!-- end -->)", re.S)


def write(table: Table, page: Path) -> None:
    """Put the tables of these runs in the place of those on the page."""
    rest = {name: found for name, found in table.items() if name not in APART}
    _put(
        page,
        {"policies": _policies(table), "rest": _rest(rest), "sets": _sets(table), "claims": _claims(table)},
    )


def write_attacks(rows: Sequence[Mapping[str, Any]], page: Path) -> None:
    """Put the table of attacks in the place of that on the page."""
    _put(page, {"attacks": _attacks(rows)})


def write_heard(rows: Sequence[Mapping[str, Any]], page: Path) -> None:
    """Put the table of what a model of the items adds in the place of that on the page."""
    _put(page, {"heard": _heard(rows)})


def _put(page: Path, made: Mapping[str, Iterator[str]]) -> None:
    def new(found: re.Match[str]) -> str:
        return found[1] + "\n".join(made[found[2]]) + "\n" if found[2] in made else found[0]

    page.write_text(MARK.sub(new, page.read_text(encoding="utf-8")), encoding="utf-8")


def _attacks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield by attack and set: accuracy, points against no attack with their standard error, and costs."""
    sets = tuple(dict.fromkeys(row["set"] for row in rows))
    yield f"| attack | {' | '.join(sets)} |"
    yield f"|---|{'--:|' * len(sets)}"
    for attack in dict.fromkeys(row["attack"] for row in rows):
        cells = [_attack(rows, name, attack) for name in sets]
        held = f"{ATTACKS[attack]:.0%} " if ATTACKS[attack] else ""
        yield f"| {held}{attack} | {' | '.join(cells)} |".replace("%", " %")


def _attack(rows: Sequence[Mapping[str, Any]], name: str, attack: str) -> str:
    def column(fact: str, of: str = attack) -> Any:
        return np.array([row[fact] for row in rows if row["set"] == name and row["attack"] == of])

    lost = 100 * (column("accuracy") - column("accuracy", "none"))
    error = lost.std(ddof=1) / np.sqrt(len(lost)) if len(lost) > 1 else np.nan
    against = "" if attack == "none" else f", {lost.mean():+.1f} ({error:.1f})"
    cost = (column("share") + column("gold")).mean()
    bare = f"{100 * column('majority').mean():.1f}, {100 * column('undefended').mean():.1f}"
    return f"{100 * column('accuracy').mean():.1f}%{against}; {cost:.0%}; {bare}"


def _heard(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield by set and policy the share of all answers at which their accuracy is reached."""
    heads = ("as accurate: people", "with the model", "within 0.5 points: people", "with the model")
    yield f"| set | all, % | policy | {' | '.join(heads)} |"
    yield "|---|--:|---|--:|--:|--:|--:|"
    for name, policy in dict.fromkeys((row["set"], row["policy"]) for row in rows):
        own = [row for row in rows if (row["set"], row["policy"]) == (name, policy)]
        full, cost = np.mean([row["full"] for row in own]), _by_level(own, "share")
        cells = [
            _reached(interpolated(cost, full - _by_level(own, who), loss))
            for loss in (0.0, LOSS)
            for who in ("people", "accuracy")
        ]
        yield f"| {name} | {100 * full:.1f} | {policy} | {' | '.join(cells)} |".replace("%", " %")


def _by_level(rows: Sequence[Mapping[str, Any]], fact: str) -> np.ndarray:
    levels = dict.fromkeys(row["level"] for row in rows)
    return np.array([np.mean([row[fact] for row in rows if row["level"] == level]) for level in levels])


def _policies(table: Table) -> Iterator[str]:
    yield (
        "| policy | within 0.5 points at | mean of the sets' own shares (– counts as all) "
        "| at the level other sets choose: of all, points | at about half |"
    )
    yield "|---|--:|--:|--:|--:|"
    for policy in policies(table):
        cost, loss, error = means(table, policy)
        own = np.mean([np.nan_to_num(_share(found, policy), nan=1.0) for found in table.values()])
        chosen, lost = held_out(table, policy)
        half = int(np.argmin(np.abs(cost - 0.5)))
        reached = interpolated(cost, loss, LOSS)
        yield (
            f"| {policy} | {_reached(reached)}{_give_or_take(table, policy, reached)} | {own:.0%} "
            f"| {chosen:.0%}, {-100 * lost:+.1f} "
            f"| {cost[half]:.0%}: {-100 * loss[half]:+.1f} ({100 * error[half]:.1f}) |"
        ).replace("%", " %")


def _give_or_take(table: Table, policy: str, reached: float) -> str:
    """Return the standard error over the sets by leaving each out; nothing where one of them decides."""
    left_out = []
    for name in table:
        cost, loss, _ = means({other: found for other, found in table.items() if other != name}, policy)
        left_out.append(interpolated(cost, loss, LOSS))
    if len(table) < 3 or np.isnan([reached, *left_out]).any():
        return ""
    return f" ± {100 * np.std(left_out) * np.sqrt(len(table) - 1):.0f}"


def _rest(table: Table) -> Iterator[str]:
    yield "| policy | within 0.5 points at |"
    yield "|---|--:|"
    for policy in policies(table):
        cost, loss, _ = means(table, policy)
        yield f"| {policy} | {_reached(interpolated(cost, loss, LOSS))} |".replace("%", " %")


def _sets(table: Table) -> Iterator[str]:
    yield f"| set | answers an item | all, % | majority, % | {' | '.join(policies(table))} |"
    yield f"|---|{'--:|' * (3 + len(policies(table)))}"
    for name, found in sorted(table.items()):
        cells = [f"{_share(found, policy):.2f} / {fewer(found, policy):.1f}" for policy in policies(table)]
        cells = [f"{100 * found[who]:.1f}" for who in ("full", "majority")] + cells
        each = found["answers"] / found["items"]
        yield f"| {name}{_noise(found)} | {each:.1f} | {' | '.join(cells)} |".replace("nan", "–")
    factors = [
        np.exp(np.mean([np.log(fewer(found, policy)) for found in table.values()]))
        for policy in policies(table)
    ]
    yield f"| geometric mean | | | | {' | '.join(f'{factor:.2f}' for factor in factors)} |"


def _noise(found: Table) -> str:
    """Return the standard error that the orders leave in a point of a set's curves, in points."""
    spread = [
        np.std([[row[1] for row in rows] for rows in orders], axis=0, ddof=1) / np.sqrt(len(orders))
        for orders in found["curves"].values()
        if len(orders) > 1
    ]
    return f" (± {100 * np.mean(np.concatenate(spread)):.1f})" if spread else ""


def _claims(table: Table) -> Iterator[str]:
    yield "| policy | mean (standard error) | mean of absolute | worst set |"
    yield "|---|--:|--:|--:|"
    for policy, gap in gaps(table).items():
        values = np.array(list(gap.values()))
        worst = max(gap, key=lambda name: abs(gap[name]))
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
        yield (
            f"| {policy} | {values.mean():+.1f} ({error:.1f}) | {np.abs(values).mean():.1f} "
            f"| {gap[worst]:+.1f} ({worst}) |"
        )


def _share(found: Table, policy: str) -> float:
    rows = curve(found, policy)
    return interpolated(rows[:, 0], found["full"] - rows[:, 1], LOSS)


def _reached(share: float) -> str:
    return "not reached" if np.isnan(share) else f"{share:.0%}"
