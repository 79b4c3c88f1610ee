"""Turkle from PyPI in an environment of its own, on the same database server, under the same load."""

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

VERSION = "3.1.0"
PACKAGES = (f"turkle=={VERSION}", "psycopg[binary]", "gunicorn")
HEALTH = "/login/"
# The package holds the application without a site: these are the settings of the site in its repository.
SETTINGS = """
import os
DEBUG, ALLOWED_HOSTS, SECRET_KEY, USE_TZ = False, ["*"], os.environ["SECRET_KEY"], True
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **{
    name: os.environ["PEER_" + name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}}}
DEFAULT_AUTO_FIELD, STATIC_URL, ROOT_URLCONF = "django.db.models.AutoField", "/static/", "site_urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": [*(f"django.template.context_processors.{name}" for name in
        ("debug", "i18n", "media", "request", "static", "tz")), "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages", "turkle.utils.turkle_vars"]}}]
MIDDLEWARE = [f"django.{name}" for name in ("middleware.common.CommonMiddleware",
    "contrib.sessions.middleware.SessionMiddleware", "middleware.csrf.CsrfViewMiddleware",
    "contrib.auth.middleware.AuthenticationMiddleware", "contrib.messages.middleware.MessageMiddleware",
    "middleware.clickjacking.XFrameOptionsMiddleware")]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "turkle", "django.contrib.admin",
    "rest_framework", "rest_framework.authtoken", "turkle.api", "guardian", "djaa_list_filter2"]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend"]
TURKLE_SITE_NAME, TURKLE_TEMPLATE_LIMIT, TURKLE_EMAIL_ENABLED, META_TAGS = "Turkle", 64, False, []
TURKLE_AUTO_ACCEPT_DEFAULT = True
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "index", "index"
"""
URLS = """
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("", include("django.contrib.auth.urls")),
    path("", include("turkle.urls")), path("api/", include("turkle.api.urls"))]
"""
# Runs inside Turkle: a batch, its tasks, and people who are signed in.
PREPARE = """
import json, sys
from django.contrib import auth
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from turkle.models import Batch, Project, Task
about = json.load(sys.stdin)
choices = "".join(f'<input type="radio" name="label" value="{label}">' for label in about["labels"])
template = "<p>${text}</p>" + choices + '<input type="submit">'
project = Project.objects.create(name="bench", html_template=template, html_template_has_submit_button=True)
batch = Batch.objects.create(name="bench", project=project, assignments_per_task=about["overlap"])
Task.objects.bulk_create(
    Task(batch=batch, input_csv_fields={"text": f"{n}: " + about["text"]}) for n in range(about["items"])
)
sessions = []
for n in range(about["workers"]):
    person, session = User.objects.create_user(f"w{n}"), SessionStore()
    session[auth.SESSION_KEY] = str(person.pk)
    session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    sessions.append(session.session_key)
print("READY " + json.dumps([batch.id, sessions]))
"""


def install(folder: Path) -> Path:
    """Return the Python of an environment with Turkle in it, made at the first call."""
    return environment.install(folder, f"turkle-{VERSION}", PACKAGES)


@contextmanager
def serving(
    python: Path, url: str, about: Mapping[str, object], *, processes: int, threads: int
) -> Iterator[tuple[int, int, list[str]]]:
    """Run it on an empty PostgreSQL database; yield its port, its batch and a session for everyone."""
    with environment.home_beside(python) as home:
        (home / "site_settings.py").write_text(SETTINGS)
        (home / "site_urls.py").write_text(URLS)
        settings = {f"PEER_{name.upper()}": value for name, value in environment.parts(url).items()}
        settings |= {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(home)}
        known = {**os.environ, **settings, "SECRET_KEY": secrets.token_hex(32)}
        manage = [str(python), "-m", "django"]
        environment.must([*manage, "migrate", "--no-input"], "migrate Turkle", known)
        said = environment.must(
            [*manage, "shell", "-c", PREPARE], "fill Turkle", known, given=json.dumps(about)
        )
        batch, sessions = json.loads(said.rpartition("READY ")[2])
        application = "django.core.wsgi:get_wsgi_application()"
        with environment.gunicorn(
            python, application, known, home, processes=processes, threads=threads, path=HEALTH
        ) as port:
            yield port, batch, sessions


def work(target: Target, session: str, tally: Tally) -> None:
    """Accept a task and hand it in, again and again, as its pages do, without loading what they show."""
    rng, until = random.Random(session), time.perf_counter() + target.seconds
    csrf = secrets.token_hex(16)  # Django only asks that the cookie and the form say the same
    cookie = f"Cookie: sessionid={session}; csrftoken={csrf}\r\n"
    connection = Connection(target.port, kind="application/x-www-form-urlencoded", more=cookie)
    with suppress(OSError):
        while time.perf_counter() < until and _task(connection, target, csrf, rng, tally):
            pass
    connection.close()


def _task(connection: Connection, target: Target, csrf: str, rng: random.Random, tally: Tally) -> bool:
    begun = time.perf_counter()
    status, body = connection.call(b"GET", f"/batch/{target.project_id}/accept_next_task/")
    place = connection.location
    if status != 302 or "/assignment/" not in place:
        tally.failures.append(f"accept: {status} {place} {body[:200]!r}")
        return False
    tally.claims.append(time.perf_counter() - begun)
    label = rng.choice(target.labels)
    begun = time.perf_counter()
    status, body = connection.call(b"POST", place, f"label={label}&csrfmiddlewaretoken={csrf}".encode())
    if status != 302 or not connection.location.endswith("/accept_next_task/"):
        tally.failures.append(f"submit: {status} {connection.location} {body[:200]!r}")
        return False
    tally.submits.append(time.perf_counter() - begun)
    tally.acknowledged[place] = {"q1": label}
    return True
