"""A browser without a screen: it keeps cookies, and sends forms with what the page before them held."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HOST = "http://localhost"


@dataclass
class Browser:
    """Someone who looks at pages."""

    app: Flask
    base: str = HOST
    address: str = "203.0.113.7"
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._open(path, **options)

    def send(self, path: str, origin: str | None = None, **fields: str) -> TestResponse:
        """Send a form without having looked at its page; `origin` is where the form was, ours by itself."""
        headers = {"Origin": self.base if origin is None else origin}
        return self._open(path, method="POST", data=fields, headers=headers)

    def fill(self, path: str, *, action: str | None = None, **fields: str) -> TestResponse:
        """Look at a page, fill in its form and send it."""
        page = self.get(path)
        assert page.status_code == 200, page.text
        return self.send(action or path, csrf=csrf_of(page), **fields)

    @property
    def cookie(self) -> str | None:
        """The text of the session's cookie."""
        found = self.client.get_cookie("crowd") or self.client.get_cookie("__Host-crowd")
        return found.value if found else None

    @cookie.setter
    def cookie(self, text: str) -> None:
        name = "__Host-crowd" if self.base.startswith("https") else "crowd"
        self.client.set_cookie(name, text)

    def _open(self, path: str, **options: Any) -> TestResponse:
        place = {"base_url": self.base, "environ_base": {"REMOTE_ADDR": self.address}}
        return self.client.open(path, **place, **options)


def csrf_of(page: TestResponse) -> str:
    """Return the form token a page holds; empty where it holds none."""
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    return found[1] if found else ""
