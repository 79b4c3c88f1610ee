"""A requester's browser without a screen: it sends forms with what the page before them held."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = {"Origin": "http://localhost"}


@dataclass
class Browser:
    """Someone with a browser, who fills in the forms of the page they see."""

    client: FlaskClient

    def see(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, page: str = "/", **fields: Any) -> TestResponse:
        csrf = re.search(r'name="csrf" value="(\w*)"', self.client.get(page).text)
        data = {"csrf": csrf.group(1) if csrf else "", **fields}
        return self.client.post(path, data=data, headers=ORIGIN)

    def sent(self, path: str, **fields: Any) -> str:
        """Send a form that has to be accepted, and follow where it leads."""
        answer = self.send(path, **fields)
        assert answer.status_code in (200, 303), answer.text
        return self.see(answer.headers["Location"]) if answer.status_code == 303 else answer.text
