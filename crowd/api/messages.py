"""Messages between requester and workers, as the requester sees them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.services.access import scope
from crowd.services.people import messages

blueprint = Blueprint("messages", "What requesters and workers write to each other.")


class InboxQuery(PageQuery):
    """Which messages."""

    unread = fields.Boolean(
        load_default=False, metadata=about("Only what workers wrote and nobody has read.")
    )


class NewMessage(Schema):
    """A message to a worker."""

    text = text(messages.LONGEST, shortest=1, required=True)
    project = fields.String(load_default=None, allow_none=True, metadata=about("What it is about."))


class MessageSchema(Schema):
    """A message, with the worker it is from or to."""

    id = fields.Integer()
    worker = fields.String()
    sender = fields.String()
    text = fields.String()
    project = fields.String(allow_none=True)
    created_at = fields.DateTime()
    read_at = fields.DateTime(allow_none=True)


class MessagePage(PageSchema):
    """A page of messages."""

    messages = fields.List(fields.Nested(MessageSchema))


class SeenSchema(Schema):
    """How many messages were new."""

    read = fields.Integer()


@blueprint.on("GET", "/messages")
@blueprint.takes_query(InboxQuery)
@requires("read")
@blueprint.gives(200, MessagePage)
def list_messages(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List messages from and to all workers, newest first."""
    return _page(at, query, unread=query["unread"])


@blueprint.on("GET", "/workers/<worker>/messages")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, MessagePage)
def list_worker_messages(at: Visit, query: dict[str, Any], worker: str) -> dict[str, Any]:
    """List messages from and to one worker, newest first."""
    return _page(at, query, worker=scope.worker(at.session, at.principal, worker))


@blueprint.on("POST", "/workers/<worker>/messages")
@blueprint.takes(NewMessage)
@requires("write")
@blueprint.gives(201, MessageSchema)
def send_message(at: Visit, body: dict[str, Any], worker: str) -> messages.Letter:
    """Write to a worker."""
    person, slug = scope.worker(at.session, at.principal, worker), body["project"]
    if slug is None:
        at.principal.require_all_projects()
    sent = messages.send(
        at.session,
        requester_id=at.principal.requester_id,
        worker=person,
        sender="requester",
        text=body["text"],
        project=scope.project(at.session, at.principal, slug) if slug else None,
        now=at.now,
    )
    return messages.Letter(sent.id, person.pseudonym, sent.sender, sent.text, slug, sent.created_at, None)


@blueprint.on("POST", "/workers/<worker>/messages/read")
@requires("write")
@blueprint.gives(200, SeenSchema)
def mark_messages_read(at: Visit, worker: str) -> dict[str, int]:
    """Note that what a worker wrote was read."""
    person = scope.worker(at.session, at.principal, worker)
    seen = messages.mark_read(
        at.session, person, reader="requester", project=at.principal.project_id, now=at.now
    )
    return {"read": seen}


def _page(at: Visit, query: dict[str, Any], **which: Any) -> dict[str, Any]:  # noqa: ANN401
    before = number(query["after"])
    rows = messages.for_requester(at.session, at.principal, before=before, limit=query["limit"] + 1, **which)
    return page("messages", rows, query["limit"], lambda letter: letter.id)
