"""Passwords: what one may be, and the slow hash that is stored of it."""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from crowd.errors import TooMany, bad_input

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 10
LONGEST = 200
# Those of ten characters and more that lists of stolen passwords are led by.
_LEADING = """
    0000000000 0123456789 0987654321 1111111111 1122334455 1223334444 1231231231 123123123123 1234512345
    1234554321 123456123456 1234567890 12345678900 12345678901 1234567890q 12345678910 123456789a
    123456789q 123qweasdzxc 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 2222222222 5555555555
    9876543210 9999999999 aaaaaaaaaa abcd123456 abcdefghij abcdefghijk administrator asdfasdfasdf
    asdfghjkl123 asdfghjkl; basketball bismillah1 california changeme123 changemenow chocolate1
    computer123 dragon1234 football123 iloveyou12 iloveyou123 letmein123 letmein1234 liverpool1
    manchester michelle123 monkey1234 mypassword myspace123 p@ssw0rd123 p@ssword123 pa55word123
    passw0rd123 password00 password01 password10 password11 password12 password123 password1234
    password12345 password123456 passwordpassword princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc1
    qazwsxedcrfv qqqqqqqqqq qwer123456 qwerasdfzxcv qwerty1234 qwerty12345 qwerty123456 qwertyqwerty
    qwertyuiop qwertyuiop1 qwertyuiop123 secret1234 spiderman1 sunshine123 superman123 unknown123
    welcome123 welcome1234 zaq12wsxcde3 zaqxswcdevfr zxcvbnm123 zxcvbnmasd
"""
COMMON = frozenset(_LEADING.split())
# Long enough for a few people who sign in at the same moment, too short to hold up the threads.
PATIENCE = 0.5

_free = BoundedSemaphore(len(os.sched_getaffinity(0)))


def check(password: str, *, login: str) -> None:
    """Raise, with what to do, unless a password is fit for an account of this name."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < SHORTEST:
        raise bad_input("password", f"must have at least {SHORTEST} characters; a few words do well")
    if len(password) > LONGEST:
        raise bad_input("password", f"must have at most {LONGEST} characters")
    if folded == login:
        raise bad_input("password", "must not be the name you sign in with")
    if folded in COMMON:
        raise bad_input("password", "is among the first that anybody would try; take another")


def hashed(password: str) -> str:
    """Return the argon2id hash of a password. Slow: never inside a transaction."""
    with _turn():
        return _hasher().hash(_bytes(password))


def fits(digest: str | None, password: str) -> bool:
    """Tell whether a password is the one hashed; without a hash it is not, and that takes as long.

    Slow: never inside a transaction.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    nobody = _hash_of_nobody()  # made before the two cases part, or the first of one would take twice as long
    with _turn():
        try:
            return _hasher().verify(digest or nobody, _bytes(password)) and digest is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(digest: str) -> bool:
    """Tell whether a hash was made with weaker parameters than those of today."""
    return _hasher().check_needs_rehash(digest)


@contextmanager
def _turn() -> Iterator[None]:
    # A hash takes 64 MiB and most of a core for a tenth of a second: many at once would stop the server.
    if not _free.acquire(timeout=PATIENCE):
        raise TooMany("many people are signing in at this moment; try again in a second", retry_after=1)
    try:
        yield
    finally:
        _free.release()


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash(secrets.token_bytes(16))


def _bytes(password: str) -> bytes:
    # The same letters can be typed as different code points; lone surrogates cannot be encoded at all.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
