"""The two calls that come all day, answered before Flask is asked wherever they are quite ordinary.

Each function returns None for what it does not know for certain to be right: then the view goes the general
way, which decides it and words the answer. So there is one wording of every error, and one of every rule.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from werkzeug import Request
from werkzeug.exceptions import BadRequest

from crowd import visitors
from crowd.api.access import WORKERS_BODY
from crowd.api.bodies import parse_json
from crowd.api.edge import Edge
from crowd.channels import Page
from crowd.db import Database, Line
from crowd.services import collect, following, pack
from crowd.services.access import attempts, keys
from crowd.services.collect import Receipt, Sent
from crowd.services.page import express, hold, terms
from crowd.services.page.express import Taken
from crowd.services.page.look import Caller, Card
from workers.money import dollars

MOST_QUESTIONS = 100
MOST_SECONDS = 10**7
NAME_LENGTH, NOTE_LENGTH = 10, 2000
SUBMISSION = frozenset({"answers", "skips", "notes", "seconds", "times", "next"})
JSON_TYPE = "application/json"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Route:
    """A path that is answered before Flask is asked, with the names Flask has for it."""

    path: re.Pattern[str]
    rule: str
    endpoint: str
    answer: Callable[[Request, str], str | None]  # from what the path holds; the JSON of a 200, or None


def routes(edge: Edge) -> Sequence[Route]:
    """Return the two calls of one application."""
    return (
        Route(
            re.compile(r"/api/v1/work/projects/([1-9][0-9]{0,17})/claim"),
            "/api/v1/work/projects/<id:project>/claim",
            "labeling.claim_page",
            partial(claim, edge),
        ),
        Route(
            re.compile(r"/api/v1/work/pages/([A-Za-z0-9_-]+)/submit"),
            "/api/v1/work/pages/<token>/submit",
            "labeling.submit_page",
            partial(submit, edge),
        ),
    )


def claim(at: Edge, sent: Request, project: str) -> str | None:
    """Answer the claim of a new page."""
    card, body = _card(sent), _body(sent)
    ahead = None if body is None else body.pop("ahead", False)
    if card is None or body or not isinstance(ahead, bool):
        return None
    now = at.clock()
    taken = _on_line(at.database, lambda line: express.claim(line, card, int(project), ahead=ahead, now=now))
    if taken is None:
        return None
    _bind(taken.caller)
    return _taken(taken)


def submit(at: Edge, sent: Request, token: str) -> str | None:
    """Answer the first submission of a page without skips, with the next page where that is wanted."""
    card, body = _card(sent), _body(sent)
    said = None if body is None else _submission(body)
    if card is None or said is None:
        return None
    wants_next = said.pop("next")
    page, now, limit = Sent(**said), at.clock(), attempts.submissions(at.settings.submits_per_minute)
    if not wants_next:
        found = _on_line(
            at.database, lambda line: collect.express(line, card, token, page, limit=limit, now=now)
        )
        if found is None:
            return None
        _bind(found[0])
        return f"{_compact(_told(found[1]))}\n"
    both = _on_line(
        at.database, lambda line: following.express(line, card, token, page, limit=limit, now=now)
    )
    if both is None:
        return None
    _bind(both[0])
    return with_next(_told(both[1]), None if both[2] is None else _taken(both[2]))


def with_next(told: Mapping[str, Any], page: str | None) -> str:
    """Return a receipt and, as `text` wrote it, the page that was claimed with it."""
    return f'{_compact(told)[:-1]},"next":{(page or "null").strip()}}}\n'


def _told(receipt: Receipt) -> dict[str, Any]:
    return {
        "token": receipt.token,
        "answers": receipt.answers,
        "skipped": receipt.skipped,
        "amount": dollars(receipt.amount_micros),
        "submitted_at": receipt.submitted_at.isoformat(),
        "lessons": [],
    }


def _compact(told: Mapping[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _taken(taken: Taken) -> str:
    labels, told = taken.terms.label_set, taken.terms.told
    page = pack.page(taken.project, labels, told, (), token=taken.token, lease_until=taken.held.until)
    return _text(page, taken.held.questions, taken.project.lease_seconds)


def text(page: Page, lease_seconds: int) -> str:
    """Return a page as `ClaimedPage` describes it, whose own dump takes longer than the claim."""
    payloads = (json.dumps(question.payload) for question in page.questions)
    return _text(page, hold.worded(payloads), lease_seconds)


def _text(page: Page, questions: str, lease_seconds: int) -> str:
    # Field by field: a question's key stays here.
    about = {
        "token": page.token,
        "kind": page.kind,
        "title": page.title,
        "instructions": page.instructions,
        "task_type": page.task_type,
        "options": page.options,
        "labels": page.labels,
        "details": page.details,
        "lease_until": None if page.lease_until is None else page.lease_until.isoformat(),
        "lease_seconds": lease_seconds,
    }
    return f'{json.dumps(about, ensure_ascii=False)[:-1]},"questions":[{questions}]}}\n'


def _on_line(database: Database, work: Callable[[Line], Found | None]) -> Found | None:
    try:
        return database.express(work)
    except terms.Unread as unread:
        terms.learn(database, unread)
    try:
        return database.express(work)
    except terms.Unread:  # it has just been changed
        return None


def _card(sent: Request) -> Card | None:
    """Return what the worker comes with, where it is in good form."""
    shown = sent.environ.get("HTTP_AUTHORIZATION")
    if shown is None:
        return _cookie(sent)
    kind, _, text = shown.partition(" ")
    prefix, _, pair = text.partition("_")
    public_id, _, secret = pair.partition("_")
    if (kind, prefix) != ("Bearer", keys.WORKER_PREFIX) or not _is_plain(text):
        return None
    return Card("token", public_id, secret)


def _cookie(sent: Request) -> Card | None:
    shown = visitors.cookie(sent)
    if shown is None or not _is_plain(shown):
        return None
    public_id, _, secret = shown.partition(".")
    return Card("session", public_id, secret) if visitors.is_from_our_page(secret, sent) else None


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _body(sent: Request) -> dict[str, Any] | None:
    """Return the object a short body is, and leave the body as it was for whoever reads it next."""
    length = sent.environ.get("CONTENT_LENGTH") or "0"
    is_short = length.isdecimal() and int(length) <= WORKERS_BODY
    if not is_short or sent.query_string or "HTTP_TRANSFER_ENCODING" in sent.environ:
        return None
    content = sent.environ["wsgi.input"].read(int(length))
    sent.environ["wsgi.input"] = io.BytesIO(content)
    if len(content) != int(length) or not (sent.is_json or not content):
        return None
    try:
        body = parse_json(content) if content else {}
    except BadRequest:
        return None
    return body if isinstance(body, dict) else None


def _submission(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what `NewSubmission` would load, where it certainly would and nothing is skipped."""
    sent = {"notes": {}, "times": {}, "seconds": None, "skips": {}, "next": False, **body}
    if sent.keys() != SUBMISSION or sent["skips"] != {} or not isinstance(sent["next"], bool):
        return None
    answers, notes, times = sent["answers"], sent["notes"], sent["times"]
    is_right = (
        _by_question(answers, lambda value: value is not None)
        and _by_question(notes, lambda value: isinstance(value, str) and len(value) <= NOTE_LENGTH)
        and _by_question(times, _is_time)
        and (sent["seconds"] is None or _is_time(sent["seconds"]))
    )
    return sent if is_right else None


def _by_question(values: object, is_right: Callable[[Any], bool]) -> bool:
    if not isinstance(values, dict) or len(values) > MOST_QUESTIONS:
        return False
    return all(len(name) <= NAME_LENGTH and is_right(value) for name, value in values.items())


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_SECONDS


def _bind(caller: Caller) -> None:
    structlog.contextvars.bind_contextvars(actor=f"worker:{caller.pseudonym}")
