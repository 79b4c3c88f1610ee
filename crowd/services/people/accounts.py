"""What workers sign in with: a name and a password, an identity at an OpenID provider, or both."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, bad_input
from crowd.models import Account, Worker
from crowd.services import audit, locks

SHORTEST = 3
LONGEST = 100
# Stands where a name would, for those who only come by their provider.
NAMELESS = "openid:"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at an OpenID provider."""

    issuer: str
    subject: str


def fold(login: str) -> str:
    """Return a name as it is stored, so that no two that look alike are two."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold()).strip()


def check_login(login: str) -> str:
    """Return a new name folded; raise, with what to do, unless it is fit for one."""
    folded = fold(login)
    if not SHORTEST <= len(folded) <= LONGEST:
        raise bad_input("login", f"must have {SHORTEST} to {LONGEST} characters")
    if " " in folded or not folded.isprintable():
        raise bad_input("login", "must be one word of letters, digits and signs; an e-mail address will do")
    if folded.startswith(NAMELESS):
        raise bad_input("login", f"must not begin with {NAMELESS!r}")
    return folded


def named(session: Session, login: str) -> Account | None:
    """Return the account of this name."""
    folded = fold(login)
    if not folded.isprintable():  # no account has such a name, and PostgreSQL refuses to look for a NUL
        return None
    return session.scalar(select(Account).where(Account.login == folded))


def of_worker(session: Session, worker: Worker) -> Account | None:
    """Return a worker's account."""
    return session.scalar(select(Account).where(Account.worker_id == worker.id))


def of_identity(session: Session, identity: Identity) -> Account | None:
    """Return the account that this identity is linked to."""
    return session.scalar(
        select(Account).where(Account.issuer == identity.issuer, Account.subject == identity.subject)
    )


def set_password(session: Session, worker: Worker, *, login: str, digest: str, now: datetime) -> Account:
    """Let a worker sign in with a name and a password from now on; an account that has a name keeps it."""
    account = of_worker(session, worker)
    if account is None:
        account = Account(
            worker_id=worker.id, login=_free(session, login), password_digest=digest, created_at=now
        )
        session.add(account)
    else:
        if account.login.startswith(NAMELESS):
            account.login = _free(session, login)
        account.password_digest = digest
    session.flush()
    _record(session, worker, "account.password", now)
    return account


def link(session: Session, worker: Worker, identity: Identity, *, now: datetime) -> Account:
    """Let a worker sign in by an identity at a provider from now on; it must be no other worker's."""
    locks.name(session, f"identity:{identity.issuer} {identity.subject}")
    holder = of_identity(session, identity)
    if holder is not None and holder.worker_id != worker.id:
        raise Conflict("this identity is linked to another account; sign in with it, or take another one")
    account = of_worker(session, worker)
    if account is None:
        login = f"{NAMELESS}{identity.issuer} {identity.subject}"
        account = Account(worker_id=worker.id, login=login, created_at=now)
        session.add(account)
    account.issuer, account.subject = identity.issuer, identity.subject
    session.flush()
    _record(session, worker, "account.link", now)
    return account


def _free(session: Session, login: str) -> str:
    folded = check_login(login)
    locks.name(session, f"login:{folded}")
    if named(session, folded) is not None:
        raise bad_input("login", "is taken; choose another")
    return folded


def _record(session: Session, worker: Worker, action: str, now: datetime) -> None:
    actor = f"worker:{worker.pseudonym}"
    audit.record(
        session, requester_id=worker.requester_id, actor=actor, action=action, subject=actor, now=now
    )
