"""A plan as one page of HTML that needs nothing else: the chart of cost against quality, and its table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from crowd.trials.plan.frontier import Plan, Point
from workers.money import MICROS, display

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2330 }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: right; padding: .3rem .6rem }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #e2e6ec }
.chosen { background: #e8f2ec; font-weight: 600 } .off { color: #77808d }
svg { max-width: 100%; height: auto }
"""
HEADS = ("how", "accuracy", "90 %", "answers per item", "gold", "cost")


def render(plan: Plan, source: str) -> str:
    """Return the page; `source` says what was simulated."""
    chosen = plan.recommended
    verdict = f"{chosen.name}: {plan.why}" if chosen else plan.why
    rows = "\n".join(_row(point, is_chosen=point == chosen) for point in plan.points)
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>Plan</title><style>{STYLE}</style>\n"
        f"<h1>Plan</h1>\n<p>{escape(source)}</p>\n<p><strong>{escape(verdict)}</strong></p>\n{_chart(plan)}\n"
        f"<table><tr>{''.join(f'<th>{head}' for head in HEADS)}</tr>\n{rows}\n</table>\n</html>\n"
    )


def _row(point: Point, *, is_chosen: bool) -> str:
    kind = "chosen" if is_chosen else "" if point.best else "off"
    cells = (
        escape(point.name),
        f"{point.accuracy:.1%}",
        f"{point.low:.1%} to {point.high:.1%}",
        f"{point.answers_per_item:.2f}",
        f"{point.gold_share:.1%}",
        display(point.cost_micros),
    )
    return f'<tr class="{kind}">{"".join(f"<td>{cell}" for cell in cells)}</tr>'


def _chart(plan: Plan) -> str:
    """Return the frontier as SVG: cost along, accuracy with its interval up."""
    import altair as alt
    import vl_convert

    base = alt.Chart(alt.InlineData(values=_rows(plan.points, plan.recommended))).encode(
        x=alt.X("cost:Q", title="cost in dollars", scale=alt.Scale(zero=False))
    )
    share = alt.Axis(format=".0%")
    bars = base.mark_rule(opacity=0.35).encode(
        y=alt.Y("low:Q", title="accuracy", axis=share, scale=alt.Scale(zero=False)), y2="high:Q"
    )
    colours = alt.Scale(
        domain=["recommended", "best at its cost", "beaten"], range=["#15803d", "#2563eb", "#a8b0bb"]
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        y="accuracy:Q",
        color=alt.Color("kind:N", scale=colours, title=None, legend=alt.Legend(orient="top")),
        shape=alt.Shape("gold:N", title=None, legend=alt.Legend(orient="top")),
    )
    line = base.transform_filter("datum.best").mark_line(color="#2563eb", opacity=0.5).encode(y="accuracy:Q")
    names = (
        base.transform_filter("datum.best")
        .mark_text(align="left", dx=8, dy=8, fontSize=10)
        .encode(y="accuracy:Q", text="name:N")
    )
    spec = {**(bars + line + dots + names).to_dict(), "width": 700, "height": 340}
    svg: str = vl_convert.vegalite_to_svg(json.dumps(spec))
    return svg


def _rows(points: Sequence[Point], chosen: Point | None) -> list[dict[str, object]]:
    return [
        {
            "name": point.name,
            "cost": point.cost_micros / MICROS,
            "accuracy": point.accuracy,
            "low": point.low,
            "high": point.high,
            "best": point.best,
            "gold": "with gold" if point.rule.gold else "no gold",
            "kind": "recommended" if point == chosen else "best at its cost" if point.best else "beaten",
        }
        for point in points
    ]
