"""Label Studio from PyPI in an environment of its own, on the same database server, under the same load."""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from _client import Connection, Tally, Target

from peers import environment

VERSION = "1.23.2"
PACKAGES = (f"label-studio=={VERSION}", "psycopg[binary]", "gunicorn")
HEALTH = "/health"
# Runs inside Label Studio: a project of its own kind, people with tokens, and its items.
PREPARE = """
import json, sys
from organizations.models import Organization, OrganizationMember
from projects.models import Project
from rest_framework.authtoken.models import Token
from tasks.models import Task
from users.models import User
about = json.load(sys.stdin)
make = User.objects.create_user
people = [make(f"w{n}@example.org", "no password is used") for n in range(about["workers"])]
home = Organization.create_organization(created_by=people[0], title="bench")
for person in people:
    OrganizationMember.objects.get_or_create(user=person, organization=home)
    person.active_organization = home
    person.save()
home.jwt.legacy_api_tokens_enabled = True
home.jwt.save()
choices = "".join(f'<Choice value="{label}"/>' for label in about["labels"])
config = f'<View><Text name="t" value="$text"/><Choices name="c" toName="t">{choices}</Choices></View>'
project = Project.objects.create(
    title="bench", organization=home, created_by=people[0], label_config=config,
    maximum_annotations=about["overlap"], sampling="Sequential sampling", is_published=True,
)
Task.objects.bulk_create(
    Task(project=project, data={"text": f"{n}: " + about["text"]}, overlap=about["overlap"])
    for n in range(about["items"])
)
tokens = [Token.objects.get_or_create(user=person)[0].key for person in people]
print("READY " + json.dumps([project.id, tokens]))
"""


def install(folder: Path) -> Path:
    """Return the Python of an environment with Label Studio in it, made at the first call."""
    return environment.install(folder, f"label-studio-{VERSION}", PACKAGES)


@contextmanager
def serving(
    python: Path, url: str, about: Mapping[str, object], *, processes: int, threads: int
) -> Iterator[tuple[int, int, list[str]]]:
    """Run it on an empty PostgreSQL database; yield its port, its project and a token for everyone."""
    package = environment.packages_of(python) / "label_studio"
    with environment.home_beside(python) as home:
        known = {**os.environ, **_settings(url, home), "PYTHONPATH": str(package)}
        manage = [str(python), str(package / "manage.py")]
        environment.must([*manage, "migrate", "--no-input"], "migrate Label Studio", known)
        said = environment.must(
            [*manage, "shell", "-c", PREPARE], "fill Label Studio", known, given=json.dumps(about)
        )
        project, tokens = json.loads(said.rpartition("READY ")[2])
        with environment.gunicorn(
            python, "core.wsgi:application", known, home, processes=processes, threads=threads, path=HEALTH
        ) as port:
            yield port, project, tokens


def work(target: Target, token: str, tally: Tally) -> None:
    """Take a task and annotate it, again and again, over its API."""
    rng, until = random.Random(token), time.perf_counter() + target.seconds
    connection = Connection(target.port, token, scheme="Token")
    with suppress(OSError):
        while time.perf_counter() < until and _task(connection, target, rng, tally):
            pass
    connection.close()


def _task(connection: Connection, target: Target, rng: random.Random, tally: Tally) -> bool:
    begun = time.perf_counter()
    status, body = connection.call(b"GET", f"/api/projects/{target.project_id}/next")
    if status != 200:
        tally.failures += [] if status == 404 else [f"next: {status} {body[:200]!r}"]
        return False
    tally.claims.append(time.perf_counter() - begun)
    label, task = rng.choice(target.labels), json.loads(body)["id"]
    value = {"from_name": "c", "to_name": "t", "type": "choices", "value": {"choices": [label]}}
    begun = time.perf_counter()
    sent = json.dumps({"result": [value], "lead_time": 1.0}).encode()
    status, body = connection.call(b"POST", f"/api/tasks/{task}/annotations/", sent)
    if status != 201:
        tally.failures.append(f"annotate: {status} {body[:200]!r}")
        return False
    tally.submits.append(time.perf_counter() - begun)
    tally.acknowledged[str(json.loads(body)["id"])] = {"q1": label}
    return True


def _settings(url: str, home: Path) -> dict[str, str]:
    database = {f"POSTGRE_{name.upper()}": value for name, value in environment.parts(url).items()}
    return database | {
        "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
        "LABEL_STUDIO_BASE_DATA_DIR": str(home),
        "DJANGO_DB": "default",
        "SECRET_KEY": secrets.token_hex(32),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_RATE": "0",
        "LOG_LEVEL": "ERROR",
    }
