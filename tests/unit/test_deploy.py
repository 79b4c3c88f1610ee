"""The container files say what the application understands, as far as that shows without a container."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
COMMANDS = [service["command"] for service in SERVICES.values() if service.get("command", [""])[0] == "crowd"]


def image_command() -> list[str]:
    return json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])


def copied_sources() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def example_values() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROWD_")}
    path = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=inherited | path | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_services_are_the_parts_of_the_design():
    assert SERVICES.keys() == {"web", "scheduler", "migrate", "db"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_depends_on_services_that_exist(name: str):
    assert SERVICES[name].get("depends_on", {}).keys() <= SERVICES.keys() - {name}


def test_a_healthy_dependency_has_a_health_check():
    awaited = {
        target
        for service in SERVICES.values()
        for target, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert awaited == {"db"}
    assert SERVICES["db"]["healthcheck"]["test"][0] == "CMD"


def test_only_the_web_service_keeps_the_health_check_of_the_image():
    ours = {name for name, service in SERVICES.items() if service["image"].startswith("crowd:")}
    assert {name for name in ours if not SERVICES[name].get("healthcheck", {}).get("disable")} == {"web"}


def test_named_volumes_are_declared():
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert set(mounts) == COMPOSE["volumes"].keys()


def test_variables_and_example_name_each_other():
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT)) == example_values().keys()


def test_defaults_are_the_same_in_both_files():
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", COMPOSE_TEXT))
    assert defaults
    assert defaults.items() <= example_values().items()


def test_secrets_are_required_and_the_example_holds_none():
    required = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE_TEXT))
    assert required == {"CROWD_SECRET_KEY", "POSTGRES_PASSWORD"}
    assert {example_values()[name] for name in required} == {""}


def test_settings_read_every_variable_that_the_services_set():
    given = {
        name for service in SERVICES.values() for name in service["environment"] if name.startswith("CROWD_")
    }
    read = set(re.findall(r"CROWD_[A-Z_]+", (ROOT / "crowd/settings.py").read_text()))
    assert given <= read


def test_copied_sources_exist_and_reach_the_build():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied_sources():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source


def test_every_package_of_the_wheel_is_copied():
    packages = re.search(r"^packages = (\[.*\])", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages
    assert {*json.loads(packages[1]), "templates", "README.md", "LICENSE"} <= set(copied_sources())


def test_every_install_in_the_image_is_checked_by_hash_or_is_our_wheel():
    installs = re.findall(r"pip install (.+?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    assert len(installs) == 3
    assert all("--require-hashes" in line or line.endswith("--no-deps /dist/*.whl") for line in installs)


def test_the_image_runs_as_a_user_without_privileges():
    assert re.search(r"^USER crowd$", DOCKERFILE, re.MULTILINE)


def test_the_web_service_shares_metrics_between_its_processes_and_prints_the_first_key():
    """Which `crowd serve` does, and gunicorn by itself does not."""
    assert image_command()[:2] == SERVICES["web"]["command"][:2] == ["crowd", "serve"]
    assert "--no-scheduler" in SERVICES["web"]["command"]  # there is a service for that


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_of_the_services_exist(command: list[str], tmp_path: Path):
    program = [sys.executable, "-c", "from crowd.cli import main; main()"]
    outcome = run([*program, *command[1:], "--help"], tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    words = [word for word in command if not word.startswith("--")]
    assert f"Usage: {' '.join(words)}" in outcome.stdout
