"""A page in its envelope: whole, whatever is in it, and measured as the endpoint measures it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd import questions
from crowd.channels import Page, Question
from crowd.channels.mturk import envelope
from crowd.models import Instructions, LabelSet, Project
from crowd.rendering import turk_page
from crowd.services import pack
from crowd.services.pack import Pick

HOSTS = ("https://workers.test",)


def page(*payloads: dict[str, str]) -> Page:
    asked = tuple(Question(f"q{n}", f"i{n}", payload) for n, payload in enumerate(payloads, 1))
    return Page("", "What is it?", "Look closely.", ("cat", "dog"), asked)


def shown(*picks: Pick) -> str:
    project = Project(title="What is it?", task_type="choice", task_options={})
    label_set = LabelSet(labels=["cat", "dog"], details={})
    told = Instructions(text="Look.", template=None)
    return turk_page(pack.page(project, label_set, told, picks), hosts=HOSTS)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")))
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    document = f"<!doctype html><title>x</title><form>{text}]]></form>"
    assert questions.read(envelope.html_question(document, frame_height=450)).html == document


def test_what_xml_has_no_place_for_is_left_out() -> None:
    read = questions.read(envelope.html_question("<form>a\x00b\x0bc\ufffed\te</form>"))
    assert read.html == "<form>abcd\te</form>"


def test_size_is_counted_in_bytes() -> None:
    assert envelope.size("é☃") == 5


def test_an_address_keeps_its_query() -> None:
    url = "https://host.test/page?a=1&b=<2>&c=%22"
    assert questions.read(envelope.external_question(url)).url == url


@pytest.mark.parametrize("url", ["http://host.test/", "javascript:alert(1)", ""])
def test_only_https_is_an_address_for_a_page(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        envelope.external_question(url)


def test_the_page_is_one_document_that_loads_nothing() -> None:
    document = turk_page(page({"text": "one"}, {"text": "two"}), hosts=HOSTS)
    assert "<link" not in document
    assert " src=" not in document.replace("data-", "")
    assert envelope.size(envelope.html_question(document)) <= envelope.LONGEST


@pytest.mark.contract(64)
def test_gold_and_ordinary_questions_differ_in_nothing_but_content() -> None:
    """A page knows nothing of gold: what it is made from has no place for it."""
    ordinary, gold = (
        Pick(1, "i", {"text": "a text"}, None),
        Pick(2, "g", {"text": "a text"}, 7),
    )
    first, second = (shown(*picks) for picks in ([ordinary, ordinary], [gold, ordinary]))
    assert first == second
