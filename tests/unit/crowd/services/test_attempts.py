"""Windows of time, and what counts as one caller."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.services.access import attempts
from crowd.services.access.attempts import Limit

moments = st.timedeltas(timedelta(0), timedelta(days=50_000)).map(attempts.EPOCH.__add__)


@given(moments, st.integers(1, 10**6))
def test_every_moment_is_in_one_window(now, seconds):
    limit = Limit("x", 1, timedelta(seconds=seconds))
    begin = limit.begin(now)
    assert begin <= now < begin + limit.window
    assert limit.begin(begin) == begin
    assert limit.begin(now + timedelta(seconds=limit.wait(now))) > begin


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("unknown", "unknown", True),
    ],
)
def test_a_caller_is_an_address_or_the_network_of_an_ipv6_one(one, other, same):
    assert (attempts.network(one) == attempts.network(other)) == same


def test_an_address_is_counted_under_what_only_the_secret_yields():
    mine = attempts.pseudonym("secret", "203.0.113.7")
    assert mine == attempts.pseudonym("secret", "203.0.113.7")
    assert mine != attempts.pseudonym("another", "203.0.113.7")
    assert mine != attempts.pseudonym("secret", "203.0.113.8")
