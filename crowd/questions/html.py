"""HTML of a requester: read out of its envelope, put into one, pointed at this server when it is shown."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from crowd.questions.tree import SCHEMAS, Malformed, children, text, whole

NAMESPACE = f"{SCHEMAS}2011-11-11/HTMLQuestion.xsd"
ELEMENTS = re.compile(
    r"""<script\b[^>]*?\bsrc\s*=\s*["']?(?:https?:)?//assets\.crowd\.aws/crowd-html-elements[^"'\s>]*["']?[^>]*>""",
    re.IGNORECASE,
)
EXTERNAL_HIT = re.compile(
    r"(?:https?:)?//(?:s3\.amazonaws\.com/mturk-public|mturk-public\.s3\.amazonaws\.com)/externalHIT_v1\.js",
    re.IGNORECASE,
)
SUBMIT = re.compile(
    r"(?:https?:)?//(?:www|workersandbox|worker)\.mturk\.com/mturk/externalSubmit", re.IGNORECASE
)


def read(root: Element) -> tuple[str, int]:
    """Return the page and the height of an HTMLQuestion."""
    found = children(root, "HTMLContent FrameHeight")
    height = found["FrameHeight"][0]
    page = text(found["HTMLContent"][0])
    if not page.strip():
        raise Malformed("Element HTMLContent is empty")
    return page, whole(height, text(height)) or 0


def envelope(page: str, frame_height: int) -> str:
    """Return the HTMLQuestion that holds a page."""
    # A CDATA section ends at the first ]]>, so one in the page is shared out over two sections.
    inside = page.replace("]]>", "]]]]><![CDATA[>")
    return (
        f'<HTMLQuestion xmlns="{NAMESPACE}"><HTMLContent><![CDATA[{inside}]]></HTMLContent>'
        f"<FrameHeight>{frame_height}</FrameHeight></HTMLQuestion>"
    )


def localised(page: str, *, root: str, elements: str, external_hit: str) -> str:
    """Return a page whose forms and scripts point here instead of at hosts that are gone.

    Args:
        page: the page as its requester wrote it.
        root: the address that `/mturk/externalSubmit` follows.
        elements: the address of our Crowd HTML Elements, a JavaScript module.
        external_hit: the address of our `externalHIT_v1.js`.
    """
    page = ELEMENTS.sub(lambda _: f'<script type="module" src="{elements}">', page)
    page = EXTERNAL_HIT.sub(lambda _: external_hit, page)
    return SUBMIT.sub(lambda _: f"{root}/mturk/externalSubmit", page)
