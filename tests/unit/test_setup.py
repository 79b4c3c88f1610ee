"""`make setup` finds packages where the machine's settings say, and installs what the locks say."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements/*.lock"))


@pytest.fixture(scope="module")
def run_uv() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_uv", ROOT / "requirements/run_uv.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Leave neither pip nor uv any settings of this machine."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")) or name == "SSL_CERT_FILE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return monkeypatch


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.\-]+(?:\[\w+\])?)==(\S+)", lock.read_text(), re.MULTILINE))


def test_settings_of_pip_reach_uv(run_uv, no_settings, tmp_path: Path):
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://index.test/simple\nfind-links = /a\n  /b\ntimeout = 30\n"
    )
    no_settings.setenv("PIP_CONFIG_FILE", str(config))
    environment = run_uv.uv_environment(run_uv.pip_settings())
    assert environment["UV_DEFAULT_INDEX"] == "https://index.test/simple"
    assert environment["UV_FIND_LINKS"] == "/a,/b"
    assert environment["UV_HTTP_TIMEOUT"] == "30"


def test_the_environment_is_stronger_than_the_file(run_uv, no_settings, tmp_path: Path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://file.test/simple\n[install]\nfind-links = /install\n")
    no_settings.setenv("PIP_CONFIG_FILE", str(config))
    no_settings.setenv("PIP_INDEX_URL", "https://environment.test/simple")
    environment = run_uv.uv_environment(run_uv.pip_settings())
    assert environment["UV_DEFAULT_INDEX"] == "https://environment.test/simple"
    assert environment["UV_FIND_LINKS"] == "/install"


def test_settings_of_uv_are_left_alone(run_uv, no_settings):
    no_settings.setenv("UV_DEFAULT_INDEX", "https://mine.test/simple")
    environment = run_uv.uv_environment({"index-url": "https://pip.test/simple"})
    assert environment["UV_DEFAULT_INDEX"] == "https://mine.test/simple"


def test_no_settings_leave_uv_its_own_defaults(run_uv, no_settings):
    environment = run_uv.uv_environment(run_uv.pip_settings())
    assert {name for name in environment if name.startswith("UV_")} == {"UV_INDEX_STRATEGY"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_carries_hashes_and_no_addresses(lock: Path):
    entries = re.split(r"^(?=[\w])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|^--", lock.read_text(), re.MULTILINE)


def test_the_locks_agree(run_uv):
    dev = pins(ROOT / "requirements/dev.lock")
    assert {"build.lock", "dev.lock", "runtime.lock"} == {lock.name for lock in LOCKS}
    for lock in LOCKS:
        assert pins(lock).items() <= dev.items(), lock.name


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    inner = {"tests", "lint", "types"}  # parts of `make test` and `make check`
    wanted = [target for target in phony[1].split() if target not in inner]
    assert re.findall(r"^  make (\w+)  +\S", shown, re.MULTILINE) == wanted


@pytest.mark.parametrize(
    ("refused", "advice"),
    [("version_info", "Python 3.11 or newer"), ("ensurepip", "apt-get install python3-venv")],
)
def test_an_unfit_python_is_explained(tmp_path: Path, refused: str, advice: str):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$2" in *{refused}*) exit 1 ;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    outcome = subprocess.run(
        ["make", ".venv/bin/python", f"PYTHON={python}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode != 0
    assert advice in outcome.stdout
    assert not (tmp_path / ".venv").exists()
