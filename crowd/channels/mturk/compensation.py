"""The page of a HIT that pays one worker for work that could not be handed in: a button, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Compensation</title></head><body>
<p>{reason}</p>
<form id="page" method="post" action="{action}"><input type="hidden" name="assignmentId">
<input type="hidden" name="crowd" value='{{"answers": {{}}}}'>
<button disabled>Submit to be paid</button></form>
<script>
"use strict";
const hosts = {hosts};
const query = new URLSearchParams(location.search);
const assignment = query.get("assignmentId") || "";
const form = document.getElementById("page");
try {{
  const given = new URL(query.get("turkSubmitTo"));
  if (hosts.includes(given.origin))
    form.action = given.origin + given.pathname.replace(/\\/+$/, "") + "/mturk/externalSubmit";
}} catch {{}}
form.elements.assignmentId.value = assignment;
form.querySelector("button").disabled = !assignment || assignment === "ASSIGNMENT_ID_NOT_AVAILABLE";
</script></body></html>
"""


def page(reason: str, hosts: Sequence[str]) -> str:
    """Return the page whole; `hosts` are the origins that may get the form, the first by default."""
    listed = json.dumps(list(hosts)).replace("<", "\\u003c")
    action = escape(f"{hosts[0].rstrip('/')}/mturk/externalSubmit")
    return PAGE.format(reason=escape(reason), action=action, hosts=listed)
