"""What of a payload is shown as what."""

from __future__ import annotations

import pytest

from crowd.rendering.content import content, is_loadable, plain, side


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("image", "https://example.org/a.png?size=1&x=%20"),
        ("image", "HTTPS://example.org/a.png"),
        ("image", "data:image/png;base64,iVBORw0KGgo="),
        ("audio", "data:audio/wav;base64,UklGRg=="),
        ("video", "https://example.org/a.mp4"),
    ],
)
def test_media_over_https_or_inline_are_loaded(kind: str, address: str):
    assert is_loadable(kind, address)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("image", "http://example.org/a.png"),
        ("image", "javascript:alert(1)"),
        ("image", "data:text/html,<script>alert(1)</script>"),
        ("audio", "data:image/png;base64,iVBORw0KGgo="),
        ("image", "//example.org/a.png"),
        ("image", "https:// example.org/a.png"),
        ("image", "https://example.org/a.png\n"),
        ("image", "file:///etc/passwd"),
        ("image", ""),
    ],
)
def test_anything_else_is_not(kind: str, address: str):
    assert not is_loadable(kind, address)


def test_what_is_not_loaded_is_shown_as_text():
    (part,) = content({"image": "http://example.org/a.png"}).parts
    assert (part.kind, part.value) == ("text", "http://example.org/a.png")


def test_fields_without_a_place_of_their_own_become_rows():
    shown = content({"text": "Hi", "stars": 4, "tags": ["a", "ü"], "none": None})
    assert [part.value for part in shown.parts] == ["Hi"]
    assert shown.rows == (("stars", "4"), ("tags", '["a", "ü"]'), ("none", ""))


def test_fields_shown_apart_are_left_out():
    assert content({"text": "Hi", "stars": 4}, apart=("text",)).parts == ()


def test_an_image_says_what_it_is_where_the_payload_does():
    shown = content({"image": "https://example.org/a.png", "alt": "A street at night"})
    assert shown.parts[0].description == "A street at night"
    assert shown.rows == ()


def test_a_description_without_an_image_is_a_field():
    assert content({"alt": "x"}).rows == (("alt", "x"),)


def test_a_side_is_a_text_or_an_object():
    assert side("left").parts[0].value == "left"
    assert side({"image": "https://example.org/a.png"}).parts[0].kind == "image"


def test_numbers_and_objects_read_as_json():
    assert plain({"a": 1.5}) == '{"a": 1.5}'
