"""Sessions live in the database: they end when they should, and at once."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from crowd.models import ApiKey, WebSession
from crowd.services.access import keys, sessions


@pytest.fixture
def worker(add):
    return add("mia")[0]


@pytest.fixture
def cookie(database, worker, clock):
    return database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))


@pytest.fixture
def who(database, clock):
    def look(text):
        with database.read() as session:
            return sessions.visitor(session, text, now=clock())

    return look


def test_a_cookie_is_whom_it_was_made_for(who, cookie, worker):
    found = who(cookie)
    assert (found.worker.id, found.principal) == (worker.id, None)


def test_only_the_digest_of_the_secret_is_stored(database, cookie):
    public_id, secret = cookie.split(".")
    with database.read() as session:
        row = session.scalars(select(WebSession)).one()
    assert (row.public_id, row.digest) == (public_id, hashlib.sha256(secret.encode()).hexdigest())
    assert len(secret) >= 43  # 256 bits in base64


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: "." + t, lambda t: "\0"])
def test_another_text_is_nobody(who, cookie, spoil):
    assert who(spoil(cookie)) is None


def test_it_ends_after_twelve_hours_without_a_visit(who, cookie, clock):
    clock.advance(hours=12, seconds=-1)
    assert who(cookie)
    clock.advance(seconds=1)
    assert who(cookie) is None


def test_visits_keep_it_but_for_seven_days_at_most(database, who, cookie, clock):
    for _ in range(27):
        clock.advance(hours=6)
        found = who(cookie)
        assert found.is_worth_noting
        database.transact(
            lambda session, one=found: sessions.note_visit(session, one.session_id, now=clock())
        )
    clock.advance(hours=6)
    assert who(cookie) is None


def test_a_visit_is_noted_every_ten_minutes_at_most(who, cookie, clock):
    clock.advance(minutes=10)
    assert not who(cookie).is_worth_noting
    clock.advance(seconds=1)
    assert who(cookie).is_worth_noting


def test_signing_out_ends_this_session_only(database, who, cookie, worker, clock):
    other = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
    database.transact(lambda session: sessions.close(session, cookie, now=clock()))
    assert who(cookie) is None
    assert who(other)


def test_signing_out_everywhere_can_keep_one(database, who, cookie, worker, clock):
    kept = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
    ended = database.transact(
        lambda session: sessions.close_all(session, worker, now=clock(), keep=who(kept).session_id)
    )
    assert (ended, who(cookie)) == (1, None)
    assert who(kept)


def test_the_form_token_belongs_to_one_session(database, who, cookie, worker, clock):
    other = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
    assert who(cookie).csrf == who(cookie).csrf != who(other).csrf


class TestOfARequester:
    @pytest.fixture
    def key(self, database, ann, clock):
        options = {"label": "desk", "scopes": ["read"], "expires_at": clock() + timedelta(hours=2)}
        return database.transact(lambda session: keys.create(session, ann, **options, now=clock())[0])

    @pytest.fixture
    def cookie(self, database, key, clock):
        return database.transact(lambda session: sessions.open_for_key(session, key, now=clock()))

    def test_it_may_do_what_the_key_may(self, who, cookie, key):
        found = who(cookie).principal
        assert (found.key_id, found.scopes) == (key.id, {"read"})

    def test_it_ends_with_the_key(self, who, cookie, clock):
        clock.advance(hours=2)
        assert who(cookie) is None

    def test_it_ends_when_the_key_is_revoked(self, database, who, cookie, key, ann, clock):
        database.transact(lambda session: keys.revoke(session, ann, key.public_id, now=clock()))
        assert who(cookie) is None


def test_it_ends_when_the_worker_is_erased(database, who, cookie, worker, clock):
    def erase(session):
        session.merge(worker).erased_at = clock()

    database.transact(erase)
    assert who(cookie) is None


def test_what_is_over_is_pruned_and_nothing_else(database, who, cookie, worker, clock):
    clock.advance(hours=11)
    young = database.transact(lambda session: sessions.open_for_worker(session, worker, now=clock()))
    clock.advance(hours=2)
    assert database.transact(lambda session: sessions.prune(session, now=clock())) == 1
    assert who(young)
    with database.read() as session:
        assert len(session.scalars(select(WebSession)).all()) == 1
        assert session.scalars(select(ApiKey)).all() == []
