"""An application starts only with a secret that is one, and says when its schema is not there."""

from __future__ import annotations

import pytest

from crowd.app import create_app
from crowd.db import connect
from crowd.errors import Misconfigured
from crowd.settings import Settings, new_secret


def test_health_without_a_schema(tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/empty.db", secret_key=new_secret())
    assert create_app(settings).test_client().get("/healthz").status_code == 503


def test_a_known_or_short_secret_is_refused():
    for secret in ("secret", "x" * 40, "short"):
        with pytest.raises(Misconfigured):
            create_app(Settings(database_url="sqlite://", secret_key=secret))


def test_postgresql_needs_a_secret_and_sqlite_keeps_its_own(tmp_path):
    with pytest.raises(Misconfigured, match="CROWD_SECRET_KEY"):
        create_app(Settings(database_url="postgresql://nobody@127.0.0.1/none"))
    url = f"sqlite:///{tmp_path}/crowd.db"
    first, second = (
        create_app(Settings(database_url=url), database=connect(url)).secret_key for _ in range(2)
    )
    assert first == second
    assert (tmp_path / "crowd.secret").stat().st_mode & 0o777 == 0o600
