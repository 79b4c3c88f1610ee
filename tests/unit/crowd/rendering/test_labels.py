"""Labels in groups, and the keys that choose them."""

from __future__ import annotations

from string import ascii_letters

from hypothesis import given
from hypothesis import strategies as st

from crowd.rendering.labels import RESERVED, arrange, keys


def test_every_label_has_its_digit_and_its_letter():
    assert keys(["Yes", "No"], {}) == {"Yes": ("1", "y"), "No": ("2", "n")}


def test_letters_of_the_page_are_left_to_the_page():
    assert keys(["Seven", "Red"], {}) == {"Seven": ("1", "e"), "Red": ("2", "d")}


def test_a_requested_key_goes_before_first_letters():
    assert keys(["Yes", "Young"], {"Young": {"key": "Y"}}) == {"Yes": ("1", "e"), "Young": ("2", "y")}


def test_a_requested_digit_is_taken_from_the_label_at_that_place():
    assert keys(["a", "b"], {"b": {"key": "1"}}) == {"a": ("a",), "b": ("2", "1")}


def test_a_key_asked_for_twice_goes_to_the_first():
    assert keys(["a", "b"], {"a": {"key": "x"}, "b": {"key": "x"}})["b"] == ("2", "b")


def test_labels_no_key_can_type_get_a_letter_of_the_alphabet():
    assert keys(["猫", "犬"], {}) == {"猫": ("1", "a"), "犬": ("2", "b")}


@given(st.lists(st.text(ascii_letters, min_size=1, max_size=4), min_size=1, max_size=40, unique=True))
def test_no_key_chooses_two_labels(labels: list[str]):
    given_out = [key for found in keys(labels, {}).values() for key in found]
    assert len(given_out) == len(set(given_out))
    assert not RESERVED & set(given_out)


def test_other_and_cannot_tell_come_last():
    details = {"Unsure": {"kind": "cannot_tell"}, "Else": {"kind": "other"}}
    assert [option.label for option in arrange(["Unsure", "Else", "Cat"], details)] == [
        "Cat",
        "Else",
        "Unsure",
    ]


def test_parents_are_headings_in_the_order_of_their_labels():
    details = {"Cat": {"parent": "Mammals"}, "Mammals": {"parent": "Animals"}, "Crow": {"parent": "Birds"}}
    root = arrange(["Stone", "Cat", "Crow"], details)
    assert [option.label for option in root.options] == ["Stone"]
    assert [(group.name, [below.name for below in group.groups]) for group in root.groups] == [
        ("Animals", ["Mammals"]),
        ("Birds", []),
    ]
    assert [option.keys[0] for option in root] == ["1", "2", "3"]


def test_a_circle_of_parents_ends():
    details = {"a": {"parent": "b"}, "b": {"parent": "a"}}
    assert {option.label for option in arrange(["a", "b"], details)} == {"a", "b"}
