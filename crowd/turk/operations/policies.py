"""Review policies on the wire: what they found and did."""

from __future__ import annotations

from collections.abc import Sequence

from crowd.models.market import PolicyResult
from crowd.services.market import hits, policies
from crowd.turk.call import Call, Given, Operation, Reply
from crowd.turk.paging import page
from crowd.turk.replies import moment

LISTS = {"result": "ReviewResults", "action": "ReviewActions"}


def list_results(call: Call, given: Given) -> Reply:
    """Return what the review policies of a HIT found and did, in the order in which it happened."""
    hit = hits.get(call.session, call.account, given["HITId"])
    levels = given.get("PolicyLevels") or list(policies.LEVELS)
    query = policies.findings(
        hit,
        levels,
        has_results=given.get("RetrieveResults", True),
        has_actions=given.get("RetrieveActions", True),
    )
    found = page(call, given, query, PolicyResult.id)
    carried = {"Assignment": hit.assignment_policy, "HIT": hit.hit_policy}
    told: Reply = {"HITId": hit.external_id}
    for level in levels:
        if carried[level]:
            told[f"{level}ReviewPolicy"] = carried[level]
            told[f"{level}ReviewReport"] = _report(level, found.rows)
    return told if found.token is None else {**told, "NextToken": found.token}


def _report(level: str, rows: Sequence[PolicyResult]) -> Reply:
    report: Reply = {name: [] for name in LISTS.values()}
    for row in rows:
        if row.policy == policies.LEVELS[level]:
            completed = {"CompleteTime": moment(row.created_at)} if row.kind == "action" else {}
            report[LISTS[row.kind]].append(row.detail | completed)
    return report


OPERATIONS = {"ListReviewPolicyResultsForHIT": Operation(list_results, is_reading=True)}
