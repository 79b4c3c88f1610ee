"""The same page for the frame of an MTurk endpoint: alone in its document, handed in as a plain form."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from crowd.channels import Page
from crowd.rendering import pages, sources

SUBMIT = "/mturk/externalSubmit"


def page(page: Page, *, hosts: Sequence[str], nonce: str = "") -> str:
    """Return a page as a whole HTML document that needs nothing else.

    Args:
        page: the questions, in the order they are asked.
        hosts: the origins that may get the answers; the first where the frame names none of them.
        nonce: what the response's policy lets scripts run by; empty where there is no response of ours.
    """
    return pages.document(
        page,
        nonce=nonce,
        scripts=("turk", "frame"),
        data={"host": "", "hosts": list(hosts)},
        turk={"action": f"{hosts[0].rstrip('/')}{SUBMIT}"},
        inline=lambda name: Markup(sources.squeezed(name)),  # noqa: S704 - a file of ours
    )
