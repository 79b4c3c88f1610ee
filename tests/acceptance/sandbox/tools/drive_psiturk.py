"""psiTurk's MTurk layer: a HIT of an own experiment, its workers, approvals, rejections, bonuses, the end."""

import datetime
import os
import time

from psiturk.amt_services import MTurkServices


class Config(dict):
    """Settings as psiTurk's own are asked for."""

    def get(self, section, name):
        return super().get((section, name))

    def set(self, section, name, value):
        self[section, name] = value


keys = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
services = MTurkServices(Config({("AWS Access", name): os.environ[key] for name, key in keys.items()}))


def data(response):
    assert response.success, repr(getattr(response, "exception", response))
    return response.data


def until(look, seconds=60):
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


assert data(services.check_balance()) == "10000.00"
terms = {
    "title": "Stroop test",
    "description": "Judge the colour of words",
    "keywords": "colour, perception",
    "reward": 1.5,
    "duration": datetime.timedelta(hours=2),
    "lifetime": datetime.timedelta(hours=24),
    "max_assignments": 3,
    "approve_requirement": 95,
    "number_hits_approved": 0,
    "require_master_workers": False,
    "us_only": False,
    "require_qualification_ids": [],
    "block_qualification_ids": [],
    "advanced_qualifications": [],
    "ad_location": os.environ["AD_LOCATION"],
}
hit_id = data(services.create_hit(terms))["HITId"]
(hit,) = data(services.get_all_hits())
assert hit.options["hitid"] == hit_id
assert hit.options["title"] == "Stroop test"
assert not hit.options["is_expired"]

submitted = until(lambda: len(done := data(services.get_assignments("Submitted", hit_id))) == 3 and done)
assert data(services.get_hit(hit_id)).options["number_submissions_needing_action"] == 3
first, second, third = (each["assignmentId"] for each in submitted)
assert data(services.get_assignment(first))["status"] == "Submitted"
assert data(services.approve_assignment(first))
assert data(services.bonus_assignment(first, None, 0.25, "thank you"))
# psiTurk gives no reason, and AWS's documentation requires one: here is none without.
refused = services.reject_assignment(second)
assert "RequesterFeedback" in str(refused.exception)
services.mtc.reject_assignment(AssignmentId=second, RequesterFeedback="not what was asked")
assert data(services.unreject_assignment(second))
assert not services.approve_assignment(first).success, "it is approved already"

assert data(services.extend_hit(hit_id, assignments_increment=1, expiration_increment=60))
assert data(services.get_hit(hit_id)).options["max_assignments"] == 4
assert data(services.expire_hit(hit_id))
assert not services.delete_hit(hit_id).success, "one submission is undecided"
for each in until(lambda: data(services.get_assignments("Submitted", hit_id))):
    assert data(services.approve_assignment(each["assignmentId"]))
until(lambda: services.delete_hit(hit_id).success)
assert data(services.list_qualification_types()) == []
print("done")
