"""`crowd mturk batch` and `crowd mturk layout`: the tables and pages of the old requester site."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from crowd.cli.output import pour
from crowd.cli.progress import counted
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import BudgetExceeded, bad_input
from crowd.models import Requester
from crowd.models.market import MarketAccount
from crowd.questions.layouts import names
from crowd.services import audit
from crowd.services.market import account as accounts
from crowd.services.market import batches, layouts, limits, money, results
from crowd.services.market.batches import Offer
from crowd.services.market.hit_types import Terms
from crowd.services.market.refusals import Refused
from crowd.tables.batches import read_inputs, read_verdicts
from crowd.tables.lines import write_lines
from crowd.tables.reading import text
from crowd.tables.source import open_input
from workers.money import display, dollars, to_micros


@click.group("batch")
def batch() -> None:
    """HITs from a page and a table, and their results as a table."""


@click.group("layout")
def layout() -> None:
    """Pages with ${names}, which HITs fill in (HITLayoutId)."""


@batch.command("upload")
@click.argument("page")
@click.argument("table")
@click.option("--title", required=True, help="What workers read first.")
@click.option("--description", help="What it is about; the title if not given.")
@click.option("--keywords", default="", help="Words to find it by, with commas.")
@click.option("--reward", required=True, help="Dollars for one assignment, such as 0.05.")
@click.option("--assignments", default=1, show_default=True, help="Workers wanted for each row.")
@click.option("--minutes", default=60, show_default=True, help="Time allotted to a worker.")
@click.option("--lifetime-days", default=7, show_default=True, help="How long the HITs are offered.")
@click.option("--approve-after-days", default=3, show_default=True, help="When work is approved by itself.")
@click.option("--frame-height", default=0, show_default=True, help="Pixels; 0: all the room there is.")
@click.option("--name", help="The layout's name; the file's name and the time if not given.")
@works_on_database
def upload(place: Workplace, *, page: str, table: str, name: str | None, **options: str | int | None) -> None:
    """Post one HIT for each row of TABLE, a CSV file, its columns filled into the ${names} of PAGE.

    Values go into the page as they are, markup included, as on the old requester site.
    """
    html, inputs, offer, now = (
        text(open_input(page)),
        read_inputs(open_input(table)),
        _offer(options),
        utc_now(),
    )
    with place.database.write() as session, counted("posting", len(inputs.rows)) as watch:
        account = _account(session, place)
        name = name or f"{page} {now:%Y-%m-%d %H:%M:%S.%f}"
        try:
            made = batches.upload(session, account, html, inputs, offer, name=name, now=now, watch=watch)
        except Refused as error:
            if error.reason != "InsufficientFunds":
                raise
            raise BudgetExceeded(
                f"insufficient funds: {len(inputs.rows)} HITs cost more than the account's "
                f"{display(money.balance(account))}; crowd mturk deposit puts more in"
            ) from error
        _note(session, place, "market.batch", f"market_batch:{made.id}")
        held = sum(offer.terms.reward_micros * offer.assignments for _ in inputs.rows)
        shown = {"batch": made.id, "hits": len(inputs.rows), "rewards": dollars(held)}
    place.show(
        shown, f"batch {shown['batch']}: {shown['hits']} HITs posted, {display(held)} of rewards set aside"
    )


@batch.command("list")
@works_on_database
def list_batches(place: Workplace) -> None:
    """List the batches, the newest first."""
    with place.database.write() as session:
        rows = [
            {"batch": each.id, "title": kind.title, "posted": f"{each.created_at:%Y-%m-%d %H:%M}"}
            for each, kind in batches.of_account(session, _account(session, place))
        ]
    place.show_rows("batches", rows)


@batch.command("download")
@click.argument("number", metavar="BATCH", type=int)
@click.option("--output", "-o", default="-", show_default=True, help="A file; - for standard output.")
@works_on_database
def download(place: Workplace, *, number: int, output: str) -> None:
    """Write what was handed in for BATCH as CSV, with the columns Input.… and Answer.…, Approve and Reject.

    A cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    with place.database.write() as session:
        account = _account(session, place)
        found = results.read(session, account, batches.get(session, account, number), now=utc_now())
    pour(write_lines(found.columns, found.rows, "csv", exact=results.EXACT), output, as_json=place.as_json)
    if output != "-":
        place.show(
            {"batch": number, "assignments": len(found.rows)}, f"{len(found.rows)} assignments written"
        )


@batch.command("review")
@click.argument("table")
@click.option("--reason", default="", help="What workers read where Reject holds only an x.")
@works_on_database
def review(place: Workplace, *, table: str, reason: str) -> None:
    """Approve and reject as TABLE says: results with an x in Approve, or with the reason in Reject."""
    verdicts = read_verdicts(open_input(table), reason=reason)
    with place.database.write() as session:
        decided = batches.decide(session, _account(session, place), verdicts, now=utc_now())
        _note(session, place, "market.review", "market_assignments")
    counted = {"approved": decided.approved, "rejected": decided.rejected, "unchanged": decided.unchanged}
    place.show(counted, ", ".join(f"{count} {word}" for word, count in counted.items()))


@layout.command("create")
@click.argument("name")
@click.argument("page")
@click.option("--frame-height", default=0, show_default=True, help="Pixels; 0: all the room there is.")
@works_on_database
def create_layout(place: Workplace, *, name: str, page: str, frame_height: int) -> None:
    """Keep PAGE, an HTML file, as the layout NAME; programs use the id that is shown."""
    html = text(open_input(page))
    with place.database.write() as session:
        account = _account(session, place)
        made = layouts.create(session, account, name, html, frame_height=frame_height, now=utc_now())
        _note(session, place, "market.layout", f"layout:{made.external_id}")
        shown = {"layout": made.external_id, "name": name, "parameters": names(html)}
    place.show(shown, f"{shown['layout']}  {name}: {', '.join(names(html)) or 'no names to fill in'}")


@layout.command("list")
@works_on_database
def list_layouts(place: Workplace) -> None:
    """List the layouts by name."""
    with place.database.write() as session:
        rows = [
            {"layout": each.external_id, "name": each.name, "parameters": ", ".join(names(each.html))}
            for each in layouts.of_account(session, _account(session, place))
        ]
    place.show_rows("layouts", rows)


def _offer(options: dict[str, str | int | None]) -> Offer:
    try:
        reward = to_micros(str(options["reward"]))
    except ValueError as error:
        raise bad_input("--reward", str(error)) from error
    terms = Terms(
        title=str(options["title"]),
        description=str(options["description"] or options["title"]),
        keywords=str(options["keywords"]),
        reward_micros=reward,
        assignment_seconds=60 * int(options["minutes"] or 0),
        auto_approval_seconds=limits.DAY * int(options["approve_after_days"] or 0),
    )
    return Offer(
        terms,
        assignments=int(options["assignments"] or 0),
        lifetime_seconds=limits.DAY * int(options["lifetime_days"] or 0),
        frame_height=int(options["frame_height"] or 0),
    )


def _account(session: Session, place: Workplace) -> MarketAccount:
    owner = session.get_one(Requester, place.principal(session).requester_id)
    return accounts.account(session, owner, now=utc_now())


def _note(session: Session, place: Workplace, action: str, subject: str) -> None:
    audit.act(session, place.principal(session), action, subject, now=utc_now())
