"""The requester's workers: invited, described, written to, forgotten."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import bad_input
from crowd.models import Worker
from crowd.models.worker import RESTRICTIONS
from crowd.services import erasure, roster
from crowd.services.access import scope
from crowd.services.people import groups, guest_list, invitations, messages, pool, skills
from crowd.services.people.guest_list import Invited
from crowd.services.people.skills import Given
from crowd.tables.people import PersonRow, check_people, read_people
from crowd.tables.source import uploaded
from crowd.web.console.team import keep_out
from crowd.web.place import Place, RequesterCall

SHOWN = 500


def register(pages: Blueprint, at: Place) -> None:
    """Add the pages of the pool."""
    _add_pool(pages, at)
    _add_person(pages, at)
    _add_standing(pages, at)
    _add_erasure(pages, at)


def _add_pool(pages: Blueprint, at: Place) -> None:
    @pages.get("/workers", endpoint="workers")
    @at.for_requesters("read")
    def show(call: RequesterCall) -> str:
        return _pool(call)

    @pages.post("/workers", endpoint="invite")
    @at.for_requesters("write")
    def invite(call: RequesterCall) -> ResponseReturnValue:
        # Shown in the answer to the form itself: a link is readable this once.
        wanted = _wanted(at.settings.max_upload_bytes)
        invited = guest_list.invite_all(call.session, call.principal, wanted, now=call.now)
        return _pool(call, invited=invited)


def _add_person(pages: Blueprint, at: Place) -> None:
    @pages.get("/workers/<pseudonym>", endpoint="worker")
    @at.for_requesters("read")
    def show(call: RequesterCall, pseudonym: str) -> str:
        return _person(call, scope.worker(call.session, call.principal, pseudonym))

    @pages.post("/workers/<pseudonym>/message", endpoint="message")
    @at.for_requesters("write")
    def message(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        call.principal.require_all_projects()
        worker = scope.worker(call.session, call.principal, pseudonym)
        messages.mark_read(call.session, worker, reader="requester", now=call.now)
        messages.send(
            call.session,
            requester_id=call.principal.requester_id,
            worker=worker,
            sender="requester",
            text=request.form.get("text", ""),
            now=call.now,
        )
        return _back(pseudonym)

    @pages.post("/workers/<pseudonym>/skill", endpoint="skill")
    @at.for_requesters("write")
    def skill(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        worker = scope.worker(call.session, call.principal, pseudonym)
        given = Given(
            request.form.get("name", "").strip(), _share("value"), note=request.form.get("note", "")[:1000]
        )
        skills.give(call.session, call.principal, worker, given, now=call.now)
        return _back(pseudonym)

    @pages.post("/workers/<pseudonym>/groups", endpoint="regroup")
    @at.for_requesters("write")
    def regroup(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        worker = scope.worker(call.session, call.principal, pseudonym)
        change = groups.remove if request.form.get("do") == "leave" else groups.add
        name = request.form.get("group", "").strip()
        change(call.session, call.principal, name, [worker], now=call.now)
        return _back(pseudonym)


def _add_standing(pages: Blueprint, at: Place) -> None:
    @pages.post("/workers/<pseudonym>/restrict", endpoint="restrict")
    @at.for_requesters("write")
    def restrict(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        call.principal.require_all_projects()
        keep_out(call, scope.worker(call.session, call.principal, pseudonym), None)
        return _back(pseudonym)

    @pages.post("/workers/<pseudonym>/lift", endpoint="lift")
    @at.for_requesters("write")
    def lift(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        worker = scope.worker(call.session, call.principal, pseudonym)
        roster.lift(call.session, call.principal, worker, None, now=call.now)
        return _back(pseudonym)

    @pages.post("/workers/<pseudonym>/link", endpoint="link")
    @at.for_requesters("write")
    def link(call: RequesterCall, pseudonym: str) -> str:
        worker = scope.worker(call.session, call.principal, pseudonym)
        token = invitations.renew(call.session, call.principal, worker, now=call.now)
        return _person(call, worker, link=_link(token))


def _add_erasure(pages: Blueprint, at: Place) -> None:
    @pages.post("/workers/<pseudonym>/erase", endpoint="erase")
    @at.for_requesters("admin")
    def erase(call: RequesterCall, pseudonym: str) -> ResponseReturnValue:
        if request.form.get("confirm", "").strip() != pseudonym:
            raise bad_input("confirm", f"type {pseudonym} to erase who this is; nobody was erased")
        worker = scope.worker(call.session, call.principal, pseudonym)
        erasure.erase(call.session, call.principal, worker, now=call.now)
        return _back(pseudonym)


def _pool(call: RequesterCall, *, invited: list[Invited] | None = None) -> str:
    fresh = [(each, _link(each.token)) for each in invited or ()]
    return render_template(
        "console/workers.html",
        members=pool.members(call.session, call.principal, limit=SHOWN, now=call.now),
        groups=groups.sizes(call.session, call.principal),
        most=SHOWN,
        fresh=fresh,
    )


def _person(call: RequesterCall, worker: Worker, *, link: str = "") -> str:
    return render_template(
        "console/worker.html",
        member=pool.member(call.session, worker, now=call.now),
        skills=skills.current(call.session, worker, None, now=call.now),
        letters=messages.for_requester(call.session, call.principal, worker=worker, limit=50),
        notes=list(erasure.notes(call.session, worker)) if worker.erased_at else [],
        kinds=RESTRICTIONS,
        longest=messages.LONGEST,
        link=link,
    )


def _wanted(limit: int) -> list[PersonRow]:
    """Return whom the form names: one person, or a file of them."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return read_people(uploaded("people.csv", file.read(), limit=limit))
    name = request.form.get("name", "").strip()
    if not name:
        raise bad_input("name", "is needed, or a CSV file of names")
    row = PersonRow(name, tuple(request.form.get("groups", "").split()), "name")
    check_people([row], what="form")
    return [row]


def _share(name: str) -> float:
    try:
        return float(request.form.get(name, ""))
    except ValueError:
        raise bad_input(name, "must be a number from 0 to 1") from None


def _link(token: str) -> str:
    return f"{request.host_url}work/invitations/{token}"


def _back(pseudonym: str) -> ResponseReturnValue:
    return redirect(url_for("console.worker", pseudonym=pseudonym), 303)
