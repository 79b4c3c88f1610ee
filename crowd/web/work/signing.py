"""How workers come in and go: name and password, invitation, a requester's token, and the account."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crowd import visitors
from crowd.errors import bad_input
from crowd.services.access import keys, sessions
from crowd.services.access.sessions import Visitor
from crowd.services.people import accounts, invitations
from crowd.services.people.door import known_name
from crowd.web.place import Call, Place, WorkerCall
from crowd.web.work.forms import address, door, filled, let_in, next_path


def register(pages: Blueprint, at: Place) -> None:
    """Add the pages by which workers come in and go."""
    _add_signing_in(pages, at)
    _add_signing_out(pages, at)
    _add_invitations(pages, at)
    _add_tokens(pages, at)
    _add_account(pages, at)


def _add_signing_in(pages: Blueprint, at: Place) -> None:
    shown = {"oidc": at.settings.oidc_issuer}

    @pages.get("/signin", endpoint="signin")
    @at.for_anyone
    def show_sign_in(call: Call) -> ResponseReturnValue:
        if call.visitor is not None and call.visitor.worker is not None:
            return redirect(next_path(), 303)
        return render_template("work/signin.html", next=next_path(), **shown)

    @pages.post("/signin")
    @at.apart
    def sign_in(_visitor: Visitor | None) -> ResponseReturnValue:
        login, path = request.form.get("login", ""), next_path()

        def send() -> ResponseReturnValue:
            password, leaving = request.form.get("password", ""), visitors.cookie()
            return let_in(door(at).sign_in(login, password, address=address(), leaving=leaving), path)

        return filled("work/signin.html", send, login=login, next=path, **shown)


def _add_signing_out(pages: Blueprint, at: Place) -> None:
    @pages.post("/signout")
    @at.for_anyone
    def sign_out(call: Call) -> ResponseReturnValue:
        cookie = visitors.cookie()
        if cookie is not None:
            sessions.close(call.session, cookie, now=call.now)
        return _left()

    @pages.post("/signout-everywhere")
    @at.for_workers
    def sign_out_everywhere(call: WorkerCall) -> ResponseReturnValue:
        sessions.close_all(call.session, call.worker, now=call.now)
        return _left()


def _add_invitations(pages: Blueprint, at: Place) -> None:
    def facts(call: Call, token: str) -> dict[str, object]:
        _, invited = invitations.find(call.session, token, now=call.now)
        known = known_name(call.session, invited)
        return {"invited": invited.name, "known": known, "token": token, "oidc": at.settings.oidc_issuer}

    @pages.get("/invitations/<token>")
    @at.for_anyone
    def show_invitation(call: Call, token: str) -> str:
        return render_template("work/invitation.html", **facts(call, token))

    @pages.post("/invitations/<token>")
    @at.apart
    def join(visitor: Visitor | None, token: str) -> ResponseReturnValue:
        with at.database.read() as session:
            shown = facts(Call(session, at.clock(), visitor), token)
        login = request.form.get("login", "")

        def send() -> ResponseReturnValue:
            return let_in(door(at).join(token, login, _chosen(), leaving=visitors.cookie()))

        return filled("work/invitation.html", send, login=login, **shown)


def _add_tokens(pages: Blueprint, at: Place) -> None:
    @pages.get("/enter/<token>")
    @at.for_anyone
    def show_token(call: Call, token: str) -> str:
        worker = keys.authenticate_worker(call.session, token)
        return render_template("work/token.html", invited=worker.name)

    @pages.post("/enter/<token>")
    @at.apart
    def enter(_visitor: Visitor | None, token: str) -> ResponseReturnValue:
        return let_in(door(at).enter(token, leaving=visitors.cookie()))


def _add_account(pages: Blueprint, at: Place) -> None:
    def facts(call: WorkerCall) -> dict[str, object]:
        account = accounts.of_worker(call.session, call.worker)
        return {
            "login": known_name(call.session, call.worker),
            "has_password": account is not None and account.password_digest is not None,
            "is_linked": account is not None and account.subject is not None,
            "oidc": at.settings.oidc_issuer,
            "open": sessions.count_open(call.session, call.worker, now=call.now),
            "changed": "changed" in request.args,
        }

    @pages.get("/account", endpoint="account")
    @at.for_workers
    def show_account(call: WorkerCall) -> str:
        return render_template("work/account.html", **facts(call))

    @pages.post("/account")
    @at.apart
    def change_password(visitor: Visitor | None) -> ResponseReturnValue:
        cookie = visitors.cookie()
        if visitor is None or visitor.worker is None or cookie is None:
            return redirect("/work/signin", 303)
        with at.database.read() as session:
            shown = facts(WorkerCall(session, at.clock(), visitor, visitor.worker))

        def send() -> ResponseReturnValue:
            door(at).change_password(cookie, request.form.get("old", ""), _chosen(), address=address())
            return redirect("/work/account?changed", 303)

        return filled("work/account.html", send, **shown)


def _chosen() -> str:
    """Return the new password of a form, typed twice alike."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise bad_input("again", "is not the same as the new password")
    return password


def _left() -> ResponseReturnValue:
    response = make_response(redirect("/work/signin", 303))
    visitors.clear_cookie(response)
    return response
