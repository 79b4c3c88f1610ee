"""`Idempotency-Key`: a request that is repeated gets the reply it got the first time."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd import visitors
from crowd.errors import bad_input
from crowd.models import IdempotencyRecord
from crowd.services import locks
from crowd.services.access.keys import Principal

HEADER = "Idempotency-Key"
LONGEST = 255


def once(session: Session, principal: Principal, work: Callable[[], Response], *, now: datetime) -> Response:
    """Do the work of a POST unless its key has been seen; the reply is stored in the same transaction."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return work()
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise bad_input(HEADER, f"must be 1 to {LONGEST} printable ASCII characters")
    # The second of two simultaneous requests waits here, then finds the reply of the first.
    locks.name(session, f"reply:{principal.key_id}:{key}")
    query = select(IdempotencyRecord).where(
        IdempotencyRecord.api_key_id == principal.key_id, IdempotencyRecord.key == key
    )
    stored = session.scalars(query).first()
    if stored is not None:
        return _again(stored)
    response = work()
    session.add(
        IdempotencyRecord(
            api_key_id=principal.key_id,
            key=key,
            route=_route(),
            body_digest=_body_digest(),
            status=response.status_code,
            body={"sealed": base64.b64encode(_masked(response.get_data(), key)).decode()},
            created_at=now,
        )
    )
    return response


def _again(stored: IdempotencyRecord) -> Response:
    if (stored.route, stored.body_digest) != (_route(), _body_digest()):
        raise bad_input(HEADER, "was used before for another request; take a new key")
    body = _masked(base64.b64decode(stored.body["sealed"]), stored.key)
    response = Response(body, status=stored.status, content_type="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _masked(body: bytes, key: str) -> bytes:
    # A reply may hold an API key or a worker's token, which are kept nowhere in clear. So it is masked
    # with a pad that only the caller's own key yields; a pad serves one row, because (key, caller) is unique.
    pad = hashlib.shake_256(f"{_token()}\n{key}".encode()).digest(len(body))
    return bytes(byte ^ mask for byte, mask in zip(body, pad, strict=True))


def _route() -> str:
    return f"{request.method} {request.full_path}"


def _body_digest() -> str:
    # A session's cookie counts in: what was masked with one cannot be read with another.
    cookie = "" if request.authorization else _token()
    return hashlib.sha256(request.get_data() + cookie.encode()).hexdigest()


def _token() -> str:
    return (request.authorization.token if request.authorization else visitors.cookie()) or ""
