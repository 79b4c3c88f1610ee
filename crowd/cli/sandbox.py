"""`crowd sandbox`: a marketplace of one's own, with play money and simulated workers."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import structlog
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from crowd.errors import bad_input
from crowd.sandbox import faults
from crowd.sandbox.faults import Conditions
from crowd.sandbox.front import front
from crowd.sandbox.house import House, entrance, place
from crowd.sandbox.world import Ground, Plan, lay_ground
from workers.simulated import parse_mix

MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps files in memory
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - only compared with
REGION = "us-east-1"
CHARGES = ("creation", "approval")


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8081, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--key", default="sandbox:sandbox", show_default=True, help="The access key's id, and its secret."
)
@click.option(
    "--database", default=None, help="An empty one to use and keep; by itself there is one in memory."
)
@click.option("--workers", default=0, show_default=True, type=click.IntRange(0, 1000), help="Simulated ones.")
@click.option("--mix", default="good=.7,sloppy=.2,spam=.1", show_default=True, help="Shares of their kinds.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of all chance.")
@click.option(
    "--faults",
    "faults_file",
    default=None,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A JSON file that says what goes wrong.",
)
@click.option(
    "--speed",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0),
    help="How many times faster than people they are; 0: as fast as can be.",
)
@click.option(
    "--charge",
    default="creation",
    show_default=True,
    type=click.Choice(CHARGES),
    help="When a HIT's cost leaves the balance: AWS never said.",
)
def command(
    *,
    host: str,
    port: int,
    key: str,
    database: str | None,
    workers: int,
    mix: str,
    seed: int,
    faults_file: Path | None,
    speed: float,
    charge: str,
) -> None:
    """Serve the MTurk protocol with play money, to try programs on.

    Any program written with boto3's `mturk` client works here once it has the variables that are printed.
    The balance is always 10000.00, and fees are those of AWS. Below /_admin, for programs on this machine,
    the clock can be put forward and faults be ordered. Everything is gone when the sandbox ends.
    """
    key_id, secret = _key(key)
    conditions = faults.read(faults_file) if faults_file else Conditions()
    plan = Plan(key_id, secret, workers, _mix(mix), seed, speed, conditions, charge == CHARGES[0])
    with _folder() as folder:
        ground = lay_ground(database or place(folder, 1), plan)
        Server(plan, ground, None if database else folder, bind=f"{host}:{port}").run()


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with the sandbox: one process, so that there is one clock."""

    def __init__(self, plan: Plan, ground: Ground, folder: Path | None, *, bind: str) -> None:
        self.plan = plan
        self.ground = ground
        self.folder = folder
        self.bind = bind
        self.house: House | None = None
        super().__init__()

    def load_config(self) -> None:
        """Take our options; neither the command line's nor a file's are gunicorn's to read."""
        options = {
            "bind": self.bind,
            "worker_class": "gthread",
            "threads": self.plan.settings.pool_size,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": self._greet,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - a WSGI application
        """Return the application, in the process that serves it."""
        self.house = House(self.plan, self.ground, self.folder)
        # Simulated workers look for work all the time; what programs did is in the log of calls.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        return front(self.house)

    def _greet(self, arbiter: Any) -> None:  # noqa: ANN401 - gunicorn's own
        click.echo(greeting(_site(arbiter.LISTENERS[0]), self.plan, self.ground))

    def _begin(self, worker: Any) -> None:  # noqa: ANN401 - gunicorn's own
        assert self.house is not None
        self.house.open(_site(worker.sockets[0]))

    def _end(self, _arbiter: object, _worker: object) -> None:
        if self.house is not None:
            self.house.close()


def greeting(site: str, plan: Plan, ground: Ground) -> str:
    """Say how to reach the sandbox."""
    at_work = f"{plan.workers} simulated" if plan.workers else "none but you; see --workers"
    return f"""crowd sandbox at  {site}

export AWS_ENDPOINT_URL_MTURK={site}/mturk
export AWS_ACCESS_KEY_ID={plan.key_id}
export AWS_SECRET_ACCESS_KEY={plan.secret}
export AWS_DEFAULT_REGION={REGION}

workers           {at_work}
work by hand      {entrance(site, ground)}
clock and faults  {site}/_admin/"""


def _site(listener: Any) -> str:  # noqa: ANN401 - gunicorn's own
    """Return the address under which this machine reaches the server."""
    host, port = listener.getsockname()[:2]
    host = "127.0.0.1" if host in EVERYWHERE else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _key(text: str) -> tuple[str, str]:
    key_id, colon, secret = text.partition(":")
    if not (key_id.isalnum() and colon and secret):
        raise bad_input("--key", f"is {text!r}: it must be ID:SECRET, the id of letters and digits")
    return key_id, secret


def _mix(text: str) -> dict[str, float]:
    try:
        return parse_mix(text)
    except ValueError as error:
        raise bad_input("--mix", str(error)) from error


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards, in memory where the machine has files there."""
    in_memory = os.access(MEMORY, os.W_OK)
    folder = tempfile.mkdtemp(prefix="crowd-sandbox-", dir=MEMORY if in_memory else None)
    owner = os.getpid()
    try:
        yield Path(folder)
    finally:
        # The server's processes are forked in here, and leave by the same way.
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
