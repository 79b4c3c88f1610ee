"""Where a peer lives: an environment of its own, made by uv, and a server that is started and stopped."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from _client import Connection

STARTING = 300


def install(folder: Path, name: str, packages: Sequence[str]) -> Path:
    """Return the Python of an environment with these packages in it, made at the first call."""
    home = folder / name
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        uv = shutil.which("uv")
        if uv is None:
            raise SystemExit(
                "the peers are installed by uv, which is not here: see https://docs.astral.sh/uv"
            )
        must([uv, "venv", "--quiet", "--clear", str(home)], f"make an environment for {name}")
        must([uv, "pip", "install", "--quiet", "--python", str(python), *packages], f"install {name}")
        (home / "complete").touch()
    return python


def packages_of(python: Path) -> Path:
    """Return the folder in which an environment keeps its packages."""
    return next(python.parent.parent.glob("lib/python3*/site-packages"))


@contextmanager
def home_beside(python: Path) -> Iterator[Path]:
    """Yield a new folder for one run's data, and remove it."""
    home = python.parent.parent / f"data-{secrets.token_hex(4)}"
    home.mkdir()
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def must(
    command: Sequence[str], what: str, environment: Mapping[str, str] | None = None, *, given: str = ""
) -> str:
    """Run a command to its end and return what it says, or tell why this cannot go on."""
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"could not {what}:\n{(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


@contextmanager
def gunicorn(
    python: Path,
    application: str,
    environment: Mapping[str, str],
    home: Path,
    *,
    processes: int,
    threads: int,
    path: str,
) -> Iterator[int]:
    """Serve a WSGI application as its makers advise; yield the port once it answers under this path."""
    port = _free_port()
    command = [str(python), "-m", "gunicorn", "--worker-class", "gthread", "--workers", str(processes)]
    command += ["--threads", str(threads), "--timeout", "120", "--bind", f"127.0.0.1:{port}", application]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log)
        try:
            _wait(server, port, path, home / "log")
            yield port
        finally:
            server.terminate()
            server.wait(30)


def parts(url: str) -> dict[str, str]:
    """Return the host, port, user, password and name in a database's address."""
    split = urlsplit(url)
    return {
        "host": parse_qs(split.query).get("host", [split.hostname or "localhost"])[0],
        "port": str(split.port or 5432),
        "user": unquote(split.username or "postgres"),
        "password": unquote(split.password or ""),
        "name": split.path.lstrip("/") or "postgres",
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    until = time.monotonic() + STARTING
    while server.poll() is None and time.monotonic() < until:
        with suppress(OSError):
            connection = Connection(port)
            if connection.call(b"GET", path)[0] == 200:
                return
        time.sleep(0.5)
    raise SystemExit(f"the server did not start:\n{log.read_text()[-2000:]}")
