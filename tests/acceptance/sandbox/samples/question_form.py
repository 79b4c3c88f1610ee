"""Ask by a QuestionForm, for HITs of one type; review what is ready, and delete it."""

import time
import xml.etree.ElementTree as ET

import boto3

client = boto3.client("mturk")
SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas"
QUESTION = f"""<QuestionForm xmlns="{SCHEMAS}/2017-11-06/QuestionForm.xsd">
<Overview><Title>Movies</Title><Text>Say what you think of it.</Text></Overview>
<Question><QuestionIdentifier>seen</QuestionIdentifier><DisplayName>Seen</DisplayName><IsRequired>true</IsRequired>
<QuestionContent><Text>Have you seen it?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><StyleSuggestion>radiobutton</StyleSuggestion><Selections>
<Selection><SelectionIdentifier>yes</SelectionIdentifier><Text>Yes</Text></Selection>
<Selection><SelectionIdentifier>no</SelectionIdentifier><Text>No</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>words</QuestionIdentifier><IsRequired>true</IsRequired>
<QuestionContent><Text>In a word or two?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer/></AnswerSpecification></Question>
</QuestionForm>"""

hit_type = client.create_hit_type(
    Title="Movies", Description="Two questions", Reward="0.02", AssignmentDurationInSeconds=300
)["HITTypeId"]
for _ in range(3):
    client.create_hit_with_hit_type(
        HITTypeId=hit_type, LifetimeInSeconds=3600, MaxAssignments=2, Question=QUESTION
    )
deadline = time.time() + 60
while len(ready := client.list_reviewable_hits(HITTypeId=hit_type)["HITs"]) < 3:
    assert time.time() < deadline
    time.sleep(0.2)

space = {"a": f"{SCHEMAS}/2005-10-01/QuestionFormAnswers.xsd"}
for hit in ready:
    for each in client.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]:
        seen, words = ET.fromstring(each["Answer"])
        print(seen.find("a:SelectionIdentifier", space).text, bool(words.find("a:FreeText", space).text))
        client.approve_assignment(AssignmentId=each["AssignmentId"])
    client.delete_hit(HITId=hit["HITId"])
