"""Settings: read once from the environment, then passed as a value."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from crowd.errors import Misconfigured

DEFAULT_DATABASE = "sqlite:///crowd.db"
SECRET_BYTES = 32
AWS = "aws"  # in place of an address: AWS's own queues and topics
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
KNOWN_SECRETS = frozenset({"secret", "changeme", "change-me", "password", "dev", "development", "test"})


@dataclass(frozen=True, slots=True)
class MarketProfile:
    """What nobody documented of the MTurk protocol, or what differs between servers that speak it."""

    takes_fees: bool = False  # by the schedule that AWS published
    is_play: bool = False  # new accounts have play money
    holds_money: bool = True  # a new HIT sets aside what it may cost; else each approval is charged by itself
    reuses_ids: bool = False  # the next to accept after a return gets the ended assignment's id
    may_shorten: bool = True  # a HIT's expiration may come sooner, and not only at once
    refuses_same_expiration: bool = False  # setting the same expiration again is an error
    has_paging_tail: bool = True  # every page that is not empty has a NextToken
    settling_seconds: int = 0  # how long a new HIT cannot be changed, except to expire it
    token_per_operation: bool = True  # a UniqueRequestToken counts within its operation, not the account
    loopback_http: bool = False  # an ExternalURL on this machine need not be https
    secrets: Mapping[str, str] = field(default_factory=dict)  # of access keys that are not derived


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where this server may send what programs are told of their HITs."""

    endpoint: str = ""  # of SQS and SNS, "aws" for AWS's own; empty: neither
    region: str = "us-east-1"
    profile: str = ""  # of AWS's configuration, for queues and topics; empty: the usual credentials
    private_webhooks: bool = False  # a webhook's address may be private, or on this machine


@dataclass(frozen=True, slots=True)
class Settings:
    """What a crowd process needs to know before it starts."""

    database_url: str = DEFAULT_DATABASE
    secret_key: str = ""
    step_seconds: int = 0
    update_seconds: int = 10  # between turns; 0: never
    pool_size: int = 8
    max_upload_bytes: int = 64 * 2**20
    log_json: bool = False
    trusted_proxies: int = 0  # whose X-Forwarded-* are believed
    submits_per_minute: int = 0  # of one worker; 0: no limit, which a server has only where it says so
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    market: MarketProfile = MarketProfile()
    outlets: Outlets = Outlets()
    endpoints: tuple[str, ...] = ()  # of the MTurk protocol, to which projects made over HTTP may publish

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the `CROWD_*` variables; absent ones take their defaults."""
        env = os.environ if environ is None else environ
        return cls(
            database_url=env.get("CROWD_DATABASE_URL", DEFAULT_DATABASE),
            secret_key=env.get("CROWD_SECRET_KEY", ""),
            step_seconds=_whole(env, "CROWD_STEP_SECONDS", 0),
            update_seconds=_whole(env, "CROWD_UPDATE_SECONDS", 10),
            pool_size=_whole(env, "CROWD_POOL_SIZE", 8),
            max_upload_bytes=_whole(env, "CROWD_MAX_UPLOAD_BYTES", 64 * 2**20),
            log_json=env.get("CROWD_LOG_JSON", "") == "1",
            trusted_proxies=_whole(env, "CROWD_TRUSTED_PROXIES", 0),
            submits_per_minute=_whole(env, "CROWD_SUBMITS_PER_MINUTE", 120),
            oidc_issuer=_issuer(env),
            oidc_client_id=env.get("CROWD_OIDC_CLIENT_ID", ""),
            oidc_client_secret=env.get("CROWD_OIDC_CLIENT_SECRET", ""),
            outlets=_outlets(env),
            endpoints=tuple(env.get("CROWD_MTURK_ENDPOINTS", "").split()),
        )


def check_secret(secret: str) -> str:
    """Return the key if it is fit to sign with; refuse a short or well-known one."""
    if not secret:
        raise Misconfigured("CROWD_SECRET_KEY is not set; make one with: crowd keys secret")
    if secret.lower().strip("-_ ") in KNOWN_SECRETS or len(set(secret)) < 8:
        raise Misconfigured("CROWD_SECRET_KEY is a known or trivial value; make one with: crowd keys secret")
    if len(secret) < SECRET_BYTES:
        raise Misconfigured(
            f"CROWD_SECRET_KEY has {len(secret)} characters, at least {SECRET_BYTES} are needed"
        )
    return secret


def new_secret() -> str:
    """Return a fresh key for `CROWD_SECRET_KEY`."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_beside(database_url: str) -> str:
    """Return the secret kept in a private file beside a SQLite database, made at first use."""
    path = Path(database_url.removeprefix("sqlite:///")).with_suffix(".secret")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(new_secret())
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"{path} can be read by others; run: chmod 600 {path}")
    return path.read_text().strip()


def _issuer(env: Mapping[str, str]) -> str:
    """Return the address of the OpenID provider, where there is one and all it needs is set."""
    issuer = env.get("CROWD_OIDC_ISSUER", "").rstrip("/")
    missing = [name for name in ("CROWD_OIDC_CLIENT_ID", "CROWD_OIDC_CLIENT_SECRET") if not env.get(name)]
    if issuer and missing:
        raise Misconfigured(f"CROWD_OIDC_ISSUER is set, so {' and '.join(missing)} must be too")
    address = urlsplit(issuer)
    if issuer and not (address.scheme == "https" or address.hostname in LOOPBACK):
        raise Misconfigured(f"CROWD_OIDC_ISSUER must begin with https://, not be {issuer!r}")
    return issuer


def _outlets(env: Mapping[str, str]) -> Outlets:
    endpoint = env.get("CROWD_NOTICE_ENDPOINT", "").rstrip("/")
    if endpoint not in ("", AWS) and urlsplit(endpoint).scheme not in ("http", "https"):
        raise Misconfigured(f"CROWD_NOTICE_ENDPOINT must be an address or aws, not {endpoint!r}")
    return Outlets(
        endpoint=endpoint,
        region=env.get("CROWD_NOTICE_REGION", "us-east-1"),
        profile=env.get("CROWD_NOTICE_PROFILE", ""),
        private_webhooks=env.get("CROWD_PRIVATE_WEBHOOKS", "") == "1",
    )


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit():
        raise Misconfigured(f"{name} must be a whole number, not {text!r}")
    return int(text)
