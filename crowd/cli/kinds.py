"""`crowd aggregate --kind`: what answers that are no labels say together."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from textwrap import shorten
from typing import Any, BinaryIO

import click
import numpy as np

from aggregation import nearness
from aggregation.comparisons import Ranking
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Estimates, Readings
from crowd.cli.known import check_spoken
from crowd.cli.output import print_json, repeats
from crowd.cli.progress import timed
from crowd.errors import Unprocessable, bad_input
from crowd.tables.columns import Column
from crowd.tables.results import DIGITS, LABEL_COLUMNS
from crowd.tables.source import Source, open_input
from crowd.tables.values import FORMS, Form, read_comparisons, read_true_values, read_values
from crowd.tables.writing import replacing, write_csv

# Label sets to choose from are shorter than this, or their labels come again and again.
MOST_LABELS = 200
# What a report says in its own words; all else of a result is shown by its name.
SAID = ("method", "items", "workers", "answers", "repeated", "seconds")
NEARNESS = {
    "sets": nearness.sets,
    "numbers": nearness.numbers,
    "texts": nearness.texts,
    "boxes": nearness.boxes,
    "spans": nearness.spans,
}


def method_of(kind: str, method: str | None) -> str:
    """Return the method that is used, refused where the kind has none of that name."""
    name = method or KINDS[kind].default
    if name not in KINDS[kind].methods:
        known = ", ".join(KINDS[kind].methods)
        others = [other for other, each in KINDS.items() if name in each.methods]
        raise click.UsageError(
            f"--method {name} is for --kind {' or '.join(others)}; {kind} are merged by {known}"
        )
    return name


def check_labels(path: str, labels: Column) -> None:
    """Refuse cells that hardly ever repeat: fitted as labels, a few thousand of them take many minutes."""
    distinct = len(labels.names)
    if distinct <= MOST_LABELS or 2 * distinct <= len(labels):
        return
    shown = shorten(next(filter(str.strip, labels.names)), 40, placeholder="…")
    raise bad_input(
        f"{path}, field label",
        f"{distinct:,} different values in {len(labels):,} answers, such as {shown!r}, are hardly labels "
        f"to choose from: say what they are, --kind {', '.join(list(KINDS)[1:-1])}, or --kind labels "
        "all the same",
    )


def aggregate_values(
    kind: str,
    answers: Source,
    method: str,
    *,
    truth: str | None,
    output: str | None,
    workers: str | None,
    as_json: bool,
) -> None:
    """Read answers of a kind, merge them, write what they say, and report."""
    if kind == "comparisons":
        _rank(answers, method, truth=truth, output=output, workers=workers, as_json=as_json)
        return
    form, seconds = FORMS[kind], {"write": 0.0}
    with timed(seconds, "read", f"reading {answers.name}"):
        readings, rows = read_values(answers, form)
        true = None if truth is None else read_true_values(open_input(truth), form)
        if kind == "sets" and true:
            check_spoken(truth, _labels(true.values()), _labels(readings.values))
    with timed(seconds, "fit", f"fitting {method}"):
        found = _fit(kind, readings, method)
    with timed(seconds, "write", "writing"), ExitStack() as files:
        if output:
            _write_values(files.enter_context(replacing(output)), readings, found, form)
        if workers:
            _write_skill(
                files.enter_context(replacing(workers)), readings.workers, readings.worker, found.skill
            )
    result = _counts(method, readings, rows) | {
        "mean_confidence": round(float(np.nanmean(found.confidence)), DIGITS),
        **_near(kind, readings, found, true, truth),
        "seconds": seconds,
    }
    _tell(result, as_json=as_json)


def _labels(sets: Iterable[Collection[str]]) -> set[str]:
    return set(chain.from_iterable(sets))


def _rank(
    answers: Source, method: str, *, truth: str | None, output: str | None, workers: str | None, as_json: bool
) -> None:
    if truth is not None:
        raise click.UsageError("--truth does not apply to comparisons: nobody knows the true order")
    seconds = {"write": 0.0}
    with timed(seconds, "read", f"reading {answers.name}"):
        comparisons = read_comparisons(answers)
    with timed(seconds, "fit", f"fitting {method}"):
        ranking: Ranking = _fit("comparisons", comparisons, method)
    with timed(seconds, "write", "writing"), ExitStack() as files:
        if output:
            _write_ranking(files.enter_context(replacing(output)), ranking)
        if workers:
            stream = files.enter_context(replacing(workers))
            _write_skill(stream, comparisons.workers, comparisons.worker, ranking.skill)
    result = {
        "method": method,
        "items": len(comparisons.objects),
        "workers": len(comparisons.workers),
        "answers": len(comparisons),
        "best": list(ranking.objects[:3]),
        "seconds": seconds,
    }
    _tell(result, as_json=as_json)


def _fit(kind: str, answers: object, method: str) -> Any:  # noqa: ANN401 - each kind has its own result
    try:
        return estimate(kind, answers, method)
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _counts(method: str, readings: Readings[Any], rows: int) -> dict[str, Any]:
    return {
        "method": method,
        "items": len(readings.items),
        "workers": len(readings.workers),
        "answers": len(readings),
        "repeated": rows - len(readings),
    }


def _near(
    kind: str,
    readings: Readings[Any],
    found: Estimates[Any],
    true: Mapping[str, Any] | None,
    path: str | None,
) -> dict[str, Any]:
    if true is None:
        return {}
    pairs = [
        (value, true[item])
        for item, value in zip(readings.items, found.values, strict=True)
        if item in true and value is not None
    ]
    if not pairs:
        raise bad_input(path or "--truth", "names none of the items that were answered")
    measured: Mapping[str, float] = NEARNESS[kind](pairs)  # type: ignore[operator]
    return {"scored": len(pairs), **{name: round(value, 4) for name, value in measured.items()}}


def _write_values(stream: BinaryIO, readings: Readings[Any], found: Estimates[Any], form: Form) -> None:
    columns = zip(readings.items, found.values, found.confidence.tolist(), found.votes.tolist(), strict=True)
    rows = [
        (item, form.write(value), round(sure, DIGITS), votes)
        for item, value, sure, votes in columns
        if value is not None
    ]
    write_csv(stream, LABEL_COLUMNS, rows)


def _write_ranking(stream: BinaryIO, ranking: Ranking) -> None:
    columns = zip(
        ranking.objects,
        ranking.score.tolist(),
        ranking.error.tolist(),
        ranking.confidence.tolist(),
        strict=True,
    )
    rows = [(name, *map(_known, numbers)) for name, *numbers in columns]
    write_csv(stream, ("item", "score", "error", "confidence"), rows)


def _write_skill(
    stream: BinaryIO, names: Sequence[str], worker: np.ndarray[Any, Any], skill: np.ndarray[Any, Any]
) -> None:
    given = np.bincount(worker, minlength=len(names)).tolist()
    write_csv(
        stream, ("worker", "skill", "answers"), zip(names, map(_known, skill.tolist()), given, strict=True)
    )


def _known(number: float) -> float | None:
    return None if math.isnan(number) else round(number, DIGITS)


def _tell(result: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    counts = ", ".join(f"{result[what]:,} {what}" for what in ("items", "workers", "answers"))
    lines = [f"{result['method']}: {counts}", *repeats({"repeated": 0} | dict(result))]
    for name, value in result.items():
        if name not in SAID and value is not None:
            shown = ", ".join(value) if isinstance(value, list) else value
            lines.append(f"{name.replace('_', ' '):20} {shown}")
    took = ", ".join(f"{step} {t:.2f}" for step, t in result["seconds"].items())
    click.echo("\n".join([*lines, f"seconds              {took}"]), err=True)
