"""Post a HIT, wait for its answers, approve them, delete it: as AWS's first sample does."""

import time
import xml.etree.ElementTree as ET

import boto3

mturk = boto3.client("mturk")
print("I have $" + mturk.get_account_balance()["AvailableBalance"] + " in my Sandbox account")

question = """<HTMLQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/HTMLQuestion.xsd">
<HTMLContent><![CDATA[<!DOCTYPE html>
<html><head>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/>
<script type="text/javascript" src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script>
</head><body>
<form name="mturk_form" method="post" id="mturk_form" action="https://www.mturk.com/mturk/externalSubmit">
<input type="hidden" value="" name="assignmentId" id="assignmentId"/>
<h1>Is this tweet happy, angry, excited, scared, annoyed or upset?</h1>
<p>I love long walks on the beach &amp; snow ☃</p>
<select name="emotion"><option value="happy">happy</option><option value="upset">upset</option></select>
<textarea name="comment" cols="80" rows="3"></textarea>
<input type="submit" id="submitButton" value="Submit"/>
</form>
<script language="Javascript">turkSetAssignmentID();</script>
</body></html>]]></HTMLContent><FrameHeight>600</FrameHeight></HTMLQuestion>"""

new_hit = mturk.create_hit(
    Title="Is this Tweet happy, angry, excited, scared, annoyed or upset?",
    Description="Read this tweet and type out one word to describe the emotion of the person posting it",
    Keywords="text, quick, labeling",
    Reward="0.15",
    MaxAssignments=3,
    LifetimeInSeconds=172800,
    AssignmentDurationInSeconds=600,
    AutoApprovalDelayInSeconds=14400,
    Question=question,
)
hit_id = new_hit["HIT"]["HITId"]
print("A new HIT has been created. HITTypeId:", new_hit["HIT"]["HITGroupId"])

deadline = time.time() + 60
while True:
    worker_results = mturk.list_assignments_for_hit(HITId=hit_id, AssignmentStatuses=["Submitted"])
    if worker_results["NumResults"] == 3 or time.time() > deadline:
        break
    time.sleep(0.2)


space = (
    "{http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd}"
)
for assignment in worker_results["Assignments"]:
    document = ET.fromstring(assignment["Answer"])
    fields = {a.find(space + "QuestionIdentifier").text: a.find(space + "FreeText").text for a in document}
    print("Worker's answer was:", fields["emotion"])
    mturk.approve_assignment(AssignmentId=assignment["AssignmentId"], RequesterFeedback="Thanks!")
hit = mturk.get_hit(HITId=hit_id)["HIT"]
print(hit["HITStatus"], hit["NumberOfAssignmentsCompleted"])
mturk.delete_hit(HITId=hit_id)
