"""Give a worker a qualification, ask only who has it, pay a bonus; the page is of Crowd HTML Elements."""

import json
import time
import xml.etree.ElementTree as ET

import boto3
from botocore.exceptions import ClientError

client = boto3.client("mturk")

PAGE = """<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/HTMLQuestion.xsd">
<HTMLContent><![CDATA[<!DOCTYPE html>
<html><head><script src="https://assets.crowd.aws/crowd-html-elements.js"></script></head>
<body><crowd-form>
<crowd-classifier name="sentiment" categories='["positive", "negative"]' header="Which one?">
<classification-target>I love it</classification-target>
<full-instructions header="Sentiment">Judge the words.</full-instructions>
</crowd-classifier>
<crowd-input name="why" label="Why?" required></crowd-input>
</crowd-form></body></html>]]></HTMLContent><FrameHeight>0</FrameHeight></HTMLQuestion>"""


def post(requirements, assignments):
    hit = client.create_hit(
        Title="Sentiment",
        Description="Positive or negative?",
        Reward="0.05",
        MaxAssignments=assignments,
        LifetimeInSeconds=3600,
        AssignmentDurationInSeconds=600,
        Question=PAGE,
        QualificationRequirements=requirements,
    )
    return hit["HIT"]["HITId"]


def wait(hit_id, count):
    deadline = time.time() + 60
    while time.time() < deadline:
        pages = client.get_paginator("list_assignments_for_hit").paginate(HITId=hit_id)
        found = [each for page in pages for each in page["Assignments"]]
        if len(found) >= count:
            return found
        time.sleep(0.2)
    raise SystemExit("nobody came")


words = {"Name": "Careful reader", "Description": "Reads with care", "QualificationTypeStatus": "Active"}
qualification = client.create_qualification_type(**words)["QualificationType"]["QualificationTypeId"]
try:
    client.create_qualification_type(**words)
except client.exceptions.RequestError as error:
    print(error.response["Error"]["Message"].split(" (")[0])

chosen = wait(post([], 2), 2)[0]["WorkerId"]
client.associate_qualification_with_worker(
    QualificationTypeId=qualification, WorkerId=chosen, IntegerValue=90, SendNotification=False
)
score = client.get_qualification_score(QualificationTypeId=qualification, WorkerId=chosen)
print(score["Qualification"]["IntegerValue"])

requirement = {"QualificationTypeId": qualification, "Comparator": "GreaterThan", "IntegerValues": [80]}
guarded = post([{**requirement, "ActionsGuarded": "DiscoverPreviewAndAccept"}], 1)
(done,) = wait(guarded, 1)
print(done["WorkerId"] == chosen)

client.approve_assignment(AssignmentId=done["AssignmentId"])
bonus = {
    "WorkerId": chosen,
    "AssignmentId": done["AssignmentId"],
    "BonusAmount": "0.50",
    "Reason": "Careful",
    "UniqueRequestToken": "one",
}
client.send_bonus(**bonus)
try:
    client.send_bonus(**bonus)
except ClientError as error:
    print(error.response["Error"]["Code"])
for paid in client.list_bonus_payments(AssignmentId=done["AssignmentId"])["BonusPayments"]:
    print(paid["BonusAmount"], paid["Reason"])
(answer,) = ET.fromstring(done["Answer"])
print(answer[0].text, *sorted(json.loads(answer[1].text)[0]))
client.notify_workers(Subject="Thanks", MessageText="Come again", WorkerIds=[chosen])
client.delete_qualification_type(QualificationTypeId=qualification)
