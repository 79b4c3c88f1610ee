"""`/_admin`: the hands that turn the sandbox's clock, weather and world; for this machine only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from crowd.errors import CrowdError, Forbidden, bad_input
from crowd.sandbox import faults
from crowd.sandbox.house import House
from crowd.settings import LOOPBACK

PREFIX = "/_admin"
MOST_CALLS = 10_000
# Somebody between us and the caller: then the address we see says nothing about them.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def create_app(house: House) -> Flask:
    """Return the application that answers below `/_admin`."""
    app = Flask("crowd.sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_require_neighbour)
    app.register_error_handler(CrowdError, _refused)
    pages = Blueprint("admin", __name__, url_prefix=PREFIX)
    _add_looks(pages, house)
    _add_hands(pages, house)
    app.register_blueprint(pages)
    return app


def _add_looks(pages: Blueprint, house: House) -> None:
    looks: dict[str, Callable[[], dict[str, Any]]] = {
        "/": house.state,
        "/balance": house.balance,
        "/dump": house.dump,
    }
    for path, look in looks.items():
        pages.add_url_rule(path, endpoint=path.strip("/") or "state", view_func=look)

    @pages.get("/calls")
    def calls() -> ResponseReturnValue:
        after, limit = (_whole(name, default) for name, default in (("after", 0), ("limit", MOST_CALLS)))
        return {"calls": house.calls(after, min(limit, MOST_CALLS))}


def _add_hands(pages: Blueprint, house: House) -> None:
    @pages.post("/clock")
    def clock() -> ResponseReturnValue:
        given = _body()
        if set(given) == {"advance"} and isinstance(given["advance"], int | float):
            return {"now": house.advance(_seconds(given["advance"])).isoformat()}
        if set(given) == {"set"} and isinstance(given["set"], str):
            return {"now": house.move(_moment(given["set"])).isoformat()}
        raise bad_input("clock", 'takes {"advance": seconds} or {"set": "2030-01-31T12:00:00Z"}')

    @pages.put("/faults")
    def impose() -> ResponseReturnValue:
        conditions = faults.parse(_body())
        house.impose(conditions)
        return conditions.as_dict()

    @pages.post("/reset")
    def reset() -> ResponseReturnValue:
        _body()
        house.reset()
        return house.state()


def _require_neighbour() -> None:
    """Refuse whoever is not on this machine, or whom nobody can tell to be."""
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104 - nobody's address
        raise Forbidden("/_admin is for programs on the sandbox's own machine")
    if present := [name for name in FORWARDED if name in request.headers]:
        raise Forbidden(f"/_admin does not answer through a proxy; this request has {present[0]}")
    # A page of another site may make a browser on this machine call us, by a name of its own choosing.
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK or "Origin" in request.headers:
        raise Forbidden("/_admin is for programs, at a loopback address")


def _refused(error: CrowdError) -> ResponseReturnValue:
    return {"code": error.code, "error": error.message}, error.status


def _body() -> dict[str, Any]:
    """Return the JSON object sent; an empty body is an empty one."""
    # Before anything asks for a form: curl calls everything one.
    given = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(given, dict):
        raise bad_input("body", "must be a JSON object")
    return given


def _seconds(number: float) -> timedelta:
    try:
        return timedelta(seconds=number)
    except (OverflowError, ValueError):
        raise bad_input("advance", "is beyond the calendar") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise bad_input("set", f"is {text!r}: it must be a moment like 2030-01-31T12:00:00Z") from None


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal():
        raise bad_input(name, f"is {text!r}: it must be a whole number")
    return int(text)
