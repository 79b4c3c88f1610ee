"""The two calls that come all day, answered without schema and session wherever they are quite ordinary.

Each function returns None for what it does not know for certain to be right: then the view goes the general
way, which decides it and words the answer. So there is one wording of every error, and one of every rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from flask import Response, jsonify, request
from werkzeug.exceptions import BadRequest

from crowd import visitors
from crowd.api.access import WORKERS_BODY
from crowd.api.bodies import parse_json
from crowd.api.edge import edge
from crowd.channels import Page
from crowd.services import collect, pack
from crowd.services.access import attempts, keys
from crowd.services.page import express
from crowd.services.page.look import Caller, Card
from workers.money import dollars

MOST_QUESTIONS = 100
MOST_SECONDS = 10**7
NAME_LENGTH, NOTE_LENGTH = 10, 2000
SUBMISSION = frozenset({"answers", "skips", "notes", "seconds", "times"})


def claim(project: int) -> Response | None:
    """Answer the claim of a new page."""
    card, body, at = _card(), _body(), edge()
    ahead = None if body is None else body.pop("ahead", False)
    if card is None or body or not isinstance(ahead, bool):
        return None
    now = at.clock()
    taken = at.database.express(lambda line: express.claim(line, card, project, ahead=ahead, now=now))
    if taken is None:
        return None
    _bind(taken.caller)
    labels, told = taken.terms.label_set, taken.terms.told
    page = pack.page(taken.project, labels, told, (), token=taken.token, lease_until=taken.lease_until)
    return written(page, taken.payloads, taken.project.lease_seconds)


def submit(token: str) -> Response | None:
    """Answer the first submission of a page without skips."""
    card, body, at = _card(), _body(), edge()
    sent = None if body is None else _submission(body)
    if card is None or sent is None:
        return None
    now, limit = at.clock(), attempts.submissions(at.settings.submits_per_minute)
    found = at.database.express(lambda line: collect.express(line, card, token, limit=limit, now=now, **sent))
    if found is None:
        return None
    caller, receipt = found
    _bind(caller)
    return jsonify(
        token=receipt.token,
        answers=receipt.answers,
        skipped=receipt.skipped,
        amount=dollars(receipt.amount_micros),
        submitted_at=receipt.submitted_at.isoformat(),
        lessons=[],
    )


def written(page: Page, payloads: Iterable[str], lease_seconds: int) -> Response:
    """Return a page as `ClaimedPage` describes it, whose own dump takes longer than the claim.

    Field by field: a question's key stays here. Payloads are JSON as `json.dumps` writes it by itself.
    """
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
    questions = ",".join(
        f'{{"name":"q{number}","payload":{payload}}}' for number, payload in enumerate(payloads, start=1)
    )
    text = f'{json.dumps(about, ensure_ascii=False)[:-1]},"questions":[{questions}]}}\n'
    return Response(text, content_type="application/json")


def _card() -> Card | None:
    """Return what the worker comes with, where it is in good form."""
    sent = request.environ.get("HTTP_AUTHORIZATION")
    if sent is None:
        return _cookie()
    kind, _, text = sent.partition(" ")
    prefix, _, pair = text.partition("_")
    public_id, _, secret = pair.partition("_")
    if (kind, prefix) != ("Bearer", keys.WORKER_PREFIX) or not _is_plain(text):
        return None
    return Card("token", public_id, secret)


def _cookie() -> Card | None:
    sent = visitors.cookie()
    if sent is None or not _is_plain(sent):
        return None
    public_id, _, secret = sent.partition(".")
    return Card("session", public_id, secret) if visitors.is_from_our_page(secret) else None


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _body() -> dict[str, Any] | None:
    request.max_content_length = WORKERS_BODY
    sent = request.get_data()
    if request.query_string or not (request.is_json or not sent):
        return None
    try:
        body = parse_json(sent) if sent else {}
    except BadRequest:
        return None
    return body if isinstance(body, dict) else None


def _submission(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what `NewSubmission` would load, where it certainly would and nothing is skipped."""
    sent = {"notes": {}, "times": {}, "seconds": None, "skips": {}, **body}
    if sent.keys() != SUBMISSION or sent.pop("skips") != {}:
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
