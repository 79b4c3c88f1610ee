"""What keeps the house in order: imports run one way, files stay small, no machine is named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("aggregation", "qc", "workers", "crowd")
LONGEST_FILE = 300
SOURCES = sorted(
    path
    for name in (*PACKAGES, "bench")
    for path in (ROOT / name).rglob("*.py")
    if "versions" not in path.parts
)
# Written so that the patterns do not find themselves.
MACHINE = {
    "a path of one machine": re.compile(
        r"/work[/](?:main|shared)|/tmp[/]plan|/opt[/](?:pypi|wheels)|/home[/](?!crowd\b)"
    ),
    "a folder beside the checkout": re.compile(r"\bshared[/](?:data|facts|DESIGN|STYLE)"),
    "the host of a package registry": re.compile(
        r"\bpypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|conda[.]anaconda"
    ),
}
# The CI entry may look for recorded answers beside the clone.
EXCEPTIONS = {(".ci/run", "a folder beside the checkout")}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("needs a git checkout, to know which files are ours")
    return [path for name in listing.stdout.split("\0") if (path := ROOT / name).is_file()]


def machine_words(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number}: {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in MACHINE.items()
        if pattern.search(line) and (name, what) not in EXCEPTIONS
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_imports_run_one_way():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += machine_words(str(path.relative_to(ROOT)), text)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text", ["--index-url https://pypi" + ".org/simple", "cd /work" + "/main", "../shared" + "/data/x"]
)
def test_machine_words_are_recognised(text: str):
    assert machine_words("README.md", text)


def test_the_pages_of_labelers_are_not_taken_for_a_path():
    assert not machine_words("crowd/web/work.py", '"/work/hits/<int:number>"')


def test_the_command_line_starts_without_a_heavy_library():
    heavy = ["numba", "pandas", "scipy", "sklearn", "crowdkit", "pyarrow", "altair", "boto3"]
    program = f"import sys, crowd.cli; print(*sorted(set(sys.modules) & set({heavy})))"
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout.split() == []
