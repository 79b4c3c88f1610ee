"""Dallinger's MTurk layer, through a recruitment: qualifications, a HIT, its workers, bonuses, the end."""

import os
import time

from dallinger.mturk import (
    DuplicateQualificationNameError,
    MTurkQualificationRequirements,
    MTurkQuestions,
    MTurkService,
    RevokedQualification,
    WorkerLacksQualification,
)

service = MTurkService(
    os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], "us-east-1", max_wait_secs=5
)


def until(look, seconds=60):
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def raised(kind, act):
    try:
        act()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


assert service.check_credentials()
assert service.account_balance() == 10000.00

qualification = service.create_qualification_type("Has taken part", "Took part in an experiment")
assert qualification["status"] == "Active"
raised(DuplicateQualificationNameError, lambda: service.create_qualification_type("Has taken part", "again"))
assert service.get_qualification_type_by_name("has taken part")["id"] == qualification["id"]
assert service.get_qualification_type_by_name("nothing like it") is None

hit = service.create_hit(
    experiment_id="experiment",
    title="Take part",
    description="A short experiment",
    keywords=["psychology", "short"],
    reward=0.01,
    duration_hours=1,
    lifetime_days=1,
    question=MTurkQuestions.compensation(sandbox=True),
    max_assignments=1,
    annotation="experiment",
    qualifications=[
        MTurkQualificationRequirements.min_approval(95),
        MTurkQualificationRequirements.must_not_have(qualification["id"]),
    ],
    do_subscribe=False,
)
assert hit["status"] == "Assignable"
assert hit["qualification_type_ids"][1] == qualification["id"]
assert hit["keywords"] == ["psychology", "short"]
assert [each["id"] for each in service.get_hits(lambda each: each["annotation"] == "experiment")] == [
    hit["id"]
]

hit = until(lambda: (found := service.get_hit(hit["id"]))["assignments_completed"] and found)
listed = service.mturk.list_assignments_for_hit(HITId=hit["id"])["Assignments"]
(assignment,) = (service.get_assignment(each["AssignmentId"]) for each in listed)
assert assignment["status"] == "Approved", "an AutoApprovalDelay of 0 approves at once"
raised(Exception, lambda: service.approve_assignment(assignment["id"]))
assert service.get_assignment("3NOSUCHASSIGNMENT") is None
assert service.grant_bonus(assignment["id"], 0.5, "Well done")

worker = assignment["worker_id"]
raised(WorkerLacksQualification, lambda: service.current_qualification_score(qualification["id"], worker))
assert service.increment_qualification_score(qualification["id"], worker)["score"] == 1
assert service.increment_named_qualification_score("Has taken part", worker)["score"] == 2
assert service.current_named_qualification_score("Has taken part", worker)["score"] == 2
assert list(service.get_workers_with_qualification(qualification["id"])) == [{"id": worker, "score": 2}]
assert service.revoke_qualification(qualification["id"], worker, "the end")
raised(RevokedQualification, lambda: service.current_qualification_score(qualification["id"], worker))

extended = service.extend_hit(hit["id"], number=1, duration_hours=2)
assert extended["max_assignments"] == 2
assert extended["expiration"] > hit["expiration"]
until(lambda: service.get_hit(hit["id"])["assignments_completed"] == 2)
assert service.expire_hit(hit["id"])
assert service.mturk.delete_hit(HITId=hit["id"])
# What `disable_hit` takes for "already deleted".
assert "currently in the state 'Disposed'" in raised(
    Exception, lambda: service.mturk.delete_hit(HITId=hit["id"])
)
assert service.dispose_qualification_type(qualification["id"])
print("done")
