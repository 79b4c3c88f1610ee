"""Secrets that are handed out once: made, kept as digests, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_pair() -> tuple[str, str]:
    """Return a public id to look a row up by, and a secret of 256 bits."""
    return secrets.token_hex(6), secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    # A plain hash is enough for 128 random bits and more; a slow one would only slow down every request.
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(stored: str | None, secret: str) -> bool:
    """Tell whether a secret is the one stored."""
    # Compared even when nothing is stored, so that an unknown id takes as long as a wrong secret.
    return hmac.compare_digest(stored or "", digest(secret))
