"""What the browser is told to keep a question page from doing."""

from __future__ import annotations

# Without an origin of its own the document reaches neither our pages nor our cookies, framed or not.
_RULES = (
    "sandbox allow-scripts allow-forms; default-src 'none'; script-src 'nonce-{nonce}'; "
    "style-src 'unsafe-inline'; img-src https: data:; media-src https: data:; connect-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of a question page whose scripts carry this nonce."""
    return _RULES.format(nonce=nonce)
