"""A running `crowd sandbox`, as programs meet it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

PATIENCE = 60.0
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs, and what it printed about itself."""

    site: str
    variables: dict[str, str]
    entrance: str
    process: subprocess.Popen[str]

    def client(self, **options: Any) -> Any:
        """Return boto3's client as a program has it that was given the printed variables."""
        names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
        keys = {name: self.variables[variable] for name, variable in names.items()}
        endpoint = self.variables["AWS_ENDPOINT_URL_MTURK"]
        return boto3.client("mturk", region_name="us-east-1", endpoint_url=endpoint, **keys, **options)

    def admin(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """Use `/_admin`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.site}/_admin/{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def calm(self) -> None:
        self.admin("faults", {}, method="PUT")

    def reset(self) -> None:
        self.calm()
        self.admin("reset", {})

    def run(self, program: Path, *, cwd: Path, python: Path, **environment: str) -> str:
        """Run a program with the printed variables; return what it printed."""
        foreign = ("CROWD_", "AWS_", "PYTHON")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        done = subprocess.run(
            [str(python), str(program)],
            cwd=cwd,
            env=inherited | self.variables | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 3,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout


def until(look: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """Wait until something is there; return it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
    return found


@contextmanager
def running(environment: dict[str, str], folder: Path, *arguments: str) -> Iterator[Sandbox]:
    """Start a sandbox, and stop it."""
    with (folder / "stderr").open("w+") as errors:
        process = subprocess.Popen(
            ["crowd", "sandbox", "--port", "0", *arguments],
            cwd=folder,
            env=environment | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout
            told = ""
            while "clock and faults" not in told:
                line = process.stdout.readline()
                assert line, (folder / "stderr").read_text()
                told += line
            variables = dict(re.findall(r"^export (\w+)=(.+)$", told, re.MULTILINE))
            found = dict(re.findall(r"^(crowd sandbox at|work by hand) +(\S+)$", told, re.MULTILINE))
            yield Sandbox(found["crowd sandbox at"], variables, found["work by hand"], process)
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0
            if process.stdout:
                process.stdout.close()


@pytest.fixture(scope="session")
def start(environment: dict[str, str]) -> Callable[..., Any]:
    """Return the way to start a sandbox of one's own."""
    return lambda folder, *arguments: running(environment, folder, *arguments)


@pytest.fixture(scope="module")
def busy_sandbox(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with start(tmp_path_factory.mktemp("busy"), "--workers", "4", "--speed", "0", "--seed", "1") as found:
        yield found


@pytest.fixture
def sandbox(busy_sandbox: Sandbox) -> Sandbox:
    """A sandbox with four workers who lose no time, empty at the beginning of each test."""
    busy_sandbox.reset()
    return busy_sandbox


@pytest.fixture
def used_sandbox(busy_sandbox: Sandbox) -> Sandbox:
    """The same as other tests left it, without their faults: a new world takes a second."""
    busy_sandbox.calm()
    return busy_sandbox


@pytest.fixture
def one_attempt() -> Config:
    """Settings under which boto3 repeats nothing by itself."""
    return ONE_ATTEMPT
