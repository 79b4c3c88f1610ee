"""The sandbox's front door: `/_admin` leads to its hands, everything else to the world of the moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crowd.sandbox import admin
from crowd.sandbox.house import House

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def front(house: House) -> WSGIApplication:
    """Return the application that a server serves."""
    hands = admin.create_app(house)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        is_admin = path == admin.PREFIX or path.startswith(f"{admin.PREFIX}/")
        return (hands if is_admin else house)(environ, start_response)

    return answer
