"""How long a page can get is known without rendering it: what is thought to fit does fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowd.channels import Page, Question
from crowd.channels.mturk.posting import Posting
from crowd.services.mturk.posting import LARGER, html_question
from crowd.task_types import TASK_TYPES

ENDPOINT = "http://127.0.0.1:8081/mturk"
LABELS = ("cat", "dog")
VALUES = (
    st.text(max_size=40) | st.lists(st.text("<>'\"&é☃", max_size=9), max_size=4) | st.booleans() | st.none()
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["text", "image", "audio", "video", "alt", "left", "right"]) | st.text(max_size=3),
    VALUES | st.just("https://host.test/'&x.png"),
    max_size=8,
)


def size(task_type: str, payloads: list[dict[str, object]]) -> int:
    asked = tuple(Question(f"q{n}", "", payload) for n, payload in enumerate(payloads, 1))
    page = Page("", "What is it?", "", LABELS, asked, task_type=task_type)
    return len(html_question(page, Posting(), ENDPOINT).encode())


@pytest.mark.parametrize("task_type", sorted(set(TASK_TYPES) - {"ranking"}))
@settings(max_examples=25)
@given(st.lists(PAYLOADS, min_size=1, max_size=2))
def test_content_never_takes_more_than_is_allowed_for_it(
    task_type: str, payloads: list[dict[str, object]]
) -> None:
    empty = size(task_type, [{}] * len(payloads))
    assert size(task_type, payloads) <= empty + LARGER * len(json.dumps(payloads))
