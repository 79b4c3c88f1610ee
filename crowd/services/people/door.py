"""Where workers come in. Passwords are hashed between transactions, never inside one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import Conflict, Unauthorized, bad_input
from crowd.models import Account, Worker
from crowd.services.access import attempts, keys, passwords, sessions
from crowd.services.people import accounts, invitations
from crowd.services.people.accounts import NAMELESS, Identity

WRONG = "the name or the password is wrong"


@dataclass(frozen=True, slots=True)
class Door:
    """Lets people in, each by one way, with the text of their new session's cookie.

    `leaving` is the cookie they came with: its session ends, so that nobody can have laid it there for them.
    """

    database: Database
    clock: Clock
    secret: str

    def sign_in(self, login: str, password: str, *, address: str, leaving: str | None = None) -> str:
        """Let in by name and password; failures are limited by name and by address."""
        account = self._count(login, address)
        stored = account.password_digest if account else None
        if not passwords.fits(stored, password) or account is None or stored is None:
            raise Unauthorized(WRONG)
        renewed = passwords.hashed(password) if passwords.is_outdated(stored) else stored

        def work(session: Session) -> str:
            current = session.get_one(Account, account.id)
            if current.password_digest != stored:  # changed while we compared
                raise Unauthorized(WRONG)
            current.password_digest = renewed
            self._take_back(session, login, address)
            return self._open(session, session.get_one(Worker, current.worker_id), leaving)

        return self.database.transact(work)

    def join(self, token: str, login: str, password: str, *, leaving: str | None = None) -> str:
        """Let in by an invitation, which is used up, and set the password; other sessions end."""
        with self.database.read() as session:
            _, worker = invitations.find(session, token, now=self.clock())
            kept = known_name(session, worker)
            folded = kept or accounts.check_login(login)
            if kept is None and accounts.named(session, folded) is not None:
                raise bad_input("login", "is taken; choose another")
        passwords.check(password, login=folded)
        digest = passwords.hashed(password)

        def work(session: Session) -> str:
            joining = invitations.consume(session, token, now=self.clock())
            accounts.set_password(session, joining, login=folded, digest=digest, now=self.clock())
            sessions.close_all(session, joining, now=self.clock())
            return self._open(session, joining, leaving)

        return self.database.transact(work)

    def enter(self, token: str, *, leaving: str | None = None) -> str:
        """Let in by the token a requester made."""

        def work(session: Session) -> str:
            return self._open(session, keys.authenticate_worker(session, token), leaving)

        return self.database.transact(work)

    def arrive(self, identity: Identity, *, leaving: str | None = None) -> str:
        """Let in by an identity at a provider that is linked to an account."""

        def work(session: Session) -> str:
            account = accounts.of_identity(session, identity)
            if account is None:
                raise Unauthorized("no account is linked to this identity; use your invitation first")
            return self._open(session, session.get_one(Worker, account.worker_id), leaving)

        return self.database.transact(work)

    def join_as(self, token: str, identity: Identity, *, leaving: str | None = None) -> str:
        """Let in by an invitation, which is used up, and link an identity at a provider."""

        def work(session: Session) -> str:
            worker = invitations.consume(session, token, now=self.clock())
            accounts.link(session, worker, identity, now=self.clock())
            return self._open(session, worker, leaving)

        return self.database.transact(work)

    def link(self, cookie: str, identity: Identity) -> None:
        """Link an identity at a provider to the account of whoever is signed in."""

        def work(session: Session) -> None:
            accounts.link(session, self._worker(session, cookie)[0], identity, now=self.clock())

        self.database.transact(work)

    def change_password(self, cookie: str, old: str, new: str, *, address: str) -> None:
        """Change the password of whoever is signed in; all their other sessions end."""
        with self.database.read() as session:
            account = accounts.of_worker(session, self._worker(session, cookie)[0])
        if account is None or account.password_digest is None:
            raise Conflict("this account has no password; ask for an invitation to set one")
        stored = account.password_digest
        self._count(account.login, address)
        if not passwords.fits(stored, old):
            raise bad_input("old", "is not your present password")
        passwords.check(new, login=account.login)
        digest = passwords.hashed(new)

        def work(session: Session) -> None:
            worker, here = self._worker(session, cookie)
            if session.get_one(Account, account.id).password_digest != stored:
                raise bad_input("old", "is not your present password")
            accounts.set_password(session, worker, login=account.login, digest=digest, now=self.clock())
            sessions.close_all(session, worker, now=self.clock(), keep=here)
            self._take_back(session, account.login, address)

        self.database.transact(work)

    def _worker(self, session: Session, cookie: str) -> tuple[Worker, int]:
        found = sessions.visitor(session, cookie, now=self.clock())
        if found is None or found.worker is None:
            raise Unauthorized("the session is over; sign in again")
        return found.worker, found.session_id

    def _open(self, session: Session, worker: Worker, leaving: str | None) -> str:
        if leaving is not None:
            sessions.close(session, leaving, now=self.clock())
        return sessions.open_for_worker(session, worker, now=self.clock())

    def _count(self, login: str, address: str) -> Account | None:
        # Counted before the password is looked at, or many tries at once would all be the first.
        def work(session: Session) -> Account | None:
            for limit, who in self._limits(login, address):
                attempts.count(session, limit, who, now=self.clock())
            return accounts.named(session, login)

        return self.database.transact(work)

    def _take_back(self, session: Session, login: str, address: str) -> None:
        for limit, who in self._limits(login, address):
            attempts.take_back(session, limit, who, now=self.clock())

    def _limits(self, login: str, address: str) -> tuple[tuple[attempts.Limit, str], ...]:
        name, place = accounts.fold(login), attempts.network(address)
        return (
            (attempts.ADDRESS, attempts.pseudonym(self.secret, place)),
            (attempts.SIGN_IN, attempts.pseudonym(self.secret, name)),
        )


def known_name(session: Session, worker: Worker) -> str | None:
    """Return the name a worker signs in with, where they have one."""
    account = accounts.of_worker(session, worker)
    return None if account is None or account.login.startswith(NAMELESS) else account.login
