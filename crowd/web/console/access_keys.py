"""Key pairs for programs of the MTurk protocol: made, listed, ended."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import bad_input
from crowd.models.market import AccessKey
from crowd.services.market import access
from crowd.web.place import Place, RequesterCall

LONGEST_LABEL = 200
MOST_DAYS = 3650


def register(pages: Blueprint, at: Place) -> None:
    """Add the page of key pairs."""

    @pages.get("/mturk-keys", endpoint="access_keys")
    @at.for_requesters("admin")
    def show(call: RequesterCall) -> str:
        return _page(call)

    @pages.post("/mturk-keys", endpoint="make_access_key")
    @at.for_requesters("admin")
    def make(call: RequesterCall) -> ResponseReturnValue:
        # Shown in the answer to the form itself: a secret is readable this once.
        days = _days()
        made = access.create_key(
            call.session,
            call.principal,
            label=_label(),
            secret_key=str(current_app.secret_key),
            expires_at=call.now + timedelta(days=days) if days else None,
            profile=at.settings.market,
            now=call.now,
        )
        return _page(call, made=made)

    @pages.post("/mturk-keys/<access_key>/revoke", endpoint="revoke_access_key")
    @at.for_requesters("admin")
    def revoke(call: RequesterCall, access_key: str) -> ResponseReturnValue:
        access.revoke(call.session, call.principal, access_key, now=call.now)
        return redirect(url_for("console.access_keys"), 303)


def _page(call: RequesterCall, *, made: tuple[AccessKey, str] | None = None) -> str:
    call.session.flush()
    return render_template(
        "console/access_keys.html",
        keys=access.of_requester(call.session, call.principal),
        endpoint=f"{request.host_url}mturk",
        made=made,
        now=call.now,
        most_days=MOST_DAYS,
    )


def _label() -> str:
    label = request.form.get("label", "").strip()
    if not 0 < len(label) <= LONGEST_LABEL:
        raise bad_input("label", f"must hold 1 to {LONGEST_LABEL} characters: what the key is for")
    return label


def _days() -> int:
    days = request.form.get("days", "").strip()
    if days and not (days.isascii() and days.isdigit() and 0 < int(days) <= MOST_DAYS):
        raise bad_input("days", f"must be a whole number between 1 and {MOST_DAYS}, or empty")
    return int(days or 0)
