"""Layouts: a page with `${names}` that each HIT fills in with values of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crowd.questions.html import envelope
from crowd.questions.tree import Malformed

NAME = re.compile(r"\$\{\s*([^{}$]*?)\s*\}")
OWN_FORM = re.compile(r"<(?:form|crowd-form)[\s>]", re.IGNORECASE)
BODY = re.compile(r"(<body[^>]*>)(.*)(</body>)", re.IGNORECASE | re.DOTALL)
# No XML document can hold these, and no text means them.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What the requester site put around a page that brought fields and no form.
BEFORE = (
    '<form name="mturk_form" method="post" id="mturk_form" '
    'action="https://www.mturk.com/mturk/externalSubmit">'
    '<input type="hidden" value="" name="assignmentId" id="assignmentId">'
)
AFTER = (
    '<p><input type="submit" id="submitButton" value="Submit"></p></form>'
    '<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script>'
    "<script>turkSetAssignmentID();</script>"
)


def names(page: str) -> list[str]:
    """Return the names that a page wants filled in, each once, in their order."""
    return list(dict.fromkeys(NAME.findall(page)))


def fill(page: str, parameters: Mapping[str, str], *, frame_height: int = 0) -> str:
    """Return the HTMLQuestion of a layout with these parameters.

    Values go into the page as they are, as they always did: one may bring markup of its own, and a bare
    `&` is what browsers make of it. The envelope is XML whatever the page holds.

    Raises:
        Malformed: a name has no value, or a value cannot be part of XML.
    """
    if missing := [name for name in names(page) if name not in parameters]:
        raise Malformed(f"The layout's names {', '.join(missing)} have no HITLayoutParameters")
    if broken := [name for name, value in parameters.items() if CONTROL.search(value)]:
        raise Malformed(f"HITLayoutParameter {broken[0]} holds a control character")
    # In one pass: a value that looks like a name is left as it is.
    filled = NAME.sub(lambda found: parameters[found[1]], page)
    return envelope(with_form(filled), frame_height)


def with_form(page: str) -> str:
    """Return a page that can be handed in: one without a form gets the usual one around it."""
    if OWN_FORM.search(page):
        return page
    if BODY.search(page):
        return BODY.sub(lambda found: f"{found[1]}{BEFORE}{found[2]}{AFTER}{found[3]}", page, count=1)
    return f"{BEFORE}{page}{AFTER}"
