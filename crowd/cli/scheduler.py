"""`crowd scheduler`: the timer alone, for servers that run without it."""

from __future__ import annotations

import signal
from dataclasses import replace
from threading import Event

import click
from sqlalchemy import make_url

from crowd import logs, migrations
from crowd.cli.db import existing
from crowd.cli.workplace import database_option
from crowd.clock import utc_now
from crowd.jobs.chores import jobs, post_of
from crowd.jobs.scheduler import Scheduler
from crowd.services.market.notices import Post
from crowd.settings import Settings


@click.command("scheduler")
@click.option(
    "--step-seconds",
    default=0,
    show_default=True,
    envvar="CROWD_STEP_SECONDS",
    type=click.IntRange(0),
    help="Seconds between two turns of every project; 0: none by itself.",
)
@database_option
def command(*, step_seconds: int, database: str) -> None:
    """Sweep, pay and take turns on a timer, until told to stop.

    Several may run, here and inside servers: a lease in the database says which of them acts.
    """
    settings = replace(Settings.from_env(), database_url=database)
    logs.configure(as_json=settings.log_json)
    with existing(database) as opened:
        migrations.ensure_current(opened)
        periods = {"step_seconds": step_seconds, "update_seconds": settings.update_seconds}
        todo = jobs(**periods, post=_post(settings), outlets=settings.outlets)
        timer = Scheduler(opened, utc_now, todo)
        told_to_stop = _heard()  # before it says that it runs: whoever reads that may stop it at once
        timer.start()
        click.echo("crowd scheduler: " + ", ".join(f"{job.name} every {job.seconds} s" for job in todo))
        told_to_stop.wait()
        timer.stop()


def _post(settings: Settings) -> Post | None:
    """Return what carries notices; a scheduler without its server's secret sends none, for it cannot sign."""
    from crowd.app import signing_key

    is_sqlite = make_url(settings.database_url).get_backend_name() == "sqlite"
    return post_of(settings, signing_key(settings)) if settings.secret_key or is_sqlite else None


def _heard() -> Event:
    """Return what is set once somebody asks this process to stop."""
    asked = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    return asked
