"""Requirements are read, written, and held against what somebody can do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.qualification import COMPARISONS, NAME, faults, parse, text, unmet

GERMAN = {"kind": "skill", "name": "german", "sign": ">=", "value": 0.8}
RADIOLOGY = {"kind": "group", "name": "radiology", "member": True}
NO_TRAINEE = {"kind": "group", "name": "trainees", "member": False}

names = st.from_regex(NAME, fullmatch=True)
skills = st.builds(
    lambda name, sign, value: {"kind": "skill", "name": name, "sign": sign, "value": value},
    names,
    st.sampled_from(sorted(COMPARISONS)),
    st.floats(0, 1),
)
groups = st.builds(
    lambda name, member: {"kind": "group", "name": name, "member": member}, names, st.booleans()
)
requirements = st.lists(skills | groups, max_size=5)


def test_a_sentence_becomes_data():
    read = parse("skill german >= 0.8 and group radiology AND not group trainees")
    assert read == [GERMAN, RADIOLOGY, NO_TRAINEE]
    assert parse("") == parse("   ") == []
    assert parse("skill german>=.8") == [GERMAN]


@given(requirements)
def test_what_is_written_is_read_again(wanted):
    assert parse(text(wanted)) == wanted
    assert faults(wanted) == []


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(words):
    try:
        found = parse(words)
    except ValueError as error:
        found, said = [], str(error)
        assert said.count("is no requirement") == 1
    assert faults(found) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("german >= 0.8", "'german >= 0.8' is no requirement"),
        ("skill german", "'skill german' is no requirement"),
        ("skill german => 0.8", "is no requirement"),
        ("skill german >= 80", "a NUMBER from 0 to 1"),
        ("skill german >= nan", "a NUMBER from 0 to 1"),
        ("group a and", "'nothing' is no requirement"),
        ("group a or group b", "is no requirement"),
        ("group a b", "'group a b' is no requirement"),
        ("not skill german >= 0.8", "is no requirement"),
        ("group -a", "is no requirement"),
    ],
)
def test_what_is_wrong_is_said(words, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        parse(words)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "skill", "name": "x"},
        {**GERMAN, "value": True},
        {**GERMAN, "value": 2},
        {**GERMAN, "sign": ["<"]},
        {**GERMAN, "more": 1},
        {**RADIOLOGY, "member": 1},
        {**RADIOLOGY, "name": ""},
        {"kind": "age", "name": "x"},
    ],
)
def test_data_that_is_no_requirement_is_found(data):
    assert len(faults([RADIOLOGY, data])) == 1


def test_each_unmet_requirement_has_its_reason():
    wanted = [GERMAN, RADIOLOGY, NO_TRAINEE]
    assert unmet(wanted, {"german": 0.8}, ["radiology"]) == []
    assert unmet(wanted, {"german": 0.75}, {"trainees"}) == [
        "skill german >= 0.8: the worker's is 0.75",
        "group radiology: the worker is not in it",
        "not group trainees: the worker is in it",
    ]
    assert unmet([GERMAN], {}, []) == ["skill german >= 0.8: the worker has no such skill"]


@given(requirements, st.dictionaries(names, st.floats(0, 1)), st.sets(names))
def test_all_are_met_exactly_where_each_is(wanted, known, member_of):
    each = [unmet([one], known, member_of) for one in wanted]
    assert unmet(wanted, known, member_of) == [words for found in each for words in found]
    assert all(len(found) <= 1 for found in each)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_skill_never_loses_a_least_skill(bar, less, more):
    wanted = [{**GERMAN, "value": bar}]
    if less <= more and not unmet(wanted, {"german": less}, []):
        assert not unmet(wanted, {"german": more}, [])
