"""What a password may be, and what its hash costs whom."""

from __future__ import annotations

from threading import Barrier, BoundedSemaphore, Thread

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from crowd.errors import TooMany, Unprocessable
from crowd.services.access import passwords


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hash quickly: what is tested here is not argon2."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(1, 8, 1))
    monkeypatch.setattr(passwords, "_hash_of_nobody", lambda: PasswordHasher(1, 8, 1).hash("nobody"))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("nine char", "at least 10"),
        ("x" * 201, "at most 200"),
        ("Password123", "first that anybody"),
        ("ＱＷＥＲＴＹＵＩＯＰ", "first that anybody"),
        ("Mia@Example.org", "the name"),
    ],
)
def test_what_is_refused_says_why(password, fault):
    with pytest.raises(Unprocessable, match=fault):
        passwords.check(password, login="mia@example.org")


@pytest.mark.parametrize("password", ["correct horse", "паролька-моя", "x" * 200, "    spaces    "])
def test_no_rule_asks_for_digits_or_signs(password):
    passwords.check(password, login="mia")


def test_the_common_ones_are_all_long_enough_to_be_refused_for_being_common():
    assert min(map(len, passwords.COMMON)) >= passwords.SHORTEST
    assert all(word == word.casefold() for word in passwords.COMMON)


@given(st.text(min_size=1, max_size=40))
def test_a_password_fits_its_own_hash_and_no_other(password):
    digest = PasswordHasher(1, 8, 1).hash(passwords._bytes(password))
    assert passwords.fits(digest, password)
    assert not passwords.fits(digest, password + "x")


def test_one_letter_may_be_typed_in_two_ways():
    assert passwords.fits(passwords.hashed("crème brûlée"), "cre\u0300me bru\u0302le\u0301e")


def test_the_hash_is_argon2id_with_the_parameters_of_the_library(monkeypatch):
    monkeypatch.undo()
    digest = passwords.hashed("correct horse")
    ours, default = digest.split("$")[1:4], PasswordHasher()
    assert ours[0] == "argon2id"
    assert ours[2] == f"m={default.memory_cost},t={default.time_cost},p={default.parallelism}"
    assert not passwords.is_outdated(digest)
    assert passwords.is_outdated(PasswordHasher(1, 8, 1).hash("x"))


def test_nothing_fits_where_there_is_no_hash():
    assert not passwords.fits(None, "nobody")
    assert not passwords.fits("not a hash", "nobody")


def test_no_more_are_hashed_at_once_than_there_are_cores(monkeypatch):
    monkeypatch.setattr(passwords, "_free", BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    inside, done = Barrier(2, timeout=10), Barrier(2, timeout=10)

    class Slow:
        def hash(self, _password):
            inside.wait()
            done.wait()

    monkeypatch.setattr(passwords, "_hasher", Slow)
    first = Thread(target=passwords.hashed, args=["x"])
    first.start()
    inside.wait()
    with pytest.raises(TooMany) as refused:
        passwords.hashed("y")
    done.wait()
    first.join()
    assert refused.value.retry_after == 1
