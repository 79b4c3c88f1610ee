"""The learning curves as a picture: one panel for each world, one line for each arm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

EARLY = 100  # answers, as in the tables
COLOURS = {
    "crowd until 0.7": "#15803d",
    "crowd until 0.8": "#4ade80",
    "crowd until 0.7, from one": "#7c3aed",
    "random until 0.7": "#a3a3a3",
    "margin 3x": "#2563eb",
    "random 3x": "#c2410c",
    "random 1x": "#e8a37c",
}


def draw(measured: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw mean curves with a band of one standard error; the ending of the name chooses SVG or PNG."""
    import altair as alt
    import vl_convert

    arms = {arm for found in measured.values() for arm in found["curves"]}
    panels = [_panel(name, found, arms) for name, found in measured.items()]
    chart = alt.hconcat(*panels).configure(font="sans-serif").configure_view(stroke=None)
    spec = json.dumps(chart.to_dict())
    if path.suffix == ".png":
        path.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))
    else:
        path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")


def _panel(name: str, found: dict[str, Any], arms: set[str]) -> Any:
    import altair as alt

    shown = {arm: colour for arm, colour in COLOURS.items() if arm in arms}
    colours = alt.Scale(domain=list(shown), range=list(shown.values()))
    base = alt.Chart(alt.InlineData(values=_rows(found)), title=name).encode(
        x=alt.X("answers:Q", title="answers"),
        color=alt.Color("arm:N", scale=colours, title=None, legend=alt.Legend(symbolOpacity=1)),
    )
    share = alt.Axis(format=".0%")
    scale = alt.Scale(zero=False)
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(
        y=alt.Y("accuracy:Q", title="test accuracy", axis=share, scale=scale)
    )
    return (band + line).properties(width=380, height=280)


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for arm, curves in found["curves"].items():
        mean = curves.mean(axis=0)
        error = curves.std(axis=0, ddof=1) / np.sqrt(len(curves)) if len(curves) > 1 else 0 * mean
        rows += [
            {"arm": arm, "answers": int(at), "accuracy": m, "low": m - e, "high": m + e}
            for at, m, e in zip(found["grid"], mean.tolist(), error.tolist(), strict=True)
            if at >= EARLY and not np.isnan(m)
        ]
    return rows
