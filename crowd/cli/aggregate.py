"""`crowd aggregate`: labels from recorded answers, without a server or a database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import click
import numpy as np

from aggregation import history
from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.history import History
from aggregation.kinds import KINDS
from aggregation.registry import AGGREGATORS, aggregate
from crowd.cli.columns import columns_option
from crowd.cli.kinds import aggregate_values, check_labels, method_of
from crowd.cli.known import check_spoken, labels_of
from crowd.cli.measures import agreement, worth
from crowd.cli.output import check_csv, check_streams, json_option, print_json, repeats
from crowd.cli.progress import timed
from crowd.errors import Unprocessable, bad_input
from crowd.tables.answers import read_answers
from crowd.tables.costs import cost_table, read_costs
from crowd.tables.history import read_history, write_history
from crowd.tables.results import DIGITS, write_labels, write_probabilities, write_workers
from crowd.tables.source import STDIO, open_input
from crowd.tables.writing import replacing
from qc.cautions import cautions
from qc.spelling import spelling
from workers.quality import Quality

Known = Mapping[str, str] | None


METHODS = list(dict.fromkeys(name for kind in KINDS.values() for name in kind.methods))


@click.command("aggregate")
@click.argument("answers", metavar="ANSWERS")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="What the answers are; docs/how-to/merge-other-answers.md shows each.  [default: labels]",
)
@columns_option
@click.option("--method", type=click.Choice(METHODS), help="How they are merged.  [default: by kind]")
@click.option("--gold", metavar="FILE", help="Known labels the method may use: CSV with item,label.")
@click.option(
    "--history",
    "past",
    metavar="FILE",
    help="What the workers did before, from --save-history of other answers: the same would count twice.",
)
@click.option(
    "--decay",
    type=click.FloatRange(0, 1),
    default=0.5,  # on recorded answers everything from 0.1 to 1 helped, and people change
    show_default=True,
    help="What an answer of before counts, if one of now counts 1.",
)
@click.option("--truth", metavar="FILE", help="True labels to measure accuracy against: CSV with item,label.")
@click.option("--output", metavar="FILE", help="Labels as CSV: item,label,confidence,answers.  [default: -]")
@click.option("--probabilities", metavar="FILE", help="Also write item and a column for each label.")
@click.option("--workers", metavar="FILE", help="Also write what each worker is worth; see files.")
@click.option("--costs", metavar="FILE", help="What errors cost: CSV with truth,label,cost; others cost 1.")
@click.option("--save-history", metavar="FILE", help="Also write worker,truth,answer,count for next time.")
@click.option("--max-iterations", type=click.IntRange(min=1), help="Passes over the answers at most.")
@click.option("--tolerance", type=float, help="Stop when a pass changes less than this.")
@click.option("--smoothing", type=float, help="Imagined answers in each cell of a worker's matrix.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the methods that draw random numbers.")
@json_option
def command(
    *,
    answers: str,
    kind: str | None,
    called: dict[str, str],
    method: str | None,
    gold: str | None,
    past: str | None,
    decay: float,
    truth: str | None,
    output: str | None,
    probabilities: str | None,
    workers: str | None,
    costs: str | None,
    save_history: str | None,
    max_iterations: int | None,
    tolerance: float | None,
    smoothing: float | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Turn recorded answers into one label per item.

    ANSWERS is a CSV file with the columns item (or `task`), worker and label; other columns are ignored,
    gzip is understood, and - is standard input. Of several answers of one worker to one item the last counts.
    """
    stated, kind = kind is not None, kind or "labels"
    name = method_of(kind, method)
    given = {"max_iterations": max_iterations, "tolerance": tolerance, "smoothing": smoothing, "seed": seed}
    parameters = _parameters(kind, name, given)
    if output is None and not as_json:
        output = STDIO
    if costs is not None and workers is None:
        raise click.UsageError("--costs is for --workers: it says what their answers would cost")
    inputs = {"ANSWERS": answers, "--gold": gold, "--history": past, "--truth": truth, "--costs": costs}
    outputs = {
        "--output": output,
        "--probabilities": probabilities,
        "--workers": workers,
        "--save-history": save_history,
    }
    check_streams(inputs, outputs, as_json=as_json)
    check_csv(*outputs.values())
    if kind != "labels":
        beside = {"--gold": gold, "--history": past, "--costs": costs}
        beside |= {option: outputs[option] for option in ("--probabilities", "--save-history")}
        if told := [option for option, value in beside.items() if value is not None]:
            raise click.UsageError(f"{told[0]} does not apply to {kind}")
        source = open_input(answers, called)
        aggregate_values(kind, source, name, truth=truth, output=output, workers=workers, as_json=as_json)
        return
    seconds = {"doubt": 0.0, "write": 0.0}
    with timed(seconds, "read", f"reading {answers}"):
        table = read_answers(open_input(answers, called), times=(), extra="ignore")
        if not stated:
            check_labels(answers, table.labels)
        known, true = labels_of(gold), labels_of(truth)
        check_spoken(gold, (known or {}).values(), table.labels.names)
        check_spoken(truth, (true or {}).values(), {*table.labels.names, *(known or {}).values()})
        before = None if past is None else read_history(open_input(past)).faded(decay)
        coded = table.coded(sorted({*table.labels.names, *(known or {}).values()}))
        priced = None if costs is None else cost_table(read_costs(open_input(costs)), coded.labels)
    with timed(seconds, "fit", f"fitting {name}"):
        consensus = _fit(coded, name, known, before, parameters)
    result = _summary(coded, consensus, rows=len(table)) | _accuracy(coded, consensus, true, known, truth)
    with timed(seconds, "doubt", "looking for reasons to doubt"):
        result |= agreement(coded)
        result["cautions"] = _cautions(coded, consensus, true, known)
        measured = worth(coded, consensus, priced) if workers else None
    with timed(seconds, "write", "writing"):
        _write(coded, consensus, measured, output, probabilities, workers)
        if save_history:
            _save_history(coded, consensus, before, save_history)
    result["seconds"] = {step: seconds[step] for step in ("read", "fit", "doubt", "write")}
    if as_json:
        print_json(result)
    else:
        click.echo(_report(result), err=True)


def _parameters(kind: str, method: str, given: Mapping[str, float | None]) -> dict[str, float]:
    """Keep the settings that were given; refuse those the method does not have."""
    chosen = {name: value for name, value in given.items() if value is not None}
    takes = AGGREGATORS[method].parameters if kind == "labels" else {}
    for name, value in chosen.items():
        option = f"--{name.replace('_', '-')}"
        if name not in takes:
            options = ", ".join(f"--{other.replace('_', '-')}" for other in given if other in takes)
            raise click.UsageError(
                f"{option} does not apply to {method}, which takes {options or 'no options'}"
            )
        if np.isnan(value):
            raise click.UsageError(f"{option} must be a number")
    return chosen


def _fit(
    answers: Answers, method: str, gold: Known, before: History | None, parameters: Mapping[str, float]
) -> Consensus:
    try:
        return aggregate(answers, method, gold=gold, history=before, **parameters)
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _summary(answers: Answers, consensus: Consensus, *, rows: int) -> dict[str, Any]:
    answered = consensus.votes > 0
    return {
        "method": consensus.method,
        "items": len(answers.items),
        "workers": len(answers.workers),
        "answers": len(answers),
        "repeated": rows - len(answers),
        "labels": list(answers.labels),
        "iterations": consensus.iterations,
        "log_likelihood": consensus.log_likelihood,
        "mean_confidence": round(float(consensus.confidence[answered].mean()), DIGITS),
    }


def _accuracy(
    answers: Answers, consensus: Consensus, truth: Known, gold: Known, path: str | None
) -> dict[str, Any]:
    """Return the share of right labels among items with truth, and among those that were not gold too."""
    if truth is None:
        return {"accuracy": None, "scored": 0, "accuracy_without_gold": None}
    right = {
        item: truth[item] == answers.labels[choice]
        for item, choice in zip(answers.items, consensus.choice.tolist(), strict=True)
        if item in truth
    }
    if not right:
        raise bad_input(path or "--truth", "names none of the items that were answered")
    unseen = [hit for item, hit in right.items() if item not in (gold or {})]
    return {
        "accuracy": sum(right.values()) / len(right),
        "scored": len(right),
        "accuracy_without_gold": sum(unseen) / len(unseen) if gold and unseen else None,
    }


def _cautions(answers: Answers, consensus: Consensus, truth: Known, gold: Known) -> list[dict[str, str]]:
    """Say what no method can repair; truth that the method was told proves nothing."""
    untold = {item: label for item, label in (truth or {}).items() if item not in (gold or {})}
    kept = {item: label for item, label in untold.items() if label in answers.labels}
    known = answers.codes_of(kept) if kept else None
    found = cautions(answers, consensus, aggregate(answers, "majority"), known=known)
    found = [*spelling(answers.labels), *found]
    return [{"name": caution.name, "text": caution.text} for caution in found]


def _write(
    answers: Answers,
    consensus: Consensus,
    measured: Quality | None,
    output: str | None,
    probabilities: str | None,
    workers: str | None,
) -> None:
    """Write the files asked for; they take their places only after all are written."""
    with ExitStack() as files:
        if output:
            write_labels(files.enter_context(replacing(output)), answers, consensus)
        if probabilities:
            write_probabilities(files.enter_context(replacing(probabilities)), answers, consensus)
        if workers:
            write_workers(files.enter_context(replacing(workers)), answers, consensus, measured)


def _save_history(answers: Answers, consensus: Consensus, before: History | None, path: str) -> None:
    """Write what the workers did, and what is left of what they did before."""
    done = history.of(answers, consensus)
    with replacing(path) as file:
        write_history(file, done if before is None else before.with_more(done))


def _report(result: Mapping[str, Any]) -> str:
    each = result["answers"] / max(result["items"], 1)
    counts = ", ".join(f"{result[what]:,} {what}" for what in ("items", "workers", "answers"))
    lines = [
        f"{result['method']}: {counts} ({each:.1f} per item)",
        f"confidence  {result['mean_confidence']:.4f} on average",
    ]
    if (alpha := result["alpha"]) is not None:
        lines.append(
            f"agreement   {result['pairwise']:.0%} of pairs; Krippendorff's alpha {alpha['value']:.3f} "
            f"({alpha['low']:.3f} to {alpha['high']:.3f})"
        )
    lines += repeats(result)
    if result["accuracy"] is not None:
        lines.append(f"accuracy    {result['accuracy']:.4f} on the {result['scored']:,} items with truth")
    if result["accuracy_without_gold"] is not None:
        lines.append(f"            {result['accuracy_without_gold']:.4f} on those of them that are not gold")
    lines += [f"caution     {caution['text']}" for caution in result["cautions"]]
    return "\n".join(
        [*lines, "seconds     " + ", ".join(f"{step} {t:.2f}" for step, t in result["seconds"].items())]
    )
