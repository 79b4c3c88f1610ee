"""Signing in at an organisation's OpenID provider.

The way there and back only looks: who came back is kept in a signed cookie, until the worker says on a page
of ours to go on. An identity comes to an account by an invitation or from within a session, never by itself.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from crowd import visitors
from crowd.errors import Misconfigured, Unauthorized
from crowd.services.access.sessions import Visitor
from crowd.services.people.accounts import Identity
from crowd.web.place import Place
from crowd.web.work.forms import door, let_in, next_path
from crowd.web.work.provider import Provider

COOKIE = "crowd-openid"
PATH = "/work/oidc"
LIFETIME = timedelta(minutes=10)
LOST = "the way back from the provider took too long, or began elsewhere; sign in again"


def register(pages: Blueprint, at: Place) -> None:
    """Add the way to the provider and back, where there is one."""
    facts = at.settings
    if not facts.oidc_issuer:
        return
    if find_spec("authlib") is None:
        raise Misconfigured("CROWD_OIDC_ISSUER is set, and Authlib is missing: install crowd-labels[oidc]")
    provider = Provider(facts.oidc_issuer, facts.oidc_client_id, facts.oidc_client_secret)

    @pages.get("/oidc/login")
    @at.apart
    def leave(_visitor: Visitor | None) -> ResponseReturnValue:
        departure = provider.departure(_callback())
        purpose = {"invitation": request.args.get("invitation"), "link": "link" in request.args}
        kept = {"departure": asdict(departure), "purpose": purpose | {"next": next_path()}}
        response = make_response(redirect(departure.url, 303))
        return _keep(response, kept, at.clock())

    @pages.get("/oidc/callback")
    @at.apart
    def come_back(_visitor: Visitor | None) -> ResponseReturnValue:
        kept = _kept("departure", at.clock())
        sent = kept["departure"]
        if not hmac.compare_digest(request.args.get("state", "").encode(), sent["state"].encode()):
            raise Unauthorized(LOST)
        if "code" not in request.args:
            raise Unauthorized("the provider did not let you in")
        identity, shown = provider.identity(
            request.args["code"], _callback(), nonce=sent["nonce"], verifier=sent["verifier"]
        )
        purpose = kept["purpose"]
        page = render_template("work/openid.html", shown=shown, issuer=identity.issuer, purpose=purpose)
        return _keep(make_response(page), {"identity": asdict(identity), "purpose": purpose}, at.clock())

    @pages.post("/oidc/finish")
    @at.apart
    def finish(_visitor: Visitor | None) -> ResponseReturnValue:
        kept, cookie = _kept("identity", at.clock()), visitors.cookie()
        identity, purpose = Identity(**kept["identity"]), kept["purpose"]
        if purpose["link"]:
            door(at).link(cookie or "", identity)
            response = make_response(redirect("/work/account", 303))
        elif purpose["invitation"] is not None:
            response = let_in(door(at).join_as(purpose["invitation"], identity, leaving=cookie))
        else:
            response = let_in(door(at).arrive(identity, leaving=cookie), purpose["next"])
        response.delete_cookie(COOKIE, path=PATH)
        return response


def _callback() -> str:
    return f"{request.url_root.rstrip('/')}{PATH}/callback"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=COOKIE)


def _keep(response: Response, kept: dict[str, Any], now: datetime) -> Response:
    until = (now + LIFETIME).timestamp()
    response.set_cookie(
        COOKIE,
        _serializer().dumps(kept | {"until": until}),
        max_age=int(LIFETIME.total_seconds()),
        path=PATH,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _kept(what: str, now: datetime) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        raise Unauthorized(LOST) from None
    if what not in found or found["until"] <= now.timestamp():
        raise Unauthorized(LOST)
    return found
