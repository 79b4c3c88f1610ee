"""How an endpoint's notifications reach us: a queue that is read, a topic to be confirmed, a signature."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from crowd.channels.mturk.posting import host_of, origin
from crowd.errors import Forbidden
from crowd.settings import AWS, Outlets

SIGNATURE = "Crowd-Signature"
SKEW = timedelta(minutes=5)
AT_ONCE = 10  # messages, which is as many as a queue gives
CONNECT_SECONDS, READ_SECONDS = 5, 30
AWS_QUEUE = re.compile(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")

SecretOf = Callable[[str], str | None]
"""Returns the secret of an access key of ours, None for a key of somebody else."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue, and what it is deleted by."""

    receipt: str
    body: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that an endpoint writes to, behind a boto3 client for the service it is at."""

    url: str
    client: Any

    def receive(self, *, wait_seconds: int) -> list[Message]:
        """Return messages, or none if none has come after so long; each comes again until it is deleted."""
        reply = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=wait_seconds
        )
        return [Message(row["ReceiptHandle"], row["Body"]) for row in reply.get("Messages", [])]

    def delete(self, messages: Sequence[Message]) -> None:
        """Let messages not come again; one that stays does no harm."""
        named = [{"Id": str(place), "ReceiptHandle": each.receipt} for place, each in enumerate(messages)]
        self.client.delete_message_batch(QueueUrl=self.url, Entries=named)


def queue(url: str, outlets: Outlets) -> Queue:
    """Return a queue by its address, at AWS or at any service that speaks as SQS does."""
    found = AWS_QUEUE.fullmatch(host_of(url))
    region = found[1] if found else outlets.region
    session = _session(outlets.profile, region)
    return Queue(url, session.client("sqs", endpoint_url=origin(url), config=_config()))


def confirm(topic: str, token: str, outlets: Outlets) -> None:
    """Confirm the subscription of our address to a topic, at the service that the operator has named.

    The address that a topic sends for this is not opened: anybody could write one.
    """
    from botocore import UNSIGNED

    address = None if outlets.endpoint in ("", AWS) else outlets.endpoint
    config = _config(signature_version=UNSIGNED)  # the token says enough
    client = _session("", topic.split(":")[3]).client("sns", endpoint_url=address, config=config)
    client.confirm_subscription(TopicArn=topic, Token=token)


def verify(header: str, body: bytes, secret_of: SecretOf, *, now: datetime) -> None:
    """Check that a message was signed by an endpoint, under the secret of our key there, and not long ago.

    Raises:
        Forbidden: it was not, or the signature cannot be checked here; the text says what to do.
    """
    given = dict(part.partition("=")[::2] for part in header.split(","))
    stamp, key_id = given.get("t", ""), given.get("k", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Forbidden(f"sign the message: {SIGNATURE}: t=<epoch seconds>,k=<access key id>,v1=<hex>")
    secret = secret_of(key_id)
    if secret is None:
        raise Forbidden("signed under a key that is not this server's: subscribe again with the key it has")
    expected = hmac.digest(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hex()
    if not hmac.compare_digest(expected.encode(), given.get("v1", "").encode()):
        raise Forbidden("the signature is not that of this message")
    if abs(now.timestamp() - int(stamp)) > SKEW.total_seconds():
        raise Forbidden("the message is too old, or a clock is wrong")


def own_secret(key_id: str) -> str | None:
    """Return the secret of an access key, if it is the one we call endpoints with."""
    found = _credentials()
    if found is None:
        return None
    keys = found.get_frozen_credentials()
    return keys.secret_key if keys.access_key == key_id else None


@cache
def _credentials() -> Any:  # noqa: ANN401 - boto3 has no types
    """Look for credentials once: where there are none, looking takes long."""
    import boto3

    return boto3.Session().get_credentials()


def _session(profile: str, region: str) -> Any:  # noqa: ANN401
    import boto3

    return boto3.Session(profile_name=profile or None, region_name=region)


def _config(**more: Any) -> Any:  # noqa: ANN401
    from botocore.config import Config

    waits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
    return Config(retries={"total_max_attempts": 1}, **waits, **more)
