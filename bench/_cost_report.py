"""The tables and the picture of bench/cost.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

LOSS = 0.005
Table = dict[str, Any]


def policies(table: Table) -> tuple[str, ...]:
    """Return the policies that were replayed."""
    return tuple(next(iter(table.values()))["curves"])


def curve(found: Table, policy: str) -> np.ndarray:
    """Return (levels, 2): the mean over orders of cost and accuracy."""
    return np.mean(_orders(found, policy), axis=0)


def _orders(found: Table, policy: str) -> np.ndarray:
    return np.array([[row[:2] for row in rows] for rows in found["curves"][policy]])


def report(table: Table) -> str:
    return "\n\n".join(
        "\n".join(part) for part in (_frontier(table), _held_out(table), _sets(table), _claims(table))
    )


def _frontier(table: Table) -> Iterator[str]:
    yield "Mean over sets, level by level: share of all answers / accuracy lost, points (standard error)"
    for policy in policies(table):
        cost, loss, error = means(table, policy)
        cells = "  ".join(
            f"{c:.3f}/{-100 * x:+.2f}({100 * e:.2f})" for c, x, e in zip(cost, loss, error, strict=True)
        )
        at = interpolated(cost, loss, LOSS)
        yield f"{policy:<24} {cells}  | at -0.5: {at:.3f}"


def means(table: Table, policy: str) -> tuple[Any, Any, Any]:
    """Return by level the mean over sets of cost and loss, and the standard error that orders leave."""
    orders = {name: _orders(found, policy) for name, found in table.items()}
    cost = np.mean([rows[:, :, 0].mean(axis=0) for rows in orders.values()], axis=0)
    loss = np.mean(
        [table[name]["full"] - rows[:, :, 1].mean(axis=0) for name, rows in orders.items()], axis=0
    )
    several = [rows[:, :, 1] for rows in orders.values() if len(rows) > 1]
    squares = [rows.var(axis=0, ddof=1) / len(rows) for rows in several]
    return (
        cost,
        loss,
        np.sqrt(np.mean(squares, axis=0) / len(orders)) if squares else np.full(len(cost), np.nan),
    )


def held_out(table: Table, policy: str) -> tuple[float, float]:
    """Return mean cost and loss when each set is bought at the level that the other sets say."""
    kept = []
    for name in table:
        rest = {other: found for other, found in table.items() if other != name}
        level = _cheapest(rest, policy)
        cost, accuracy = curve(table[name], policy)[level]
        kept.append((cost, table[name]["full"] - accuracy))
    cost, loss = np.mean(kept, axis=0)
    return float(cost), float(loss)


def _cheapest(table: Table, policy: str) -> int:
    _, loss, _ = means(table, policy)
    good = np.flatnonzero(loss <= LOSS)
    return int(good[0]) if len(good) else len(loss) - 1


def _held_out(table: Table) -> Iterator[str]:
    if len(table) < 2:
        return
    yield "Each set bought at the level chosen on the other sets (at most 0.5 points lost there)"
    for policy in policies(table):
        cost, loss = held_out(table, policy)
        yield f"{policy:<24} {cost:.3f} of the answers, {-100 * loss:+.2f} points"


def fewer(found: Table, policy: str) -> float:
    """Return by how much fewer answers reach the accuracy of majority vote over all of them."""
    rows = curve(found, policy)
    at = interpolated(rows[:, 0], found["majority"] - rows[:, 1], 0.0)
    return 1.0 if np.isnan(at) else 1.0 / at


def _sets(table: Table) -> Iterator[str]:
    yield "Share of all answers within 0.5 points of them all / times fewer than all for majority's accuracy"
    yield f"{'set':<14}{'an item':>8}{'all':>7}{'MV':>7}" + "".join(
        f"{policy:>24}" for policy in policies(table)
    )
    for name, found in table.items():
        head = f"{name:<14}{found['answers'] / found['items']:8.1f}{100 * found['full']:7.1f}"
        cells = []
        for policy in policies(table):
            rows = curve(found, policy)
            share = interpolated(rows[:, 0], found["full"] - rows[:, 1], LOSS)
            cells.append(f"{share:18.2f}/{fewer(found, policy):4.1f}x")
        yield head + f"{100 * found['majority']:7.1f}" + "".join(cells)
    factors = {
        policy: np.exp(np.mean([np.log(fewer(found, policy)) for found in table.values()]))
        for policy in policies(table)
    }
    yield f"{'geometric mean':<36}" + "".join(f"{factors[policy]:23.2f}x" for policy in policies(table))


def _claims(table: Table) -> Iterator[str]:
    yield "Claimed minus true accuracy with 30 gold items, points: mean, mean absolute, worst set"
    for policy, gap in gaps(table).items():
        values = np.array(list(gap.values()))
        worst = max(gap, key=lambda name: abs(gap[name]))
        yield f"{policy:<24}{values.mean():+7.2f}{np.abs(values).mean():7.2f}{gap[worst]:+8.2f} ({worst})"


def gaps(table: Table) -> dict[str, dict[str, float]]:
    """Return claimed minus true accuracy in points, by policy that claims any and by set."""
    return {
        policy: {name: 100 * _gap(found, policy) for name, found in table.items()}
        for policy in policies(table)
        if _claimed(table, policy)
    }


def _claimed(table: Table, policy: str) -> bool:
    return all(any(len(row) > 2 for row in found["curves"][policy][0]) for found in table.values())


def _gap(found: Table, policy: str) -> float:
    claims = [row[2:] for rows in found["curves"][policy] for row in rows if len(row) > 2]
    return float(np.subtract(*np.mean(claims, axis=0)))


def interpolated(costs: Sequence[float], losses: Sequence[float], target: float) -> float:
    """Return the least cost at which the loss is down to the target, between the levels; nan if never."""
    for place, (cost, loss) in enumerate(zip(costs, losses, strict=True)):
        if loss <= target:
            if place == 0 or losses[place - 1] <= loss:
                return cost
            share = (losses[place - 1] - target) / (losses[place - 1] - loss)
            return costs[place - 1] + share * (cost - costs[place - 1])
    return float("nan")


def plot(table: Table, path: Path) -> None:
    """Draw what policies cost and lose, mean over sets."""
    import altair as alt

    rows = [
        {"policy": policy, "share": float(cost), "lost": -100 * float(loss)}
        for policy in policies(table)
        for cost, loss in zip(*means(table, policy)[:2], strict=True)
    ]
    x = alt.X("share:Q", title="share of all answers bought, mean of the sets").axis(format="%")
    y = alt.Y("lost:Q", title="accuracy against all answers, points").scale(domain=[-6, 1], clamp=True)
    chart = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y, color=alt.Color("policy:N", title=None))
    lines = chart.mark_line(point=True, clip=True)
    target = alt.Chart(alt.Data(values=[{"y": -100 * LOSS}])).mark_rule(strokeDash=[4, 4]).encode(y="y:Q")
    (lines + target).properties(width=560, height=320).save(str(path))
