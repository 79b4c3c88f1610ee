"""`crowd plan`: what quality will cost, simulated before anything is spent."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crowd.cli.columns import columns_option
from crowd.cli.output import check_streams, json_option, print_json
from crowd.cli.progress import ERASE_LINE, stage, watched
from crowd.cli.project_settings import micros
from crowd.cli.workplace import table
from crowd.errors import bad_input
from workers.money import MICROS, display

if TYPE_CHECKING:
    from crowd.trials.plan.frontier import Plan, Point, Price
    from crowd.trials.plan.supply import RecordedSource, StatedSource

PAGE = 10  # questions of a HIT, over which an endpoint's rounding and fee are spread
DIGITS = 4
PEOPLE_PER = 25  # items to each person of a crowd whose size is not stated
FEWEST_PEOPLE = 10


@click.command("plan")
@click.argument("answers", metavar="[ANSWERS]", required=False)
@columns_option
@click.option("--truth", metavar="FILE", help="True labels of the recorded items: CSV with item,label.")
@click.option("--crowd", metavar="KINDS", help="A stated crowd: good=.6:.88,sloppy=.2:.7,random=.2")
@click.option("--items", type=click.IntRange(min=1), help="Items in all.  [default: those recorded]")
@click.option("--labels", type=click.IntRange(2, 1000), help="Labels to choose from.  [default: 2]")
@click.option("--people", type=click.IntRange(min=2), help="How many answer.  [default: one for 25 items]")
@click.option(
    "--hard", type=click.FloatRange(0, 1), help="Share of items that tell people little.  [default: 0]"
)
@click.option("--price", default="0.01", show_default=True, help="Dollars for one answer.")
@click.option(
    "--fees", type=click.Choice(["none", "mturk"]), default="none", show_default=True,
    help="What an endpoint takes on top.",
)  # fmt: skip
@click.option(
    "--target", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Accuracy to reach."
)
@click.option("--budget", metavar="DOLLARS", help="What may be spent.")
@click.option("--label-value", metavar="DOLLARS", help="What a right label is worth to you.")
@click.option("--sample", type=click.IntRange(min=20), help="Items simulated at most.  [default: 500]")
@click.option("--draws", type=click.IntRange(1, 100), help="How often all is simulated.  [default: 2]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--html", metavar="FILE", help="Also write a page with the chart.")
@json_option
def command(
    *,
    answers: str | None,
    called: dict[str, str],
    truth: str | None,
    price: str,
    fees: str,
    target: float | None,
    budget: str | None,
    label_value: str | None,
    seed: int,
    html: str | None,
    as_json: bool,
    items: int | None,
    sample: int | None,
    draws: int | None,
    **stated: Any,  # noqa: ANN401 - what only a stated crowd has
) -> None:
    """Show what accuracy costs under many ways to buy answers, and recommend one.

    ANSWERS is a CSV file with item (or `task`), worker and label of an earlier project or a small trial;
    --truth tells what is right, else all recorded answers together do. Without a recording, state a crowd:
    shares of kinds of people, each with the share of right answers they give, and --items.
    """
    check_streams({"ANSWERS": answers, "--truth": truth}, {"--html": html}, as_json=as_json)
    _check(answers, truth, items, stated)
    each, most = _price(price, fees), None if budget is None else micros(budget, "--budget")
    value = None if label_value is None else _value(label_value, each)
    started = time.perf_counter()
    source = _recorded(answers, called, truth) if answers else _stated(items or 0, stated)
    given = {"sample": sample, "draws": draws, "seed": seed}
    options = {name: value for name, value in given.items() if value is not None}
    found = _simulate(source, each, items or source.size, target, most, value, options)
    said = _said(found, source.size, answers, stated)
    if html:
        from crowd.trials.plan.page import render

        Path(html).write_text(render(found, said), encoding="utf-8")
    if as_json:
        print_json(_described(found) | {"seed": seed, "seconds": round(time.perf_counter() - started, 2)})
    else:
        click.echo(
            "\n".join([said, "", table([_row(point) for point in found.points]), "", *_verdict(found, each)])
        )


def _check(answers: str | None, truth: str | None, items: int | None, stated: dict[str, Any]) -> None:
    if (answers is None) == (stated["crowd"] is None):
        raise click.UsageError("give recorded ANSWERS or a stated --crowd, one of the two")
    if answers is None and truth is not None:
        raise click.UsageError("--truth goes with recorded ANSWERS; a stated crowd brings its own")
    if answers is None and items is None:
        raise click.UsageError("--crowd needs --items: how many are to be labeled")
    for name in ("labels", "people", "hard") if answers else ():
        if stated[name] is not None:
            raise click.UsageError(f"--{name} goes with --crowd; recorded ANSWERS say it themselves")


def _price(price: str, fees: str) -> Price:
    """Return the price of an answer with its part of the fee for a page."""
    from crowd.channels.mturk.posting import Posting, cost
    from crowd.trials.plan.frontier import Price

    reward = micros(price, "--price")
    if fees == "none":
        return Price(reward)
    page = cost(Posting(fees=fees), price_micros=reward, questions=PAGE, assignments=1)
    return Price(reward, page.whole // PAGE - reward)


def _value(text: str, price: Price) -> int:
    value = micros(text, "--label-value")
    if not value > price.reward > 0:
        raise bad_input("--label-value", "must be above --price, and that above 0")
    return value


def _recorded(path: str, called: dict[str, str], truth: str | None) -> RecordedSource:
    from aggregation.registry import aggregate
    from crowd.tables.answers import read_answers
    from crowd.tables.source import open_input
    from crowd.tables.truth import read_truth
    from crowd.trials.plan.supply import RecordedSource

    with stage(f"reading {path}"):
        read = read_answers(open_input(path, called), times=(), extra="ignore")
        known = read_truth(open_input(truth)) if truth else {}
        coded = read.coded(sorted({*read.labels.names, *known.values()}))
        if truth and not any(item in known for item in coded.items):
            raise bad_input(truth, "names none of the items that were answered")
    if len(coded.labels) < 2:
        raise bad_input(path, f"all answers are {coded.labels[0]!r}: there is nothing to tell apart")
    with stage("fitting all recorded answers"):
        return RecordedSource.of(coded, coded.codes_of(known), aggregate(coded))


def _stated(items: int, stated: dict[str, Any]) -> StatedSource:
    from crowd.trials.plan.supply import StatedSource
    from workers.simulated import parse_groups

    try:
        groups = parse_groups(stated["crowd"])
    except ValueError as error:
        raise bad_input("--crowd", str(error)) from None
    people = stated["people"] or max(FEWEST_PEOPLE, items // PEOPLE_PER)
    return StatedSource(groups, items, people, labels=stated["labels"] or 2, hard=stated["hard"] or 0.0)


def _simulate(
    source: RecordedSource | StatedSource,
    price: Price,
    items: int,
    target: float | None,
    budget_micros: int | None,
    value_micros: int | None,
    given: dict[str, int],
) -> Plan:
    from crowd.trials.plan.frontier import Effort, plan

    def show(done: int, among: int) -> None:
        if watched():
            click.echo(f"{ERASE_LINE}{done} of {among} ways simulated …", nl=False, err=True)

    found = plan(
        source,
        price,
        items=items,
        target=target,
        budget_micros=budget_micros,
        value_micros=value_micros,
        effort=Effort(**given),
        watch=show,
    )
    if watched():
        click.echo(ERASE_LINE, nl=False, err=True)
    return found


def _said(found: Plan, size: int, answers: str | None, stated: dict[str, Any]) -> str:
    """Say what was simulated, and how much of it."""
    what = f"recorded answers {answers}" if answers else f"crowd {stated['crowd']}"
    sampled = f"{found.sampled:,} of {size:,} items" if found.sampled < size else f"{size:,} items"
    return f"simulated {found.draws} times on {sampled}: {what}; for {found.items:,} items"


def _row(point: Point) -> dict[str, str]:
    return {
        "": "*" if point.best else "",
        "how": point.name,
        "accuracy": f"{point.accuracy:.3f}",
        "90 %": f"{point.low:.3f}-{point.high:.3f}",
        "claimed": f"{point.claimed:.3f}",
        "answers/item": f"{point.answers_per_item:.2f}",
        "gold": f"{point.gold_share:.1%}",
        "answers": f"{point.answers:,}",
        "cost": display(point.cost_micros),
    }


def _verdict(found: Plan, price: Price) -> list[str]:
    lines = ["* nothing cheaper is as accurate; cost holds gold and fees"]
    chosen = found.recommended
    if chosen is None:
        return [*lines, found.why]
    share = "no gold" if chosen.rule.gold is None else f"gold {chosen.gold_share:.1%} of the answers"
    return [
        *lines,
        f"recommended: {chosen.name}, {share}: {found.why}",
        f"  crowd project create … {_settings(chosen, price)}",
    ]


def _settings(point: Point, price: Price) -> str:
    """Return the options of a project that buys like this; gold by the default policy needs none."""
    policy, gold = point.rule.policy, " --gold-share 0" if point.rule.gold is None else ""
    if policy.fixed:
        return f"--overlap {policy.overlap}{gold}"
    between = f"--overlap {policy.min_answers} --max-overlap {policy.max_answers}"
    if policy.least_gain is None:
        return f"{between} --confidence {policy.confidence:g}{gold}"
    value = price.reward / policy.least_gain / MICROS
    return f"{between} --price {price.reward / MICROS:g} --label-value {value:g}{gold}"


def _described(found: Plan) -> dict[str, Any]:
    chosen = found.recommended
    return {
        "items": found.items,
        "sampled": found.sampled,
        "draws": found.draws,
        "judged": found.judged,
        "points": [_plain(point) for point in found.points],
        "recommended": None if chosen is None else _plain(chosen),
        "why": found.why,
    }


def _plain(point: Point) -> dict[str, Any]:
    policy, gold = point.rule.policy, point.rule.gold
    rounded = ("accuracy", "low", "high", "claimed", "answers_per_item", "gold_share", "stopped")
    return {
        "name": point.name,
        "overlap": policy.overlap if policy.fixed else policy.min_answers,
        "max_overlap": policy.overlap if policy.fixed else policy.max_answers,
        "confidence": policy.confidence,
        "least_gain": policy.least_gain,
        "gold_policy": None if gold is None else gold.to_data(),
        **{name: round(getattr(point, name), DIGITS) for name in rounded},
        "answers": point.answers,
        "cost": point.cost_micros / MICROS,
        "best": point.best,
    }
