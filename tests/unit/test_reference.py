"""The reference says what the code says: nothing generated is stale, no setting or error is left out."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from crowd.errors import CrowdError
from crowd.models.states import TRANSITIONS
from crowd.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = ("aggregation", "qc", "workers", "crowd")
VARIABLE = re.compile(r"\b(?:CROWD|POSTGRES|WEB)_[A-Z]+(?:_[A-Z]+)*\b")


def settings_table() -> dict[str, str]:
    """Return the defaults in the tables of settings.md by variable."""
    text = (ROOT / "docs/reference/settings.md").read_text()
    return dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]+?)`? \|", text, re.MULTILINE))


def mentioned(*paths: Path) -> set[str]:
    return {name for path in paths for name in VARIABLE.findall(path.read_text())}


def test_generated_text_is_current(generator: ModuleType):
    documents = generator.documents()
    assert {path.name for path in documents} == {
        "cli.md",
        "errors.md",
        "mturk-contract.md",
        "rules.md",
        "the-loop.md",
    }
    stale = [path.name for path, text in documents.items() if path.read_text() != text]
    assert stale == [], "run: .venv/bin/python docs/generate.py"


def test_every_state_machine_is_drawn(generator: ModuleType):
    assert {(model, field) for model, field, _ in generator.MACHINES} == set(TRANSITIONS)


def test_every_error_is_listed(generator: ModuleType):
    assert all(f"`{kind.code}`" in generator.errors() for kind in CrowdError.__subclasses__())


def test_every_setting_is_listed_and_no_other():
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    files = [ROOT / ".env.example", ROOT / "docker-compose.yml", ROOT / "tests/conftest.py"]
    # These two name the settings of PostgreSQL's own image.
    theirs = {"POSTGRES_USER", "POSTGRES_DB"}
    in_code = mentioned(*sources, *files) - theirs - {"POSTGRES_OPTIONS"}
    assert settings_table().keys() == in_code


def test_defaults_are_those_of_the_code():
    defaults, shown = Settings.from_env({}), settings_table()
    assert shown["CROWD_DATABASE_URL"] == defaults.database_url
    assert shown["CROWD_SECRET_KEY"] == (defaults.secret_key or "none")
    for name in ("step_seconds", "update_seconds", "pool_size", "max_upload_bytes", "log_json"):
        assert shown[f"CROWD_{name.upper()}"] == str(int(getattr(defaults, name)))


def test_a_setting_that_makes_no_sense_is_refused_by_name():
    with pytest.raises(CrowdError, match="CROWD_POOL_SIZE must be a whole number, not 'many'"):
        Settings.from_env({"CROWD_POOL_SIZE": "many"})


@pytest.mark.parametrize("path", sorted((ROOT / "docs/how-to").glob("*.md")), ids=lambda path: path.stem)
def test_how_to_pages_are_short(path: Path):
    assert len(path.read_text().splitlines()) < 90


@pytest.mark.parametrize("folder", ["how-to", "reference", "explanation", "adr"])
def test_every_page_is_reached_from_the_index(folder: str):
    index = (ROOT / "docs/index.md").read_text()
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs" / folder).glob("*.md")]
    assert [str(page) for page in pages if f"({page})" not in index] == []
