"""What the accuracy and the calibration bench print with `--json`, as one picture: a row for each crowd.

python bench/_consensus_plot.py accuracy.json calibration.json docs/images/consensus.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

GAINS = {"dawid-skene": "#c2410c", "ens4": "#93b4f5", "panel": "#15803d"}
GAPS = {"dawid-skene": "#c2410c", "panel": "#15803d", "panel+gold": "#86b89a"}
Rows = list[dict[str, Any]]


def gains(measured: dict[str, Any]) -> Rows:
    """Return how many points each method is above majority vote."""
    return [
        {"crowd": name, "method": method, "points": 100 * (row[method][0] - row["majority"][0])}
        for name, row in measured["sets"].items()
        for method in GAINS
    ]


def gaps(measured: dict[str, Any]) -> Rows:
    """Return how many points each method claims above what is right."""
    return [
        {"crowd": name, "method": method, "points": row[method][1]}
        for name, row in measured.items()
        for method in GAPS
    ]


def panel(rows: Rows, title: str, axis: str, colours: dict[str, str]) -> Any:
    """Return one dot for each crowd and method, the crowds that differ most on top."""
    import altair as alt

    colour = alt.Scale(domain=list(colours), range=list(colours.values()))
    order = [row["crowd"] for row in sorted(rows, key=_height) if row["method"] == "dawid-skene"]
    base = alt.Chart(alt.InlineData(values=rows), title=title).encode(
        x=alt.X("points:Q", title=axis), y=alt.Y("crowd:N", sort=order, title=None)
    )
    dots = base.mark_circle(size=70, opacity=0.9).encode(
        color=alt.Color("method:N", scale=colour, title=None, sort=list(colours))
    )
    zero = alt.Chart(alt.InlineData(values=[{"points": 0}])).mark_rule(color="#666").encode(x="points:Q")
    return (zero + dots).properties(width=300, height=360)


def _height(row: dict[str, Any]) -> float:
    return -float(row["points"])


def draw(accuracy: dict[str, Any], calibration: dict[str, Any], path: Path) -> None:
    """Draw both panels into an SVG file."""
    import altair as alt
    import vl_convert

    each = f"{accuracy['overlap']} answers an item" if accuracy["overlap"] else "all answers"
    chart = (
        alt.hconcat(
            panel(gains(accuracy), f"Accuracy, {each}", "points above majority vote", GAINS),
            panel(gaps(calibration), f"Confidence, {each}", "points claimed above what is right", GAPS),
        )
        .resolve_scale(color="independent")
        .configure(font="sans-serif")
        .configure_view(stroke=None)
    )
    path.write_text(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict())), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    accuracy, calibration = (json.loads(Path(path).read_text()) for path in sys.argv[1:3])
    draw(accuracy, calibration, Path(sys.argv[3]))
