"""The document with a page's questions: whose it is, what it shows, and the policy it comes under."""

from __future__ import annotations

import re

import pytest

from crowd.rendering import policy


def path(token: str) -> str:
    return f"/work/pages/{token}/frame"


def test_the_document_comes_under_a_policy_with_a_nonce_of_its_own(wim, world):
    page = world.page("wim")
    answers = [wim.get(path(page.token)) for _ in range(2)]
    nonces = [re.findall(r'<script nonce="([^"]+)"', answer.text) for answer in answers]
    assert len({nonce for found in nonces for nonce in found}) == 2
    for answer, found in zip(answers, nonces, strict=True):
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == policy(found[0])
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_it_shows_the_questions_and_nothing_that_tells_them_from_others(wim, world):
    page = world.page("wim")
    document = wim.get(path(page.token)).text
    assert [f'id="{question.name}"' in document for question in page.questions] == [True] * 3
    assert page.token not in document
    assert "gold" not in document.lower()


def test_a_page_of_someone_else_is_not_there(sign_in, world):
    page = world.page("wim")
    foreign = sign_in("eva").get(path(page.token))
    absent = sign_in("eva").get(path("no-such-page"))
    assert foreign.status_code == absent.status_code == 404
    assert page.questions[0].payload["text"] not in foreign.text


@pytest.mark.parametrize("end", ["handed in", "given back"])
def test_a_page_that_has_ended_is_shown_no_more(wim, world, end: str):
    page = world.page("wim")
    if end == "handed in":
        world.answer("wim")
    else:
        world.give_back("wim", page)
    assert wim.get(path(page.token)).status_code == 409
