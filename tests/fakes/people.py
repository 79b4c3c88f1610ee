"""Qualifications and letters at the fake endpoint, and how its lists are paged."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.turk import Given, No, Turk

Rule = Callable[[Turk, Given], Given]


def listed(turk: Turk, given: Given, rows: list[Given], name: str) -> Given:
    """Return one page; a token comes with every page that is not empty, and nothing keeps rows in place."""
    start = int(given.get("NextToken", "p0")[1:])
    if start:
        turk.between_pages()
    page = rows[start : start + given.get("MaxResults", 10)]
    token = {"NextToken": f"p{start + len(page)}"} if page else {}
    return {"NumResults": len(page), name: page} | token


def create_skill(turk: Turk, given: Given) -> Given:
    if any(skill["Name"] == given["Name"] for skill in turk.skills.values()):
        raise No(
            "You have already created a QualificationType with this name.", "QualificationTypeAlreadyExists"
        )
    skill = {"QualificationTypeId": turk.new("3Q"), "CreationTime": turk.now, "lag": 1} | given
    turk.skills[skill["QualificationTypeId"]] = skill
    return {"QualificationType": visible(skill)}


def visible(skill: Given) -> Given:
    kept = ("QualificationTypeId", "CreationTime", "Name", "Description", "QualificationTypeStatus")
    return {name: skill[name] for name in kept}


def list_skills(turk: Turk, given: Given) -> Given:
    """List what was made a while ago: a new one shows only from the second look on."""
    found = []
    for skill in turk.skills.values():
        if given.get("Query", "") in skill["Name"]:
            found += [visible(skill)] if skill["lag"] <= 0 else []
            skill["lag"] -= 1
    return listed(turk, given, found, "QualificationTypes")


def grant(turk: Turk, given: Given) -> Given:
    turk.granted[given["QualificationTypeId"], given["WorkerId"]] = given.get("IntegerValue", 1)
    return {}


def withdraw(turk: Turk, given: Given) -> Given:
    turk.granted.pop((given["QualificationTypeId"], given["WorkerId"]), None)
    return {}


def score(turk: Turk, given: Given) -> Given:
    value = turk.granted.get((given["QualificationTypeId"], given["WorkerId"]))
    if value is None:
        raise No("The worker has no such qualification", "QualificationDoesNotExist")
    return {"Qualification": {**given, "IntegerValue": value, "Status": "Granted"}}


def notify(turk: Turk, given: Given) -> Given:
    known = {task.worker for task in turk.tasks}
    turk.letters.append(given)
    failed = [
        {
            "NotifyWorkersFailureCode": "HardFailure",
            "NotifyWorkersFailureMessage": "unknown",
            "WorkerId": name,
        }
        for name in given["WorkerIds"]
        if name not in known
    ]
    return {"NotifyWorkersFailureStatuses": failed}


def tell(turk: Turk, given: Given) -> Given:
    turk.told.append(given)
    return {}


PEOPLE: dict[str, Rule] = {
    "CreateQualificationType": create_skill,
    "ListQualificationTypes": list_skills,
    "AssociateQualificationWithWorker": grant,
    "DisassociateQualificationFromWorker": withdraw,
    "GetQualificationScore": score,
    "NotifyWorkers": notify,
    "UpdateNotificationSettings": tell,
}
