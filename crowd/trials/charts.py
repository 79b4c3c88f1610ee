"""The report's charts: Vega-Lite specifications and the SVG that stands in the page.

Colours are CSS variables of the page, so that a chart follows it from light to dark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crowd.trials.digits import Outcome, Round
from crowd.trials.measure import METHOD_NAMES, Labels, WorkerRow, calibration

if TYPE_CHECKING:
    import altair as alt

SELECTED, AT_RANDOM = "crowd", "at random"
FEWEST = 5  # labels in a bin of the calibration chart: fewer tell nothing
INK, MUTED, LINE = "var(--ink)", "var(--muted)", "var(--line)"
FONT = "system-ui, sans-serif"
KINDS = {
    "good": "var(--good)",
    "sloppy": "var(--sloppy)",
    "random": "var(--bad)",
    "constant": "var(--worse)",
}

Row = dict[str, Any]
Spec = dict[str, Any]  # Vega-Lite


def render(spec: Spec) -> str:
    """Return a chart as an SVG element that needs nothing else."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(json.dumps(spec))
    return svg


def learning_curve(rounds: Sequence[Round]) -> Spec:
    """Model accuracy on the held-out images against answers bought, one line for each arm."""
    import altair as alt

    rows = [
        {"arm": name, "answers": standing.answers, "accuracy": standing.model_accuracy}
        for played in rounds
        for name, standing in ((SELECTED, played.selected), (AT_RANDOM, played.at_random))
    ]
    arms = _scale([SELECTED, AT_RANDOM], ["var(--accent)", "var(--other)"])
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("answers:Q", title="answers bought"),
        y=alt.Y(
            "accuracy:Q", title="model accuracy", axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=False)
        ),
        color=alt.Color("arm:N", scale=arms, legend=None),
    )
    lines = base.mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=60, filled=True, opacity=1))
    # On one line: two ends that lie close leave no room for a second.
    last = (
        alt.Chart(_data(rows[-2:]))
        .transform_calculate(end="datum.arm + ' ' + format(datum.accuracy, '.1%')")
        .encode(x="answers:Q", y="accuracy:Q", color=alt.Color("arm:N", scale=arms))
    )
    names = last.mark_text(align="left", dx=10, fontSize=13, fontWeight=600).encode(text="end:N")
    return _spec(lines + names, width=670, height=280, right=120)


def calibration_chart(labels: Sequence[Labels]) -> Spec:
    """How often labels are right against how sure they claim to be; on the diagonal the claim is true."""
    import altair as alt

    rows = [
        {"method": METHOD_NAMES[each.method], "claimed": b.claimed, "right": b.right, "labels": b.items}
        for each in labels
        for b in calibration(each)
        if b.items >= FEWEST
    ]
    methods = _scale(
        [METHOD_NAMES[each.method] for each in labels], ["var(--other)", "var(--third)", "var(--accent)"]
    )
    share = alt.Axis(format=".0%", values=[0.2, 0.4, 0.6, 0.8, 1])
    diagonal = alt.Chart(_data([{"x": 0.3, "y": 0.3}, {"x": 1, "y": 1}])).mark_line(
        color=MUTED, strokeDash=[4, 4], strokeWidth=1
    )
    diagonal = diagonal.encode(x="x:Q", y="y:Q")
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("claimed:Q", title="claimed", axis=share, scale=alt.Scale(domain=[0.3, 1])),
        y=alt.Y("right:Q", title="right", axis=share, scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("method:N", scale=methods, title=None, legend=alt.Legend(orient="top")),
    )
    dots = base.mark_circle(opacity=0.85).encode(
        size=alt.Size("labels:Q", scale=alt.Scale(range=[30, 700]), legend=None)
    )
    return _spec(diagonal + base.mark_line(strokeWidth=1.5, opacity=0.6) + dots, width=330, height=250)


def overlap_chart(labels: Labels) -> Spec:
    """How many answers the images got before their label was decided, right and wrong labels apart."""
    import altair as alt

    rows = [
        {
            "answers": int(votes),
            "label": outcome,
            "images": int((labels.right[labels.votes == votes] == right).sum()),
        }
        for votes in sorted(set(labels.votes.tolist()))
        for outcome, right in (("right", True), ("wrong", False))
    ]
    outcomes = _scale(["right", "wrong"], ["var(--accent)", "var(--bad)"])
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("answers:O", title="answers before the label was decided", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("images:Q", title="images"),
            color=alt.Color("label:N", scale=outcomes, title=None, legend=alt.Legend(orient="top")),
            order=alt.Order("label:N", sort="ascending"),
        )
    )
    return _spec(chart, width=330, height=250)


def skill_chart(workers: Sequence[WorkerRow]) -> Spec:
    """What gold says of each worker, with its doubt, beside how often they are right in truth."""
    import altair as alt

    rows = [
        {"worker": row.name, "kind": row.kind, "truth": row.accuracy, "low": row.skill[1],
         "skill": row.skill[0], "high": row.skill[2], "caught": row.verdict is not None}
        for row in sorted(workers, key=lambda row: row.accuracy)
        if row.skill
    ]  # fmt: skip
    kinds = _scale(list(KINDS), list(KINDS.values()))
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("worker:N", sort=None, title=None, axis=alt.Axis(labels=False, ticks=False)),
        color=alt.Color("kind:N", scale=kinds, title=None, legend=alt.Legend(orient="top")),
    )
    share = alt.Axis(format=".0%")
    doubt = base.mark_rule(strokeWidth=5, opacity=0.35).encode(
        y=alt.Y("low:Q", title="right answers", axis=share, scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )
    estimate = base.mark_point(filled=True, size=70, opacity=1).encode(y="skill:Q")
    truth = base.mark_tick(thickness=2, color=INK, width=14).encode(y="truth:Q", color=alt.value(INK))
    cross = base.transform_filter("datum.caught").mark_text(dy=14, fontSize=15, text="✕").encode(y="low:Q")
    return _spec(doubt + estimate + truth + cross, width=700, height=240)


def all_charts(outcome: Outcome) -> dict[str, str]:
    """Return every chart of the report as SVG, by name."""
    found = outcome.selected
    return {
        "curve": render(learning_curve(outcome.rounds)),
        "calibration": render(calibration_chart(list(found.labels.values()))),
        "overlap": render(overlap_chart(found.labels["panel"])),
        "skill": render(skill_chart(found.workers)),
    }


def _spec(chart: alt.Chart | alt.LayerChart, *, width: int, height: int, right: int = 5) -> Spec:
    padding = {"left": 5, "top": 5, "bottom": 5, "right": right}
    return {**chart.to_dict(), "width": width, "height": height, "padding": padding, "config": _CONFIG}


def _data(rows: Sequence[Row]) -> alt.InlineData:
    import altair as alt

    return alt.InlineData(values=list(rows))


def _scale(domain: Sequence[str], colours: Sequence[str]) -> alt.Scale:
    import altair as alt

    return alt.Scale(domain=list(domain), range=list(colours))


_AXIS = {
    "labelColor": MUTED, "titleColor": MUTED, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
    "labelFont": FONT, "titleFont": FONT, "titleFontWeight": 400, "labelFontSize": 12, "titleFontSize": 12,
    "titlePadding": 10, "domain": False, "ticks": False, "tickCount": 6,
}  # fmt: skip
_CONFIG = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": _AXIS,
    "axisX": {"grid": False},
    "legend": {
        "labelColor": INK,
        "labelFont": FONT,
        "labelFontSize": 12,
        "symbolStrokeWidth": 0,
        "symbolOpacity": 1,
        "columnPadding": 16,
        "offset": 8,
    },
    "text": {"font": FONT},
}
