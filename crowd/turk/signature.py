"""AWS Signature Version 4: that a request comes from who holds the secret, now, and unchanged."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from crowd.services.market.refusals import Refused

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "mturk-requester"
SKEW = timedelta(minutes=15)
# Without these among the signed headers, a signature could be used for another call.
SIGNED = frozenset({"host", "x-amz-date", "x-amz-target"})
CREDENTIAL = re.compile(r"([A-Za-z0-9_-]{1,128})/(\d{8})/([a-z0-9-]{1,64})/([a-z-]+)/aws4_request")
STAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


class Headers(Protocol):
    """What was sent, by names in any case."""

    def get(self, name: str, /) -> str | None:
        """Return the value of a header."""


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request is signed."""

    path: str
    query: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What an Authorization header says."""

    access_key_id: str
    date: str
    region: str
    signed: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """What the signing key is good for."""
        return f"{self.date}/{self.region}/{SERVICE}/aws4_request"


def verify(request: Request, secret_of: Callable[[str], str], *, now: datetime) -> str:
    """Return the id of the key that signed a request; raise unless its signature is right and fresh."""
    claim = _claim(request.headers.get("Authorization") or "")
    stamp = _stamp(request, claim, now)
    digest = hashlib.sha256(_canonical(request, claim).encode()).hexdigest()
    signed = "\n".join((ALGORITHM, stamp, claim.scope, digest))
    key = _signing_key(secret_of(claim.access_key_id), claim.date, claim.region)
    if not hmac.compare_digest(_mac(key, signed).hex().encode(), claim.signature.encode()):
        raise Refused(
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method.",
            kind="InvalidSignatureException",
        )
    return claim.access_key_id


def _claim(header: str) -> Claim:
    if not header:
        raise Refused("Missing Authentication Token", kind="MissingAuthenticationTokenException")
    algorithm, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    credential = CREDENTIAL.fullmatch(parts.get("Credential", ""))
    if algorithm != ALGORITHM or credential is None:
        raise _incomplete(f"Authorization must be {ALGORITHM} with Credential, SignedHeaders and Signature.")
    key_id, date, region, service = credential.groups()
    if service != SERVICE:
        raise _incomplete(f"Credential should be scoped to the service {SERVICE!r}, not {service!r}.")
    signed = tuple(parts.get("SignedHeaders", "").split(";"))
    if not SIGNED.issubset(signed) or list(signed) != sorted(set(signed)):
        raise _incomplete(f"SignedHeaders must be in order, with {', '.join(sorted(SIGNED))} among them.")
    return Claim(key_id, date, region, signed, parts.get("Signature", ""))


def _stamp(request: Request, claim: Claim, now: datetime) -> str:
    stamp = request.headers.get("X-Amz-Date") or ""
    if not STAMP.fullmatch(stamp) or not stamp.startswith(claim.date):
        raise _incomplete("X-Amz-Date must be like 20260101T000000Z, on the day of the Credential.")
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete("X-Amz-Date is no moment that a calendar has.") from None
    if abs(now - signed_at) > SKEW:
        raise Refused(
            f"Signature expired: {stamp} is not within 15 minutes of {now:%Y%m%dT%H%M%SZ}, by our clock.",
            kind="InvalidSignatureException",
        )
    return stamp


def _canonical(request: Request, claim: Claim) -> str:
    headers = []
    for name in claim.signed:
        value = request.headers.get(name)
        if value is None:
            raise _incomplete(f"The header {name!r} is signed but was not sent.")
        headers.append(f"{name}:{' '.join(value.split())}\n")
    return "\n".join(
        (
            "POST",
            quote(request.path, safe="/-_.~"),
            request.query,
            "".join(headers),
            ";".join(claim.signed),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


@lru_cache(maxsize=256)
def _signing_key(secret: str, date: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, SERVICE, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)


def _incomplete(message: str) -> Refused:
    return Refused(message, kind="IncompleteSignatureException")
