"""The walker of the service model: it takes what botocore sends and nothing that no shape allows."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from crowd.services.market.refusals import Refused
from crowd.turk import check
from crowd.turk.model import service

CAPITALS = string.ascii_uppercase + string.digits


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Return the values that fit a shape, as they stand in JSON."""
    if isinstance(shape, StructureShape):
        members = {name: values(member) for name, member in shape.members.items()}
        required = {name: members[name] for name in shape.required_members}
        optional = {name: each for name, each in members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member), max_size=2)
    if shape.type_name == "string":
        return words(shape)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "timestamp":
        return st.integers(0, 2**32)
    return st.integers(shape.metadata.get("min", -(2**31)), shape.metadata.get("max", 2**31 - 1))


def words(shape: Shape) -> st.SearchStrategy[str]:
    if "enum" in shape.metadata:
        return st.sampled_from(shape.metadata["enum"])
    if "pattern" in shape.metadata:
        patterns = {"^[A-Z0-9]+$": "", "^A[A-Z0-9]+$": "A"}
        if shape.metadata["pattern"] not in patterns:
            return st.from_regex(r"[0-9]{1,5}(\.[0-9]{0,2})?", fullmatch=True)
        start = patterns[shape.metadata["pattern"]]
        return st.text(CAPITALS, min_size=1, max_size=60).map(lambda text: start + text)
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 20)
    letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    return st.text(letters, min_size=low, max_size=min(high, 20))


def plain(value: Any) -> Any:
    """Return a checked value with its times as numbers again."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


@pytest.mark.contract(4)
@given(data=st.data())
def test_what_fits_a_shape_is_taken_as_it_is(data: st.DataObject):
    name = data.draw(st.sampled_from(service().operation_names))
    sent = data.draw(values(service().operation_model(name).input_shape))
    assert plain(check.given(name)(sent, "")) == sent


@pytest.mark.contract(4)
@given(data=st.data())
def test_a_member_too_many_or_too_few_is_refused(data: st.DataObject):
    name = data.draw(st.sampled_from(service().operation_names))
    shape = service().operation_model(name).input_shape
    sent = data.draw(values(shape))
    with pytest.raises(Refused, match="there is no member 'Colour'"):
        check.given(name)({**sent, "Colour": "red"}, "")
    for member in shape.required_members:
        for rest in ({**sent, member: None}, {key: sent[key] for key in sent if key != member}):
            with pytest.raises(Refused, match="is required"):
                check.given(name)(rest, "")


@pytest.mark.contract(6)
@pytest.mark.parametrize("name", service().operation_names)
def test_a_reply_with_a_foreign_member_is_noticed(name: str):
    with pytest.raises(Refused, match="there is no member"):
        check.reply(name)({"Colour": "red"}, "")


def test_a_time_is_read_with_its_zone():
    given = check.given("UpdateExpirationForHIT")({"HITId": "A", "ExpireAt": 1.5}, "")
    assert given["ExpireAt"] == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def test_a_refusal_says_where():
    requirement = {"QualificationTypeId": "1", "Comparator": "Nearly"}
    terms = {"Title": "t", "Description": "d", "Reward": "1", "AssignmentDurationInSeconds": 60}
    with pytest.raises(Refused, match=r"QualificationRequirements\[0\]\.Comparator"):
        check.given("CreateHITType")({**terms, "QualificationRequirements": [requirement]}, "")
