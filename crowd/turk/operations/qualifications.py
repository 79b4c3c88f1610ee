"""Qualification types on the wire, who has them, and who asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from crowd.models.market import Qualification, QualificationType
from crowd.services.market import account as accounts
from crowd.services.market import letters, limits, qualifications, scores
from crowd.services.market.qualifications import Terms, Test
from crowd.services.market.refusals import Refused
from crowd.turk.call import Call, Given, Operation, Reply
from crowd.turk.operations.blocks import known
from crowd.turk.paging import DEFAULT_RESULTS, page
from crowd.turk.replies import moment


def create(call: Call, given: Given) -> Reply:
    """Make a qualification type."""
    made = qualifications.create(
        call.session,
        call.account,
        given["Name"],
        _terms(given),
        keywords=given.get("Keywords", ""),
        now=call.now,
    )
    call.note("qualification.create", f"qualification:{made.external_id}", name=made.name)
    return {"QualificationType": _shown(made)}


def get(call: Call, given: Given) -> Reply:
    """Return a type of the account, or one of the system's."""
    type_id = given["QualificationTypeId"]
    if type_id in scores.NAMES:
        return {"QualificationType": _system(type_id)}
    return {"QualificationType": _shown(qualifications.get(call.session, call.account, type_id))}


def update(call: Call, given: Given) -> Reply:
    """Change a type; its name and keywords stay."""
    found = _own(call, given["QualificationTypeId"])
    qualifications.change(call.session, found, _terms(given))
    call.note("qualification.update", f"qualification:{found.external_id}")
    return {"QualificationType": _shown(found)}


def delete(call: Call, given: Given) -> Reply:
    """Delete a type."""
    found = _own(call, given["QualificationTypeId"])
    qualifications.delete(call.session, found, now=call.now)
    call.note("qualification.delete", f"qualification:{found.external_id}", name=found.name)
    return {}


def list_types(call: Call, given: Given) -> Reply:
    """Return the account's types; the system's own come first on the first page, where all have room."""
    words, is_requestable = given.get("Query", ""), given["MustBeRequestable"]
    query = qualifications.search(call.account, words, is_requestable=is_requestable)
    system: list[Reply] = []
    size = given.get("MaxResults", DEFAULT_RESULTS)
    if not (is_requestable or given.get("MustBeOwnedByCaller", False) or "NextToken" in given):
        fitting = [_system(type_id) for type_id in scores.found(words)]
        system = fitting if len(fitting) < size else []
    found = page(call, given | {"MaxResults": size - len(system)}, query, QualificationType.id)
    return found.reply("QualificationTypes", [*system, *map(_shown, found.rows)])


def associate(call: Call, given: Given) -> Reply:
    """Give a worker a score without their asking."""
    found, worker = _own(call, given["QualificationTypeId"]), known(call, given["WorkerId"])
    value = given.get("IntegerValue", 1)
    qualifications.grant(call.session, found, worker, value=value, now=call.now)
    call.note("qualification.grant", f"worker:{worker.pseudonym}", type=found.external_id, value=value)
    if given.get("SendNotification", True):
        text = f"You were given the qualification {found.name} with the value {value}."
        letters.tell(call.session, call.account, worker, text, now=call.now)
    return {}


def disassociate(call: Call, given: Given) -> Reply:
    """Take a worker's score away, and tell them why where a reason is given."""
    found, worker = _own(call, given["QualificationTypeId"]), known(call, given["WorkerId"])
    reason = given.get("Reason")
    qualifications.revoke(call.session, found, worker, reason=reason, now=call.now)
    call.note("qualification.revoke", f"worker:{worker.pseudonym}", type=found.external_id)
    if reason:
        text = f"The qualification {found.name} was taken from you: {reason}"
        letters.tell(call.session, call.account, worker, text, now=call.now)
    return {}


def score(call: Call, given: Given) -> Reply:
    """Return a worker's score."""
    found, worker = _own(call, given["QualificationTypeId"]), known(call, given["WorkerId"])
    held = qualifications.score(call.session, found, worker)
    return {"Qualification": _held(call, found, [held])[0]}


def list_holders(call: Call, given: Given) -> Reply:
    """Return who has a qualification, or had it until it was revoked."""
    found = _own(call, given["QualificationTypeId"])
    query = qualifications.holders(found, status=given.get("Status", "Granted"))
    rows = page(call, given, query, Qualification.id)
    return rows.reply("Qualifications", _held(call, found, rows.rows))


def _terms(given: Given) -> Terms:
    test = None
    if "Test" in given:
        if "TestDurationInSeconds" not in given:
            raise limits.invalid("A Test needs TestDurationInSeconds.")
        test = Test(given["Test"], given["TestDurationInSeconds"], given.get("AnswerKey"))
    elif extra := {"AnswerKey", "TestDurationInSeconds"} & given.keys():
        raise limits.invalid(f"{' and '.join(sorted(extra))} can only be given with a Test.")
    return Terms(
        description=given.get("Description"),
        status=given.get("QualificationTypeStatus"),
        test=test,
        retry_seconds=given.get("RetryDelayInSeconds"),
        is_auto_granted=given.get("AutoGranted"),
        auto_granted_value=given.get("AutoGrantedValue"),
    )


def _own(call: Call, type_id: str) -> QualificationType:
    if type_id in scores.NAMES:
        raise Refused(
            f"QualificationType {type_id} is the system's own; only its owner can do this.",
            "PermissionDeniedException",
        )
    return qualifications.get(call.session, call.account, type_id)


def _system(type_id: str) -> Reply:
    return {
        "QualificationTypeId": type_id,
        "Name": scores.NAMES[type_id],
        "Description": scores.DESCRIPTIONS[type_id],
        "QualificationTypeStatus": "Active",
        "IsRequestable": False,
        "AutoGranted": False,
    }


def _shown(row: QualificationType) -> Reply:
    told = {
        "QualificationTypeId": row.external_id,
        "CreationTime": moment(row.created_at),
        "Name": row.name,
        "Description": row.description,
        "Keywords": row.keywords,
        "QualificationTypeStatus": row.status,
        "Test": row.test,
        "TestDurationInSeconds": row.test_seconds,
        "AnswerKey": row.answer_key,
        "RetryDelayInSeconds": row.retry_seconds,
        "IsRequestable": row.status == "Active",
        "AutoGranted": row.is_auto_granted,
        "AutoGrantedValue": row.auto_granted_value if row.is_auto_granted else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _held(call: Call, found: QualificationType, rows: Sequence[Qualification]) -> list[Reply]:
    workers = accounts.persons(call.session, {row.worker_id for row in rows})
    return [
        {
            "QualificationTypeId": found.external_id,
            "WorkerId": workers[row.worker_id],
            "GrantTime": moment(row.granted_at),
            "IntegerValue": row.value,
            "Status": "Granted" if row.revoked_at is None else "Revoked",
        }
        for row in rows
    ]


OPERATIONS = {
    "CreateQualificationType": Operation(create),
    "GetQualificationType": Operation(get, is_reading=True),
    "UpdateQualificationType": Operation(update),
    "DeleteQualificationType": Operation(delete),
    "ListQualificationTypes": Operation(list_types, is_reading=True),
    "AssociateQualificationWithWorker": Operation(associate),
    "DisassociateQualificationFromWorker": Operation(disassociate),
    "GetQualificationScore": Operation(score, is_reading=True),
    "ListWorkersWithQualificationType": Operation(list_holders, is_reading=True),
}
