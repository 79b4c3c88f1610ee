"""Who is let in, who is not, and what that tells them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from crowd.db import connect
from crowd.errors import Conflict, CrowdError, Forbidden, NotFound, TooMany, Unauthorized, Unprocessable
from crowd.models import Account, Attempts, AuditEntry, Invitation, Worker
from crowd.services import roster
from crowd.services.access import sessions
from crowd.services.people import invitations
from crowd.services.people.accounts import Identity
from crowd.services.people.door import Door

PASSWORD = "correct horse"
OTHER = "battery staple"
HOME = "203.0.113.7"


@pytest.fixture
def mia(door, invited):
    """A worker who has joined; the cookie of their session."""
    return door.join(invited("mia"), "Mia", PASSWORD)


@pytest.fixture
def who(database, clock):
    def look(cookie):
        with database.read() as session:
            found = sessions.visitor(session, cookie, now=clock())
            return found and found.worker.name

    return look


def worker(database, name="mia"):
    with database.read() as session:
        return session.scalars(select(Worker).where(Worker.name == name)).one()


class TestInvitations:
    def test_let_a_worker_choose_a_name_and_a_password(self, door, invited, who):
        assert who(door.join(invited("mia"), "Mia", PASSWORD)) == "mia"
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == "mia"

    def test_are_good_once(self, door, invited):
        token = invited("mia")
        door.join(token, "Mia", PASSWORD)
        with pytest.raises(NotFound, match="used"):
            door.join(token, "Eve", PASSWORD)

    def test_are_kept_when_what_was_chosen_is_refused(self, door, invited, who):
        token = invited("mia")
        for login, password in (("Mia", "short"), ("x", PASSWORD), ("two words", PASSWORD)):
            with pytest.raises(Unprocessable):
                door.join(token, login, password)
        assert who(door.join(token, "Mia", PASSWORD)) == "mia"

    def test_end_after_a_week(self, door, invited, clock):
        early, late = invited("mia"), invited("tom")
        clock.advance(days=7, seconds=-1)
        door.join(early, "Mia", PASSWORD)
        clock.advance(seconds=1)
        with pytest.raises(NotFound, match="over"):
            door.join(late, "Tom", PASSWORD)

    def test_end_with_the_next_one(self, database, door, invited, ann, clock, who):
        first = invited("mia")
        second = database.transact(
            lambda session: invitations.renew(session, ann, worker(database), now=clock())
        )
        with pytest.raises(NotFound):
            door.join(first, "Mia", PASSWORD)
        assert who(door.join(second, "Mia", PASSWORD)) == "mia"

    def test_are_stored_as_a_digest(self, database, invited):
        token = invited("mia")
        with database.read() as session:
            row = session.scalars(select(Invitation)).one()
        assert token.split(".")[0] == row.public_id
        assert token.split(".")[1] not in (row.digest, row.public_id)
        assert len(token.split(".")[1]) >= 22  # 128 bits in base64

    @pytest.mark.parametrize(
        "spoil", [lambda t: t[:-1], lambda t: t.split(".")[0], lambda t: "\0", lambda t: ""]
    )
    def test_cannot_be_guessed(self, door, invited, spoil):
        with pytest.raises(NotFound):
            door.join(spoil(invited("mia")), "Mia", PASSWORD)

    def test_let_one_of_two_in_who_come_at_once(self, door, invited, who):
        token = invited("mia")

        def join(login):
            try:
                return who(door.join(token, login, PASSWORD))
            except CrowdError as error:
                return type(error)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(join, ["mia", "eve"]), key=str) == [NotFound, "mia"]

    def test_to_another_requester_s_worker_cannot_be_renewed(self, database, invited, ann, clock):
        from crowd.services.access import keys

        invited("mia")
        bob = database.transact(lambda session: keys.operator(keys.requester(session, "bob", now=clock())))
        with pytest.raises(NotFound):
            database.transact(lambda session: invitations.renew(session, bob, worker(database), now=clock()))

    def test_let_a_worker_who_forgot_set_a_new_password(self, database, door, mia, ann, clock, who):
        token = database.transact(
            lambda session: invitations.renew(session, ann, worker(database), now=clock())
        )
        cookie = door.join(token, "ignored: the name stays", OTHER)
        assert (who(mia), who(cookie)) == (None, "mia")
        with pytest.raises(Unauthorized):
            door.sign_in("mia", PASSWORD, address=HOME)
        assert who(door.sign_in("mia", OTHER, address=HOME)) == "mia"

    def test_are_on_record(self, database, door, mia):
        with database.read() as session:
            acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert acts == ["worker.invite", "account.password"]


class TestNames:
    @pytest.mark.parametrize("typed", ["mia", "MIA", "ｍｉａ", " Mia "])
    def test_are_one_however_they_are_typed(self, door, mia, who, typed):
        assert who(door.sign_in(typed, PASSWORD, address=HOME)) == "mia"

    @pytest.mark.parametrize("login", ["MIA", "ｍｉａ"])
    def test_are_taken_once(self, door, mia, invited, login):
        with pytest.raises(Unprocessable, match="taken"):
            door.join(invited("eve"), login, PASSWORD)

    @pytest.mark.parametrize("login", ["", "ab", "a b c", "mi\u200ba", "mi\0a", "openid:x", "x" * 101])
    def test_that_could_deceive_are_refused(self, door, invited, login):
        with pytest.raises(Unprocessable):
            door.join(invited("eve"), login, PASSWORD)


class TestSigningIn:
    @pytest.mark.parametrize(("login", "password"), [("mia", OTHER), ("tom", PASSWORD), ("mi\0a", PASSWORD)])
    def test_tells_nobody_which_half_was_wrong(self, door, mia, login, password):
        with pytest.raises(Unauthorized, match="the name or the password is wrong"):
            door.sign_in(login, password, address=HOME)

    def test_costs_the_same_whether_the_name_is_known_or_not(self, door, mia, hasher):
        hasher.calls.clear()
        for login in ("mia", "tom"):
            with pytest.raises(Unauthorized):
                door.sign_in(login, OTHER, address=HOME)
        assert hasher.calls == ["verify", "verify"]

    def test_opens_a_new_session_and_ends_the_one_come_with(self, door, mia, who):
        again = door.sign_in("mia", PASSWORD, address=HOME, leaving=mia)
        assert again.split(".")[0] != mia.split(".")[0]
        assert (who(mia), who(again)) == (None, "mia")

    def test_renews_a_hash_made_with_weaker_parameters(self, database, door, mia, hasher):
        def digest():
            with database.read() as session:
                return session.scalars(select(Account.password_digest)).one()

        weak = digest()
        hasher._parameters = type(hasher)(2, 16, 1)._parameters
        door.sign_in("mia", PASSWORD, address=HOME)
        assert "t=2" in digest() != weak
        door.sign_in("mia", PASSWORD, address=HOME)

    def test_of_a_banned_worker_is_refused(self, database, door, mia, who, ann, clock):
        person = worker(database)
        ban = {"project": None, "kind": "banned", "reason": "spam", "facts": {}, "actor": "test"}
        database.transact(lambda session: roster.restrict(session, person, **ban, now=clock()))
        assert who(mia) is None
        with pytest.raises(Forbidden, match="closed"):
            door.sign_in("mia", PASSWORD, address=HOME)
        database.transact(lambda session: roster.lift(session, ann, person, None, now=clock()))
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == "mia"

    @pytest.mark.parametrize(("kind", "everywhere"), [("paused", True), ("suspended", True)])
    def test_goes_on_for_those_who_only_rest(self, database, door, mia, who, clock, kind, everywhere):
        rest = {"project": None, "kind": kind, "reason": "rest", "facts": {}, "actor": "test"}
        database.transact(lambda session: roster.restrict(session, worker(database), **rest, now=clock()))
        assert who(mia) == "mia"
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == "mia"


def fail(door, times, login="mia", address=HOME):
    for _ in range(times):
        with pytest.raises(Unauthorized):
            door.sign_in(login, OTHER, address=address)


class TestLimits:
    def test_five_failures_close_an_account_for_a_while(self, door, mia, hasher, clock, who):
        fail(door, 5)
        hasher.calls.clear()
        with pytest.raises(TooMany) as refused:
            door.sign_in("MIA", PASSWORD, address="198.51.100.1")
        assert hasher.calls == []
        assert 0 < refused.value.retry_after <= 15 * 60
        clock.advance(seconds=refused.value.retry_after)
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == "mia"

    def test_names_that_do_not_exist_are_limited_alike(self, door):
        fail(door, 5, login="nobody")
        with pytest.raises(TooMany):
            door.sign_in("nobody", OTHER, address=HOME)

    def test_success_counts_nothing(self, door, mia):
        for _ in range(12):
            door.sign_in("mia", PASSWORD, address=HOME)
        fail(door, 5)

    def test_fifty_failures_close_an_address(self, door, mia):
        for n in range(50):
            fail(door, 1, login=f"name{n}")
        with pytest.raises(TooMany):
            door.sign_in("mia", PASSWORD, address=HOME)
        door.sign_in("mia", PASSWORD, address="198.51.100.1")

    def test_they_hold_across_processes_and_restarts(self, door, mia, migrated_url, clock, settings):
        fail(door, 5)
        door.database.dispose()
        again = connect(migrated_url)
        with pytest.raises(TooMany):
            Door(again, clock, settings.secret_key).sign_in("mia", PASSWORD, address=HOME)
        again.dispose()

    def test_they_hold_for_many_who_try_at_once(self, door, mia):
        def attempt(n):
            try:
                door.sign_in("mia", f"{OTHER} {n}", address=HOME)
            except CrowdError as error:
                return type(error)

        with ThreadPoolExecutor(8) as pool:
            tried = list(pool.map(attempt, range(24)))
        assert tried.count(Unauthorized) <= 5
        assert tried.count(TooMany) == 24 - tried.count(Unauthorized)

    def test_neither_name_nor_address_is_stored_readably(self, database, door, mia):
        fail(door, 1)
        with database.read() as session:
            buckets = session.scalars(select(Attempts.bucket).where(Attempts.count > 0)).all()
        assert len(buckets) == 2
        assert not any("mia" in bucket or HOME in bucket for bucket in buckets)


class TestChangingThePassword:
    def test_ends_all_other_sessions(self, door, mia, who):
        other = door.sign_in("mia", PASSWORD, address=HOME)
        door.change_password(mia, PASSWORD, OTHER, address=HOME)
        assert (who(mia), who(other)) == ("mia", None)
        with pytest.raises(Unauthorized):
            door.sign_in("mia", PASSWORD, address=HOME)
        assert who(door.sign_in("mia", OTHER, address=HOME)) == "mia"

    def test_needs_the_present_one_and_a_fit_new_one(self, door, mia, who):
        other = door.sign_in("mia", PASSWORD, address=HOME)
        for old, new in ((OTHER, "something else"), (PASSWORD, "short"), (PASSWORD, "password123")):
            with pytest.raises(Unprocessable):
                door.change_password(mia, old, new, address=HOME)
        assert who(other) == "mia"

    def test_is_no_way_to_guess_it(self, door, mia):
        for _ in range(5):
            with pytest.raises(Unprocessable):
                door.change_password(mia, OTHER, "something else", address=HOME)
        with pytest.raises(TooMany):
            door.change_password(mia, PASSWORD, "something else", address=HOME)

    def test_needs_a_session(self, door, mia, database, clock):
        database.transact(lambda session: sessions.close(session, mia, now=clock()))
        with pytest.raises(Unauthorized):
            door.change_password(mia, PASSWORD, OTHER, address=HOME)

    def test_needs_a_password_to_change(self, door, add):
        cookie = door.enter(add("tom")[1])
        with pytest.raises(Conflict, match="no password"):
            door.change_password(cookie, PASSWORD, OTHER, address=HOME)


class TestTokens:
    def test_made_by_a_requester_open_a_session_again_and_again(self, door, add, who):
        token = add("tom")[1]
        one, two = door.enter(token), door.enter(token)
        assert who(one) == who(two) == "tom"

    def test_that_are_unknown_do_not(self, door, add):
        for wrong in ("", "cww_x_y", add("tom")[1] + "x", "\0"):
            with pytest.raises(Unauthorized):
                door.enter(wrong)


class TestIdentities:
    MIA = Identity("https://id.example", "mia-7")

    def test_are_linked_by_an_invitation_and_then_let_in(self, door, invited, who):
        assert who(door.join_as(invited("mia"), self.MIA)) == "mia"
        assert who(door.arrive(self.MIA)) == "mia"

    def test_that_nobody_linked_are_not_let_in(self, door, mia):
        for identity in (self.MIA, Identity("https://evil.example", "mia-7")):
            with pytest.raises(Unauthorized, match="invitation"):
                door.arrive(identity)

    def test_are_linked_by_whoever_is_signed_in(self, door, mia, who):
        door.link(mia, self.MIA)
        assert who(door.arrive(self.MIA)) == "mia"
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == "mia"

    def test_belong_to_one_worker(self, door, mia, invited):
        door.link(mia, self.MIA)
        token = invited("tom")
        with pytest.raises(Conflict, match="another account"):
            door.join_as(token, self.MIA)
        door.join(token, "tom", PASSWORD)  # the invitation was not used up

    def test_get_a_name_and_a_password_by_a_new_invitation(self, database, door, invited, ann, clock, who):
        door.join_as(invited("mia"), self.MIA)
        token = database.transact(
            lambda session: invitations.renew(session, ann, worker(database), now=clock())
        )
        door.join(token, "mia", PASSWORD)
        assert who(door.sign_in("mia", PASSWORD, address=HOME)) == who(door.arrive(self.MIA)) == "mia"
