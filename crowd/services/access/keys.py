"""Keys and tokens: made once, shown once, kept only as digests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crowd.errors import Forbidden, NotFound, Unauthorized, bad_input
from crowd.models import ApiKey, Project, Requester, Worker, WorkerToken
from crowd.models.requester import SCOPES
from crowd.services import audit, locks
from crowd.services.access import tokens
from crowd.services.plain import Sql, read_moment

_HOLDER = """
    SELECT token.digest, token.revoked_at, worker.id, worker.requester_id, worker.channel, worker.name,
        worker.pseudonym, worker.erased_at, worker.created_at
    FROM worker_token AS token JOIN worker ON worker.id = token.worker_id WHERE token.public_id = :public_id
"""
HOLDER = Sql(_HOLDER, _HOLDER)
# Writing the time of every use would make each request a write.
USE_RESOLUTION = timedelta(minutes=10)
KEY_PREFIX = "cw"
WORKER_PREFIX = "cww"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request and what they may do."""

    actor: str
    requester_id: int
    scopes: frozenset[str]
    key_id: int | None = None
    project_id: int | None = None  # a key for one project sees no other

    def require_all_projects(self) -> None:
        """Raise where the key is for one project only and what it asks for concerns others too."""
        if self.project_id is not None:
            raise Forbidden(
                "this key is for one project; this needs a key for all of the requester's projects"
            )

    def require(self, scope: str) -> None:
        """Raise unless the principal holds this scope (`admin` includes all)."""
        if scope not in self.scopes and "admin" not in self.scopes:
            raise Forbidden(f"this key lacks the scope {scope!r}; it has: {', '.join(sorted(self.scopes))}")


def requester(session: Session, name: str, *, now: datetime) -> Requester:
    """Return the requester of this name, made if new."""
    locks.name(session, f"requester:{name}")
    found = session.scalar(select(Requester).where(Requester.name == name))
    if found is None:
        found = Requester(name=name, created_at=now)
        session.add(found)
        session.flush()
    return found


def operator(requester: Requester) -> Principal:
    """Return the principal of whoever works on the database itself, as the command line does."""
    return Principal(
        actor=f"operator:{requester.name}", requester_id=requester.id, scopes=frozenset({"admin"})
    )


def create(
    session: Session,
    principal: Principal,
    *,
    label: str,
    scopes: Collection[str],
    now: datetime,
    project: Project | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make an API key; return its row and the key itself, which is never readable again."""
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        raise bad_input(
            "scopes", f"choose from {', '.join(SCOPES)}, not {', '.join(sorted(unknown)) or 'none'}"
        )
    public_id, secret = tokens.new_pair()
    key = ApiKey(
        requester_id=principal.requester_id,
        project_id=project.id if project else principal.project_id,
        public_id=public_id,
        digest=tokens.digest(secret),
        scopes=sorted(scopes),
        label=label,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(key)
    audit.act(session, principal, "key.create", f"key:{public_id}", now=now)
    return key, f"{KEY_PREFIX}_{public_id}_{secret}"


def create_first(session: Session, requester_name: str, *, now: datetime) -> str | None:
    """Make an admin key in a database that has no key at all; None where it has one."""
    locks.name(session, "first key")
    if session.scalar(select(ApiKey.id).limit(1)) is not None:
        return None
    owner = operator(requester(session, requester_name, now=now))
    return create(session, owner, label="first", scopes=["admin"], now=now)[1]


def authenticate(session: Session, text: str, *, now: datetime) -> tuple[ApiKey, Principal]:
    """Return the key a request came with and its principal; raise for an unknown, revoked or expired one."""
    public_id, secret = _parse(text, KEY_PREFIX)
    key = session.scalar(select(ApiKey).where(ApiKey.public_id == public_id))
    if not tokens.matches(key.digest if key else None, secret) or key is None:
        raise Unauthorized("unknown API key")
    if not is_live(key, now=now):
        raise Unauthorized("this API key has expired or was revoked")
    return key, principal_of(key)


def is_live(key: ApiKey, *, now: datetime) -> bool:
    """Tell whether a key has neither expired nor been revoked."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def principal_of(key: ApiKey) -> Principal:
    """Return whom a key lets in."""
    return Principal(
        actor=f"key:{key.public_id}",
        requester_id=key.requester_id,
        scopes=frozenset(key.scopes),
        key_id=key.id,
        project_id=key.project_id,
    )


def is_use_worth_noting(key: ApiKey, *, now: datetime) -> bool:
    """Tell whether the stored time of last use is old enough to be written again."""
    return key.last_used_at is None or now - key.last_used_at > USE_RESOLUTION


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    """Store that a key was used."""
    session.get_one(ApiKey, key_id).last_used_at = now


def of_requester(session: Session, principal: Principal) -> list[ApiKey]:
    """Return the requester's keys, newest first; the keys themselves are not readable."""
    return list(session.scalars(_visible(principal).order_by(ApiKey.id.desc())))


def revoke(session: Session, principal: Principal, public_id: str, *, now: datetime) -> ApiKey:
    """End a key at once."""
    key = session.scalar(_visible(principal).where(ApiKey.public_id == public_id))
    if key is None:
        raise NotFound(f"no API key {public_id!r}")
    if key.revoked_at is None:
        key.revoked_at = now
        audit.act(session, principal, "key.revoke", f"key:{public_id}", now=now)
    return key


def create_worker_token(session: Session, worker: Worker, *, now: datetime) -> str:
    """Return a new token for a worker; it is never readable again."""
    public_id, secret = tokens.new_pair()
    digest = tokens.digest(secret)
    session.add(WorkerToken(worker_id=worker.id, public_id=public_id, digest=digest, created_at=now))
    session.flush()
    return f"{WORKER_PREFIX}_{public_id}_{secret}"


def authenticate_worker(session: Session, text: str) -> Worker:
    """Return the worker a token belongs to, by one query: they come with it hundreds of times a second.

    It is a copy that no session knows, to be read only.
    """
    public_id, secret = _parse(text, WORKER_PREFIX)
    found = HOLDER(session, public_id=public_id).first()
    if not tokens.matches(found[0] if found else None, secret) or found is None:
        raise Unauthorized("unknown or revoked worker token")
    _, revoked_at, worker_id, requester_id, channel, name, pseudonym, erased_at, created_at = found
    if revoked_at is not None or erased_at is not None:
        raise Unauthorized("unknown or revoked worker token")
    return Worker(
        id=worker_id,
        requester_id=requester_id,
        channel=channel,
        name=name,
        pseudonym=pseudonym,
        erased_at=None,
        created_at=read_moment(created_at),
    )


def _visible(principal: Principal) -> Select[ApiKey]:
    query = select(ApiKey).where(ApiKey.requester_id == principal.requester_id)
    return query if principal.project_id is None else query.where(ApiKey.project_id == principal.project_id)


def _parse(text: str, prefix: str) -> tuple[str, str]:
    parts = text.strip().split("_", 2)
    if len(parts) != 3 or parts[0] != prefix or not text.isascii() or not text.isprintable():
        raise Unauthorized(f"a token of the form {prefix}_… is needed")
    return parts[1], parts[2]
