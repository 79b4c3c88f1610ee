"""Pages on their way to a worker: filled in, pointed at this server, told who accepts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.questions import Malformed, external, html, layouts, read

HERE = {"root": "https://crowd.test", "elements": "/e.js", "external_hit": "/x.js"}
PARAMETERS = {
    "assignmentId": "3A",
    "hitId": "3H",
    "turkSubmitTo": "https://crowd.test",
    "workerId": "AW",
}


@pytest.mark.contract(62)
@pytest.mark.parametrize(
    ("url", "framed"),
    [
        ("https://a.org/t", "https://a.org/t?{}"),
        ("https://a.org/t?u=1&v=%20a+b&u=2", "https://a.org/t?u=1&v=%20a+b&u=2&{}"),
        ("https://a.org?x#part", "https://a.org?x&{}#part"),
    ],
)
def test_an_external_address_keeps_its_query_and_gets_the_four_parameters(url: str, framed: str):
    said = "assignmentId=3A&hitId=3H&turkSubmitTo=https%3A%2F%2Fcrowd.test&workerId=AW"
    assert external.framed(url, PARAMETERS) == framed.format(said)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.mturk.com/mturk/externalSubmit",
        "http://workersandbox.mturk.com/mturk/externalSubmit",
        "//www.mturk.com/mturk/externalSubmit",
    ],
)
def test_forms_that_post_to_hosts_that_are_gone_post_here(address: str):
    page = f"<form action='{address}' method=post>"
    shown = html.localised(page, **HERE)
    assert shown == "<form action='https://crowd.test/mturk/externalSubmit' method=post>"


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>',
        "<script type='text/javascript' src='//assets.crowd.aws/crowd-html-elements-v2.js'></script>",
        "<SCRIPT SRC=https://assets.crowd.aws/crowd-html-elements.js async></SCRIPT>",
    ],
)
def test_crowd_html_elements_are_ours(tag: str):
    assert html.localised(tag, **HERE).lower() == '<script type="module" src="/e.js"></script>'


def test_the_script_of_external_hits_is_ours():
    page = "<script src='https://s3.amazonaws.com/mturk-public/externalHIT_v1.js'></script>"
    assert html.localised(page, **HERE) == "<script src='/x.js'></script>"


def test_other_scripts_are_left_alone():
    page = '<script src="https://cdn.example.org/assets.crowd.aws.js"></script>'
    assert html.localised(page, **HERE) == page


def test_a_layout_is_filled_in_once():
    filled = layouts.fill("<form>${a} ${ b } ${a}</form>", {"a": "AT&T <b>${b}</b>", "b": "]]>"})
    assert read(filled).html == "<form>AT&T <b>${b}</b> ]]> AT&T <b>${b}</b></form>"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_can_be_filled_in(value: str):
    assert read(layouts.fill("<form>${v}</form>", {"v": value})).html == f"<form>{value}</form>"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [({}, "names a, b have no"), ({"a": "x", "b": "\x01"}, "b holds a control character")],
)
def test_what_is_missing_or_cannot_be_xml_is_told(parameters: dict[str, str], said: str):
    with pytest.raises(Malformed, match=said):
        layouts.fill("${a}${b}${a}", parameters)


@pytest.mark.parametrize("page", ["<p>x</p>", "<html><body class=y><p>x</p></body></html>"])
def test_a_page_without_a_form_gets_the_usual_one(page: str):
    shown = layouts.with_form(page)
    assert shown.count("<form") == shown.count("</form>") == 1
    assert shown.index("<form") < shown.index("<p>x</p>") < shown.index("submitButton")
    assert layouts.with_form("<crowd-form></crowd-form>") == "<crowd-form></crowd-form>"
