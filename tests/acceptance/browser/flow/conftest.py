"""A server with a project, and a worker who sits at a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from crowd.app import create_app
from crowd.clock import utc_now
from crowd.db import connect
from crowd.services.access import sessions
from crowd.settings import Settings, new_secret
from tests.acceptance.browser.flow.labeler import WAIT, Labeler, Site
from tests.integration import world as worlds


@pytest.fixture
def world_options() -> dict[str, Any]:
    """What the project is like; a test that needs another says so by overriding this."""
    return {"items": 30, "hit_size": 3, "title": "Reviews of phones", "lease_seconds": 600}


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path, world_options: dict[str, Any]) -> Iterator[Site]:
    shutil.copyfile(migrated_file, tmp_path / "crowd.db")
    database = connect(f"sqlite:///{tmp_path}/crowd.db", durable=False)
    world = worlds.make(database, **world_options)
    app = create_app(Settings(secret_key=new_secret()), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", world)
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


@pytest.fixture
def sign_in(site: Site, context: Any) -> Callable[[str], Any]:
    """Sign a worker in, and return a tab of theirs."""

    def enter(name: str = "wim") -> Any:
        text = site.world.do(
            lambda s, _: sessions.open_for_worker(s, site.world.worker(s, name), now=utc_now())
        )
        context.set_default_timeout(WAIT)
        context.add_cookies([{"name": "crowd", "value": text, "url": site.url}])
        return context.new_page()

    return enter


@pytest.fixture
def wim(sign_in: Callable[[str], Any], site: Site) -> Iterator[Labeler]:
    found = Labeler(sign_in("wim"), site)
    yield found
    assert not found.faults
