"""The operations of the fake endpoint, as far as a publisher needs them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.fakes.people import PEOPLE, Rule, listed
from tests.fakes.turk import DAY, Given, No, Paid, Task, Turk, no_status


def spend_token(turk: Turk, operation: str, given: Given) -> str | None:
    """Return what a token bought within the last day, if anything."""
    at, bought = turk.tokens.get((operation, given.get("UniqueRequestToken", "")), (-DAY, ""))
    return bought if bought and turk.now - at < DAY else None


def keep_token(turk: Turk, operation: str, given: Given, bought: str) -> None:
    if "UniqueRequestToken" in given:
        turk.tokens[operation, given["UniqueRequestToken"]] = turk.now, bought


def already(given: Given) -> No:
    token = given["UniqueRequestToken"]
    return No(f'The idempotency token "{token}" has already been processed.', "RequestError")


def create_hit_type(turk: Turk, given: Given) -> Given:
    wanted = {"AutoApprovalDelayInSeconds": 2_592_000} | given
    for type_id, known in turk.types.items():
        if known == wanted:
            return {"HITTypeId": type_id}
    type_id = turk.new("3T")
    turk.types[type_id] = wanted
    return {"HITTypeId": type_id}


def create_hit(turk: Turk, given: Given) -> Given:
    if (made := spend_token(turk, "CreateHIT", given)) is not None:
        raise No(f'The HIT with ID "{made}" already exists.', "HitAlreadyExists")
    if given["HITTypeId"] not in turk.types:
        raise No("HITType does not exist", "HITTypeDoesNotExist")
    count = given.get("MaxAssignments", 1)
    cents = turk.cents(turk.types[given["HITTypeId"]]["Reward"])
    if turk.balance - turk.promised() < count * (cents + turk.fee(cents, count)):
        text = "This Requester has insufficient funds in their account to complete this transaction."
        raise No(text, "InsufficientFunds")
    hit_id = turk.new("3H")
    turk.hits[hit_id] = {
        "id": hit_id,
        "type": given["HITTypeId"],
        "max": count,
        "created": turk.now,
        "expires": turk.now + given["LifetimeInSeconds"],
        "question": given["Question"],
        "annotation": given.get("RequesterAnnotation", ""),
    }
    keep_token(turk, "CreateHIT", given, hit_id)
    return {"HIT": shown(turk, turk.hits[hit_id])}


def shown(turk: Turk, hit: Given) -> Given:
    tasks = turk.live(hit["id"])
    return {
        "HITId": hit["id"],
        "HITTypeId": hit["type"],
        "CreationTime": hit["created"],
        "Expiration": hit["expires"],
        "HITStatus": turk.status(hit),
        "MaxAssignments": hit["max"],
        "Reward": turk.types[hit["type"]]["Reward"],
        "AssignmentDurationInSeconds": turk.types[hit["type"]]["AssignmentDurationInSeconds"],
        "RequesterAnnotation": hit["annotation"],
        "NumberOfAssignmentsPending": turk.pending(hit),
        "NumberOfAssignmentsAvailable": turk.available(hit),
        "NumberOfAssignmentsCompleted": sum(task.status in ("Approved", "Rejected") for task in tasks),
    }


def hit_of(turk: Turk, given: Given) -> Given:
    hit = turk.hits.get(given["HITId"])
    if hit is None or hit.get("deleted"):
        raise No(f"Hit {given['HITId']} does not exist", "HITDoesNotExist")
    return hit


def get_hit(turk: Turk, given: Given) -> Given:
    return {"HIT": shown(turk, hit_of(turk, given))}


def list_hits(turk: Turk, given: Given) -> Given:
    hits = sorted(turk.hits.values(), key=lambda hit: hit["created"], reverse=turk.newest_first)
    return listed(turk, given, [shown(turk, hit) for hit in hits if not hit.get("deleted")], "HITs")


def list_reviewable(turk: Turk, given: Given) -> Given:
    wanted = given.get("Status", "Reviewable")
    hits = [shown(turk, hit) for hit in turk.hits.values() if turk.status(hit) == wanted]
    return listed(turk, given, hits, "HITs")


def list_assignments(turk: Turk, given: Given) -> Given:
    hit_of(turk, given)
    wanted = given.get("AssignmentStatuses") or ["Submitted", "Approved", "Rejected"]

    def rows() -> list[Given]:
        done = [task for task in turk.live(given["HITId"]) if task.status in wanted]
        done.sort(key=lambda task: task.submitted, reverse=turk.newest_first)
        return [written(turk, task) for task in done]

    if given.get("NextToken"):
        turk.between_pages()
        hook, turk.between_pages = turk.between_pages, lambda: None
        reply = listed(turk, given, rows(), "Assignments")
        turk.between_pages = hook
        return reply
    return listed(turk, given, rows(), "Assignments")


def written(turk: Turk, task: Task) -> Given:
    delay = turk.types[turk.hits[task.hit]["type"]]["AutoApprovalDelayInSeconds"]
    decided = {"Approved": "ApprovalTime", "Rejected": "RejectionTime"}.get(task.status)
    return {
        "AssignmentId": task.id,
        "WorkerId": task.worker,
        "HITId": task.hit,
        "AssignmentStatus": task.status,
        "AcceptTime": task.accepted,
        "SubmitTime": task.submitted,
        "AutoApprovalTime": task.submitted + delay,
        "Deadline": task.deadline,
        "Answer": task.answer,
    } | ({decided: task.decided} if decided else {})


def submitted(turk: Turk, assignment_id: str) -> Task:
    found = [task for task in turk.tasks if task.id == assignment_id and task.status != "Accepted"]
    if not found:
        raise no_status("Assignment", "Reviewable", "Approved", "Rejected")
    return found[-1]


def get_assignment(turk: Turk, given: Given) -> Given:
    task = submitted(turk, given["AssignmentId"])
    return {"Assignment": written(turk, task), "HIT": shown(turk, turk.hits[task.hit])}


def approve(turk: Turk, given: Given) -> Given:
    task = submitted(turk, given["AssignmentId"])
    is_overridden = given.get("OverrideRejection") and task.status == "Rejected"
    if is_overridden and turk.now - task.submitted > 30 * DAY:
        raise No("The assignment is too old to be approved", "InvalidAssignmentState")
    if task.status != "Submitted" and not is_overridden:
        raise no_status("Assignment", "Submitted")
    turk.approve(task)
    return {}


def reject(turk: Turk, given: Given) -> Given:
    task = submitted(turk, given["AssignmentId"])
    if not given.get("RequesterFeedback"):
        raise No("RequesterFeedback is required", "ParameterValidation", "ParameterValidationError")
    if task.status != "Submitted":
        raise no_status("Assignment", "Submitted")
    task.status, task.decided, task.feedback = "Rejected", turk.now, given["RequesterFeedback"]
    return {}


def send_bonus(turk: Turk, given: Given) -> Given:
    if spend_token(turk, "SendBonus", given) is not None:
        raise already(given)
    task = submitted(turk, given["AssignmentId"])
    if task.worker != given["WorkerId"]:
        raise No("The worker has not worked on this assignment", "AssignmentDoesNotExist")
    cents = turk.cents(given["BonusAmount"])
    fee = max(1, (cents * 20 + 50) // 100) if turk.has_fees else 0
    turk.pay(Paid("bonus", task.worker, task.id, cents, fee, given["Reason"], turk.now))
    keep_token(turk, "SendBonus", given, task.id)
    return {}


def list_bonuses(turk: Turk, given: Given) -> Given:
    wanted = given.get("AssignmentId")
    ids = {task.id for task in turk.tasks if task.hit == given.get("HITId")} if wanted is None else {wanted}
    rows = [
        {
            "WorkerId": paid.worker,
            "BonusAmount": f"{paid.cents // 100}.{paid.cents % 100:02}",
            "AssignmentId": paid.assignment,
            "Reason": paid.reason,
            "GrantTime": paid.at,
        }
        for paid in turk.paid
        if paid.kind == "bonus" and paid.assignment in ids
    ]
    return listed(turk, given, rows, "BonusPayments")


def moment(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else datetime.fromisoformat(value).timestamp()


def expire(turk: Turk, given: Given) -> Given:
    hit, at = hit_of(turk, given), moment(given["ExpireAt"])
    if hit.get("expired_by") == at:
        raise already({"UniqueRequestToken": f"{hit['id']}{at}"})
    hit["expired_by"] = at
    hit["expires"] = max(at, turk.now) if at > turk.now else min(hit["expires"], turk.now)
    return {}


def extend(turk: Turk, given: Given) -> Given:
    if spend_token(turk, "Extend", given) is not None:
        raise already(given)
    hit = hit_of(turk, given)
    if hit["max"] < 10 <= hit["max"] + given["NumberOfAdditionalAssignments"]:
        raise No("from fewer than 10 to 10 or more", "InvalidMaximumAssignmentsIncrease")
    hit["max"] += given["NumberOfAdditionalAssignments"]
    keep_token(turk, "Extend", given, hit["id"])
    return {}


def delete(turk: Turk, given: Given) -> Given:
    hit = hit_of(turk, given)
    undecided = any(task.status == "Submitted" for task in turk.live(hit["id"]))
    if turk.status(hit) not in ("Reviewable", "Reviewing") or undecided:
        raise no_status("HIT", "Reviewing", "Reviewable")
    hit["deleted"] = True
    return {}


def get_balance(turk: Turk, given: Given) -> Given:
    return {"AvailableBalance": f"{(turk.balance - turk.promised()) / 100:.2f}"}


RULES: dict[str, Rule] = {
    "CreateHITType": create_hit_type,
    "CreateHITWithHITType": create_hit,
    "GetHIT": get_hit,
    "ListHITs": list_hits,
    "ListReviewableHITs": list_reviewable,
    "ListAssignmentsForHIT": list_assignments,
    "GetAssignment": get_assignment,
    "ApproveAssignment": approve,
    "RejectAssignment": reject,
    "SendBonus": send_bonus,
    "ListBonusPayments": list_bonuses,
    "UpdateExpirationForHIT": expire,
    "CreateAdditionalAssignmentsForHIT": extend,
    "DeleteHIT": delete,
    **PEOPLE,
    "GetAccountBalance": get_balance,
}
