"""The composition root: where the database, the API, the pages and the log meet."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.json.provider import DefaultJSONProvider
from flask.sessions import NullSession, SessionInterface, SessionMixin
from sqlalchemy import make_url
from werkzeug.middleware.proxy_fix import ProxyFix

from crowd import api, logs
from crowd.api import Edge, express, projects
from crowd.clock import Clock, utc_now
from crowd.db import Database, connect
from crowd.settings import Settings, check_secret, new_secret, secret_beside
from crowd.turk import front
from crowd.web import access_log, console, door, headers, metrics, pages, submit, turk_pages, work
from crowd.web.entrance import Entrance
from crowd.web.templates import folder

IN_MEMORY = (None, "", ":memory:")


class Json(DefaultJSONProvider):
    """Fields in the order of their schema, text as it is."""

    sort_keys = False
    ensure_ascii = False


class NoSession(SessionInterface):
    """Sessions are rows in the database, see `visitors`; Flask's own would only be made and dropped."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002 - Flask's own
        """Return the session that refuses to be used."""
        return NullSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """There is nothing to save."""


class Server(Flask):
    """Flask with our JSON."""

    json_provider_class = Json
    session_interface = NoSession()


def create_app(
    settings: Settings | None = None, *, database: Database | None = None, clock: Clock = utc_now
) -> Flask:
    """Put an application together. The schema is left as it is: whoever starts a server sees to that."""
    settings = settings or Settings.from_env()
    edge = Edge(database or connect(settings.database_url, pool_size=settings.pool_size), clock, settings)
    app = Server("crowd", template_folder=str(folder()), static_folder=str(folder() / "static"))
    app.secret_key = secret_key = signing_key(settings)
    logs.configure(as_json=settings.log_json)
    access_log.register(app)
    headers.register(app)
    counters = metrics.register(app, edge.database)
    documented = api.register(app, edge)
    app.wsgi_app = door.Door(app.wsgi_app, express.routes(edge), counters)  # type: ignore[method-assign]
    turk = front.Front(
        edge.database, edge.clock, settings.market, secret_key, settings.outlets, lambda: app.testing
    )
    app.wsgi_app = Entrance(  # type: ignore[method-assign]
        app.wsgi_app, front.PATHS, "turk.answer", turk.answer, counters
    )
    if settings.trusted_proxies:
        # Each proxy appends an address, while the scheme and the host are one value that they hand on.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=1
        )
    app.register_blueprint(pages.blueprint(edge.database, counters, documented.document))
    app.register_blueprint(console.blueprint(edge.database, edge.clock, edge.settings, projects.make))
    app.register_blueprint(work.blueprint(edge.database, edge.clock, edge.settings))
    app.register_blueprint(front.blueprint(turk))
    app.register_blueprint(submit.blueprint(edge.database, edge.clock, edge.settings))
    app.register_blueprint(turk_pages.blueprint(edge.database, edge.clock, secret_key, settings.outlets))
    return app


def signing_key(settings: Settings) -> str:
    """Return the key that signs; only a database that one machine uses may keep its own."""
    url = make_url(settings.database_url)
    if settings.secret_key or url.get_backend_name() != "sqlite":
        return check_secret(settings.secret_key)
    return new_secret() if url.database in IN_MEMORY else secret_beside(settings.database_url)
