"""`crowd serve`: the API and its pages, with the scheduler inside."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import click
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from sqlalchemy import make_url

from crowd import migrations
from crowd.cli.workplace import database_option, requester_option
from crowd.clock import utc_now
from crowd.db import connect
from crowd.errors import Misconfigured
from crowd.jobs.chores import jobs, post_of
from crowd.jobs.scheduler import Scheduler
from crowd.services.access import keys
from crowd.settings import Settings

# Read by prometheus_client when it is imported.
METRICS = "PROMETHEUS_MULTIPROC_DIR"


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    envvar="WEB_CONCURRENCY",
    type=click.IntRange(1, 64),
    help="Processes; more than one needs PostgreSQL.",
)
@click.option(
    "--step-seconds",
    default=0,
    show_default=True,
    envvar="CROWD_STEP_SECONDS",
    type=click.IntRange(0),
    help="Seconds between two turns of every project; 0: none by itself.",
)
@click.option("--scheduler/--no-scheduler", default=True, help="Sweep, pay and take turns in here too.")
@database_option
@requester_option
def command(
    *, host: str, port: int, workers: int, step_seconds: int, scheduler: bool, database: str, requester: str
) -> None:
    """Serve the API at /api/v1, its reference at /api/docs.

    A SQLite file that is not there yet is made. A database that has no API key gets one, with all rights; it
    is printed here and never again. SIGTERM lets requests under way end.
    """
    settings = replace(Settings.from_env(), database_url=database, step_seconds=step_seconds)
    with ExitStack() as stack:
        if workers > 1:
            os.environ[METRICS] = stack.enter_context(tempfile.TemporaryDirectory(prefix="crowd-metrics-"))
        first_key = _prepare(settings, requester, workers=workers)
        Server(settings, _options(host, port, workers, settings), scheduler=scheduler, key=first_key).run()


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application; each process makes its own, with connections of its own."""

    def __init__(
        self, settings: Settings, options: dict[str, Any], *, scheduler: bool, key: str | None
    ) -> None:
        self.settings = settings
        self.options = options
        self.has_scheduler = scheduler
        self.first_key = key
        self.timer: Scheduler | None = None
        super().__init__()

    def load_config(self) -> None:
        """Take our options; neither the command line's nor a file's are gunicorn's to read."""
        hooks = {
            "when_ready": self._greet,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
            "child_exit": _forget,
        }
        for name, value in {**self.options, **hooks}.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - a WSGI application
        """Return the application, in the process that serves it."""
        from crowd.app import create_app

        return create_app(self.settings)

    def _greet(self, arbiter: Any) -> None:  # noqa: ANN401 - gunicorn's own
        address = arbiter.LISTENERS[0]
        click.echo(f"crowd serves at  {address}\nreference        {address}/api/docs")
        if self.first_key:
            click.echo(
                f"first API key    {self.first_key}\n                 shown this once; it may do everything"
            )

    def _begin(self, worker: Any) -> None:  # noqa: ANN401 - gunicorn's own
        if self.has_scheduler:
            edge = worker.wsgi.extensions["crowd"]
            post = post_of(edge.settings, worker.wsgi.secret_key)
            periods = {name: getattr(self.settings, name) for name in ("step_seconds", "update_seconds")}
            todo = jobs(**periods, post=post, outlets=edge.settings.outlets)
            self.timer = Scheduler(edge.database, edge.clock, todo)
            self.timer.start()

    def _end(self, _arbiter: object, _worker: object) -> None:
        if self.timer is not None:
            self.timer.stop()


def _prepare(settings: Settings, requester: str, *, workers: int) -> str | None:
    """See that the database is fit to serve; return its first API key where it had none."""
    is_sqlite = make_url(settings.database_url).get_backend_name() == "sqlite"
    if is_sqlite and workers > 1:
        raise Misconfigured(
            "SQLite serves one process: leave --workers at 1, or give --database postgresql://…"
        )
    from crowd.app import signing_key

    signing_key(settings)
    database = connect(settings.database_url)
    try:
        if is_sqlite:
            migrations.prepare(database)
        migrations.ensure_current(database)
        return database.transact(lambda session: keys.create_first(session, requester, now=utc_now()))
    finally:
        # The processes that serve are forked from this one and must share no connection with it.
        database.dispose()


def _options(host: str, port: int, workers: int, settings: Settings) -> dict[str, Any]:
    return {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        # One connection for each thread: a request never waits for one while it holds another.
        "threads": settings.pool_size,
        "loglevel": "warning",
        "control_socket_disable": True,
    }


def _forget(_arbiter: object, worker: Any) -> None:  # noqa: ANN401 - gunicorn's own
    if METRICS in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
