"""What is shipped works away from the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("aggregation", "qc", "workers", "crowd", "templates")
BESIDE = ("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml")


def build(target: str, source: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, capture_output=True, check=True)
    return next(folder.iterdir())


def contents(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a build reads, so that neither caches nor git have a say in it."""
    folder = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh environment with the wheel in it, which sees our dependencies but not the checkout."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin/python"
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--offline", "--no-deps", "--quiet", "--python", python, wheel]
    subprocess.run(install, check=True)
    packages = next(home.glob("lib/python*/site-packages"))
    # Paths from a .pth file are added as they are: the editable install of the checkout does not come along.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home


def run(command: list[str | Path], folder: Path) -> str:
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_the_wheel_holds_every_file_and_nothing_else(wheel: Path, source: Path):
    files = {
        path.relative_to(source) for name in SHIPPED for path in (source / name).rglob("*") if path.is_file()
    }
    expected = {str(Path("crowd", path) if path.parts[0] == "templates" else path) for path in files}
    assert contents(wheel) == expected


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, source: Path, tmp_path: Path):
    sdist = build("sdist", source, tmp_path / "sdist")
    subprocess.run(["tar", "-xf", sdist], cwd=tmp_path, check=True)
    unpacked = next(path for path in tmp_path.iterdir() if (path / "pyproject.toml").exists())
    assert contents(build("wheel", unpacked, tmp_path / "wheel")) == contents(wheel)


def test_the_command_runs_from_the_wheel(installed: Path, tmp_path: Path):
    origin = run([installed / "bin/python", "-c", "import crowd; print(crowd.__file__)"], tmp_path)
    assert Path(origin.strip()).is_relative_to(installed)
    assert run([installed / "bin/crowd", "--help"], tmp_path).startswith("Usage: crowd")
