"""Workers' pages of programs' HITs: found, looked at, accepted, done, given back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from crowd.app import create_app
from crowd.questions import answers
from crowd.questions.html import envelope
from crowd.services.access import sessions
from tests.integration.browsing import Browser, csrf_of

EXTERNAL = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>https://example.org/task?u=1&amp;v=%20x</ExternalURL>'
    "<FrameHeight>700</FrameHeight></ExternalQuestion>"
)
NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"


@pytest.fixture
def sign_in(market) -> Callable[..., Browser]:
    """Return a browser in which this worker is signed in."""

    def enter(name: str = "wim") -> Browser:
        browser, worker = Browser(market.app), market.worker(name)
        browser.cookie = market.do(lambda s: sessions.open_for_worker(s, s.merge(worker), now=market.clock()))
        return browser

    return enter


@pytest.fixture
def wim(sign_in) -> Browser:
    return sign_in()


def frame_of(page: str) -> str:
    (address,) = re.findall(r'<iframe id="posed" src="([^"]+)"', page)
    return unescape(address)


def group(market, hit) -> str:
    return f"/work/groups/{hit['HITGroupId']}"


def accepted(market, browser: Browser, hit) -> str:
    """Accept a HIT from its preview; return the address of its page."""
    answer = browser.fill(group(market, hit), action=f"{group(market, hit)}/accept", hit=hit["HITId"])
    assert answer.status_code == 303, answer.text
    return answer.location


def test_home_lists_hits_by_their_type(market, wim):
    kind = market.hit_type(Title="Draw a <cat>", Reward="0.07")
    for _ in range(3):
        market.create(HITTypeId=kind)
    page = wim.get("/work/").text
    assert page.count("Draw a &lt;cat&gt;</h2>") == 1
    assert "$0.07" in page
    assert "10 min" in page
    assert "<b>3</b> HITs" in page


def test_a_preview_shows_the_page_in_a_frame_that_knows_nobody(market, wim):
    hit = market.create()
    page = wim.get(group(market, hit))
    address = frame_of(page.text)
    told = dict(parse_qsl(urlsplit(address).query))
    assert told == {"assignmentId": NOT_ACCEPTED, "hitId": hit["HITId"], "turkSubmitTo": "http://localhost"}
    assert 'sandbox="allow-scripts' in page.text
    assert "allow-same-origin" not in page.text
    frame = wim.get(address)
    assert frame.text == '<!DOCTYPE html><form><input name="label"></form>'
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "form-action http://localhost/mturk/externalSubmit;" in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert market.get(hit["HITId"])["NumberOfAssignmentsAvailable"] == 1


@pytest.mark.contract(62, side="E")
def test_another_servers_page_keeps_its_query_and_gets_the_four_parameters(market, wim):
    hit = market.create(Question=EXTERNAL)
    there = accepted(market, wim, hit)
    page = wim.get(there)
    assignment = there.rpartition("/")[2]
    assert frame_of(page.text) == (
        f"https://example.org/task?u=1&v=%20x&assignmentId={assignment}&hitId={hit['HITId']}"
        f"&turkSubmitTo=http%3A%2F%2Flocalhost&workerId={market.person('wim')}"
    )
    assert 'height="700"' in page.text
    assert "allow-same-origin" in page.text
    assert "frame-src 'self' https: https://example.org;" in page.headers["Content-Security-Policy"]


@pytest.mark.contract(62, side="E")
def test_looking_at_another_servers_page_has_no_assignment(market, wim):
    hit = market.create(Question=EXTERNAL)
    query = urlsplit(frame_of(wim.get(group(market, hit)).text)).query
    assert query.startswith(f"u=1&v=%20x&assignmentId={NOT_ACCEPTED}&hitId={hit['HITId']}&turkSubmitTo=")


def test_a_page_of_this_very_server_does_not_share_its_origin(market, wim):
    here = EXTERNAL.replace("https://example.org", "https://crowd.test")
    hit = market.create(Question=here)
    browser = Browser(market.app, base="https://crowd.test")
    browser.cookie = wim.cookie
    assert "allow-same-origin" not in browser.get(group(market, hit)).text


@pytest.mark.contract(63)
def test_what_is_posted_is_handed_in_once(market, wim):
    hit = market.create()
    there = accepted(market, wim, hit)
    assignment = there.rpartition("/")[2]
    stranger = Browser(market.app)
    fields = {"assignmentId": assignment, "label": "a & é", "hitId": hit["HITId"]}
    reply = stranger.send("/mturk/externalSubmit", origin="null", **fields)
    assert reply.status_code == 200
    assert re.search(r'postMessage\({ crowd: "submitted", receipt: "[0-9a-f]{64}" }', reply.text)
    (work,) = market.client.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert answers.read(work["Answer"]) == [answers.Answer("label", (("FreeText", "a & é"),))]
    again = stranger.send("/mturk/externalSubmit", origin="null", **fields)
    assert again.status_code == 400
    assert "This HIT was submitted already." in again.text
    assert "postMessage" not in again.text
    assert "waiting for its requester" in wim.get("/work/assignments").text
    assert "You have handed this HIT in." in wim.get(there).text


@pytest.mark.contract(63)
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"assignmentId": NOT_ACCEPTED, "label": "a"}, "This is a preview."),
        ({"label": "a"}, "does not exist"),
        ({"assignmentId": "3NOBODYS", "label": "a"}, "does not exist"),
        ({"assignmentId": "3NOBODYS"}, "not submitted correctly"),
    ],
)
def test_what_is_no_submission_is_refused(market, fields, said: str):
    reply = Browser(market.app).send("/mturk/externalSubmit", origin="null", **fields)
    assert reply.status_code == 400
    assert said in reply.text


@pytest.mark.contract(63)
def test_a_late_submission_is_refused(market, wim):
    hit = market.create()
    there = accepted(market, wim, hit)
    market.clock.forward(seconds=601)
    fields = {"assignmentId": there.rpartition("/")[2], "label": "a"}
    reply = wim.send("/mturk/externalSubmit", **fields)
    assert reply.status_code == 400
    assert "The time for this HIT is over" in reply.text
    assert "The time for this HIT is over" in wim.get(there).text
    assert market.get(hit["HITId"])["NumberOfAssignmentsAvailable"] == 1


def test_answers_may_come_as_parts_and_be_long(market, wim):
    hit = market.create()
    there = accepted(market, wim, hit)
    text = "☃" * 300_000
    fields = [("assignmentId", there.rpartition("/")[2]), ("text", text), ("more", "1"), ("more", "2")]
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    body = f"{''.join(parts)}--x--\r\n".encode()
    reply = wim.client.post(
        "/mturk/externalSubmit", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert reply.status_code == 200
    (work,) = market.client.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    found = [(each.question, each.values[0][1]) for each in answers.read(work["Answer"])]
    assert found == [("text", text), ("more", "1"), ("more", "2")]


def test_answers_that_are_too_long_are_told_so(market):
    data = {"assignmentId": "3A", "text": "x" * (8 * 2**20 + 1)}
    reply = Browser(market.app).client.post("/mturk/externalSubmit", data=data)
    assert reply.status_code == 413
    assert "larger than 8 MB" in reply.text


def test_a_hit_that_is_given_back_is_open_again(market, wim):
    hit = market.create()
    there = accepted(market, wim, hit)
    assert "In your hands" in wim.get("/work/").text
    assert wim.fill(there, action=f"{there}/return").location == "/work/"
    assert market.get(hit["HITId"])["NumberOfAssignmentsAvailable"] == 1
    assert "You have returned this HIT." in wim.get(there).text


def test_nothing_follows_before_the_work_is_handed_in(market, wim):
    kind = market.hit_type()
    hit, following = market.create(HITTypeId=kind), market.create(HITTypeId=kind)
    there = accepted(market, wim, hit)
    csrf = csrf_of(wim.get(there))
    assert wim.send(f"{there}/next", csrf=csrf, accept="1").location == there
    market.submit(there.rpartition("/")[2])
    assert wim.send(f"{there}/next", csrf=csrf).location == group(market, following)
    taken = wim.send(f"{there}/next", csrf=csrf, accept="1").location
    assert taken.startswith("/work/assignments/")
    market.submit(taken.rpartition("/")[2])
    assert wim.send(f"{taken}/next", csrf=csrf, accept="1").location == "/work/"
    assert "Nothing is left of it for you" in wim.get(group(market, hit)).text


def test_whoever_comes_second_sees_the_next_one(market, wim, sign_in):
    kind = market.hit_type()
    hit, following = market.create(HITTypeId=kind), market.create(HITTypeId=kind)
    eva = sign_in("eva")
    csrf = csrf_of(eva.get(group(market, hit)))
    accepted(market, wim, hit)
    answer = eva.send(f"{group(market, hit)}/accept", csrf=csrf, hit=hit["HITId"])
    assert answer.location == group(market, hit)
    assert following["HITId"] in frame_of(eva.get(group(market, hit)).text)


def test_what_others_hold_is_not_there(market, wim, sign_in):
    hit = market.create()
    there = accepted(market, wim, hit)
    eva = sign_in("eva")
    assert eva.get(there).status_code == 404
    assert (
        eva.get(f"/work/hits/{hit['HITId']}/frame?assignmentId={there.rpartition('/')[2]}").status_code == 404
    )
    market.client_of("bob")
    stranger = Browser(market.app)
    worker = market.worker("cleo", requester="bob")
    stranger.cookie = market.do(lambda s: sessions.open_for_worker(s, s.merge(worker), now=market.clock()))
    assert stranger.get(group(market, hit)).status_code == 404
    assert stranger.get(f"/work/hits/{hit['HITId']}/frame").status_code == 404


def requirement(kind: str, guarded: str) -> dict[str, str]:
    return {"QualificationTypeId": kind, "Comparator": "Exists", "ActionsGuarded": guarded}


@pytest.mark.contract(70)
def test_a_hit_may_be_hidden_or_only_shown(market, wim):
    made = market.client.create_qualification_type(
        Name="Birds", Description="Knows birds", QualificationTypeStatus="Active"
    )
    kind = made["QualificationType"]["QualificationTypeId"]

    def of(guarded: str) -> dict:
        wanted = [requirement(kind, guarded)]
        return market.create(HITTypeId=market.hit_type(Title=guarded, QualificationRequirements=wanted))

    hidden, shut, shown = of("DiscoverPreviewAndAccept"), of("PreviewAndAccept"), of("Accept")
    assert wim.get(group(market, hidden)).status_code == 404
    assert wim.get(group(market, shut)).status_code == 403
    page = wim.get(group(market, shown))
    assert "You cannot accept it yet" in page.text
    assert "Accept</button>" not in page.text
    refused = wim.send(f"{group(market, shown)}/accept", csrf=csrf_of(wim.get("/work/account")))
    assert refused.status_code == 400
    assert wim.fill("/work/qualifications", action=f"/work/qualifications/{kind}").status_code == 200
    (wish,) = market.client.list_qualification_requests()["QualificationRequests"]
    market.client.accept_qualification_request(QualificationRequestId=wish["QualificationRequestId"])
    assert "Birds" in wim.get("/work/qualifications").text
    accepted(market, wim, shown)


TEST = """
<QuestionForm xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2017-11-06/QuestionForm.xsd">
<Question><QuestionIdentifier>q</QuestionIdentifier><DisplayName>Robins</DisplayName><IsRequired>true</IsRequired>
<QuestionContent><Text>Is a robin a bird?</Text></QuestionContent><AnswerSpecification><SelectionAnswer>
<StyleSuggestion>radiobutton</StyleSuggestion><Selections>
<Selection><SelectionIdentifier>yes</SelectionIdentifier><Text>Yes</Text></Selection>
<Selection><SelectionIdentifier>no</SelectionIdentifier><Text>No</Text></Selection>
</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>
"""
KEY = """
<AnswerKey xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/AnswerKey.xsd">
<Question><QuestionIdentifier>q</QuestionIdentifier><AnswerOption>
<SelectionIdentifier>yes</SelectionIdentifier><AnswerScore>10</AnswerScore></AnswerOption></Question></AnswerKey>
"""


def test_a_test_is_taken_and_scored(market, wim):
    made = market.client.create_qualification_type(
        Name="Birds",
        Description="Knows birds",
        QualificationTypeStatus="Active",
        Test=TEST,
        AnswerKey=KEY,
        TestDurationInSeconds=120,
    )
    there = f"/work/qualifications/{made['QualificationType']['QualificationTypeId']}"
    assert wim.get(f"{there}/test").location == "/work/qualifications"
    assert wim.fill("/work/qualifications", action=there).location == f"{there}/test"
    page = wim.get(f"{there}/test").text
    assert "Is a robin a bird?" in page
    assert "2 min" in page
    missing = wim.fill(f"{there}/test")
    assert missing.status_code == 422
    assert "Robins has to be answered" in missing.text
    done = wim.fill(f"{there}/test", q="yes")
    assert "with a score of <b>10</b>" in done.text


def test_a_question_form_is_a_page_of_fields(market, wim):
    hit = market.create(Question=TEST)
    there = accepted(market, wim, hit)
    frame = wim.get(frame_of(wim.get(there).text))
    nonce = re.search(r'<script nonce="([^"]+)"', frame.text)
    assert nonce
    assert f"script-src 'nonce-{nonce[1]}'" in frame.headers["Content-Security-Policy"]
    fields = {"assignmentId": there.rpartition("/")[2]}
    refused = wim.send("/mturk/externalSubmit", **fields, q="")
    assert refused.status_code == 422
    assert "has to be answered" in refused.text
    assert wim.send("/mturk/externalSubmit", **fields, q="no").status_code == 200
    (work,) = market.client.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]
    assert answers.read(work["Answer"]) == [answers.Answer("q", (("SelectionIdentifier", "no"),))]


def test_old_pages_find_their_scripts_and_post_here(market, wim):
    page = (
        '<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>'
        '<script src="https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"></script>'
        '<form action="https://www.mturk.com/mturk/externalSubmit"><input name="a"></form>'
    )
    hit = market.create(Question=envelope(page, 0))
    shown = wim.get(frame_of(wim.get(group(market, hit)).text)).text
    scripts = re.findall(r'src="http://localhost(/[^"]+)"', shown)
    assert len(scripts) == 2
    for script in scripts:
        with wim.get(script) as found:
            assert found.status_code == 200
            assert found.headers["Access-Control-Allow-Origin"] == "*"
    assert 'action="http://localhost/mturk/externalSubmit"' in shown
    assert "mturk.com" not in shown
    assert "amazonaws" not in shown


def test_handing_in_too_often_is_refused(market, wim):
    hit = market.create()
    there = accepted(market, wim, hit)
    settings = replace(market.settings, submits_per_minute=2)
    app = create_app(settings, database=market.database, clock=market.clock)
    fields = {"assignmentId": there.rpartition("/")[2], "label": "a"}
    replies = [Browser(app).send("/mturk/externalSubmit", **fields) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 400, 429]
    market.clock.forward(seconds=60)
    assert Browser(app).send("/mturk/externalSubmit", **fields).status_code == 400
