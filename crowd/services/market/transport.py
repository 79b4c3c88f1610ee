"""The ways out of this server: queues and topics of an AWS-compatible service, and signed webhooks.

A webhook's `Crowd-Signature` header is `t=<epoch seconds>,k=<access key id>,v1=<hex>`, where the last is
the HMAC-SHA256 of `<t>.<body>` under the secret of that key.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Lock, Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

from crowd import __version__
from crowd.clock import Clock, utc_now
from crowd.services.market.refusals import Refused
from crowd.settings import AWS, LOOPBACK, Outlets

SIGNATURE = "Crowd-Signature"
CONNECT_SECONDS = 5
# For one message in all, however slowly its receiver answers.
POST_SECONDS = 15
LONGEST_DESTINATION = 2000
PORTS = {"https": 443, "http": 80}
NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class Undelivered(Exception):
    """A message did not arrive, or nobody knows that it did."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out, and the access key whose secret signs it."""

    transport: str  # SQS, SNS or webhook
    destination: str
    body: str
    access_key_id: str | None


def check_destination(transport: str, destination: str, outlets: Outlets) -> None:
    """Raise, with what to do, unless this server can send there."""
    if not destination.isascii() or not destination.isprintable() or len(destination) > LONGEST_DESTINATION:
        raise _no_way(f"Destination must be up to {LONGEST_DESTINATION} printable ASCII characters.")
    if transport == "Email":
        raise _no_way("This server sends no e-mail; use the transport SQS or SNS.")
    if transport == "SNS" and not destination.startswith("arn:"):
        _check_webhook(destination, outlets)
    elif not outlets.endpoint:
        raise _no_way(
            f"This server is connected to no {transport} service. Its operator can set "
            "CROWD_NOTICE_ENDPOINT; or use the transport SNS with an https:// address as Destination."
        )
    elif transport == "SQS" and urlsplit(destination).scheme not in ("https", "http"):
        raise _no_way(f"Destination must be the address of a queue, not {destination!r}.")
    elif transport == "SNS" and destination.count(":") != 5:
        raise _no_way(f"Destination must be the ARN of a topic, not {destination!r}.")


@dataclass(frozen=True, slots=True)
class Post:
    """Sends messages; `secret_of` returns the secret of an access key."""

    outlets: Outlets
    secret_of: Callable[[str], str]
    clock: Clock = utc_now  # the clock on the wall: a receiver's is, whatever the market's says
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: Any = field(default_factory=Lock)

    def __call__(self, outgoing: Outgoing) -> None:
        """Send one message.

        Raises:
            Undelivered: it did not arrive, for all we know.
        """
        if outgoing.transport == "webhook":
            self._to_webhook(outgoing)
        else:
            self._to_service(outgoing)

    def _to_service(self, outgoing: Outgoing) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._client(outgoing.transport.lower())
            if outgoing.transport == "SQS":
                client.send_message(QueueUrl=outgoing.destination, MessageBody=outgoing.body)
            else:
                client.publish(TopicArn=outgoing.destination, Message=outgoing.body)
        except (BotoCoreError, ClientError, ValueError) as error:
            raise Undelivered(str(error)) from error

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        import boto3
        from botocore.config import Config

        if not self.outlets.endpoint:
            raise Undelivered("this server is connected to no queue service any more")
        with self._lock:  # boto3 makes one client at a time
            if service not in self._clients:
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=POST_SECONDS,
                    retries={"total_max_attempts": 1},
                )
                address = None if self.outlets.endpoint == AWS else self.outlets.endpoint
                session = boto3.Session(
                    profile_name=self.outlets.profile or None, region_name=self.outlets.region
                )
                self._clients[service] = session.client(service, endpoint_url=address, config=config)
            return self._clients[service]

    def _to_webhook(self, outgoing: Outgoing) -> None:
        if outgoing.access_key_id is None:
            raise Undelivered("the requester has no access key to sign with")
        secret = self.secret_of(outgoing.access_key_id)
        stamp = str(int(self.clock().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"crowd/{__version__}",
            SIGNATURE: f"t={stamp},k={outgoing.access_key_id},v1={signature(secret, stamp, outgoing.body)}",
        }
        try:
            address = _check_webhook(outgoing.destination, self.outlets)
        except Refused as error:  # what the operator allows may have changed since it was accepted
            raise Undelivered(error.message) from error
        _post(address, outgoing.body, headers, self.outlets)


def signature(secret: str, stamp: str, body: str) -> str:
    """Return what a webhook's message is signed with."""
    return hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()


def _check_webhook(destination: str, outlets: Outlets) -> SplitResult:
    try:
        address = urlsplit(destination)
        host, _ = address.hostname, address.port
    except ValueError:
        host = None
    if not host or address.username is not None or address.fragment:
        raise _no_way(f"Destination must be the ARN of a topic or an https:// address, not {destination!r}.")
    is_open = address.scheme == "https" or (address.scheme == "http" and host in LOOPBACK)
    if not is_open:
        raise _no_way("Destination must begin with https://; only a receiver on this machine may do without.")
    if not outlets.private_webhooks and (host in LOOPBACK or _is_private_literal(host)):
        raise _no_way(
            f"Destination {host} is a private address. The operator of this server can allow them: "
            "CROWD_PRIVATE_WEBHOOKS=1."
        )
    return address


def _post(address: SplitResult, body: str, headers: dict[str, str], outlets: Outlets) -> None:
    host = address.hostname or ""
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    try:
        with closing(_connect(host, address, outlets)) as connected:
            timer = Timer(POST_SECONDS, _cut, [connected])
            timer.start()
            try:
                status = _ask(connected, host, address, target, body.encode(), headers)
            finally:
                timer.cancel()
    except (OSError, HTTPException, ValueError) as error:
        raise Undelivered(f"{host} could not be reached: {error or type(error).__name__}") from error
    if not 200 <= status < 300:
        raise Undelivered(f"{host} answered {status}")


def _ask(
    connected: socket.socket,
    host: str,
    address: SplitResult,
    target: str,
    body: bytes,
    headers: dict[str, str],
) -> int:
    """Return the status of the answer; a connection of our own follows no redirects and uses no proxy."""
    connection = HTTPConnection(host, address.port or PORTS[address.scheme])
    connection.default_port = PORTS[address.scheme]  # left out of the Host header
    connection.sock = connected
    if isinstance(connected, ssl.SSLSocket):
        connected.do_handshake()
    connection.request("POST", target, body, headers)
    return connection.getresponse().status


def _connect(host: str, address: SplitResult, outlets: Outlets) -> socket.socket:
    """Connect to the very address that was looked at: a name may lead elsewhere when it is asked again."""
    port = address.port or PORTS[address.scheme]
    places = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not outlets.private_webhooks and not all(is_public(ip_address(place)) for place in places):
        raise Undelivered(f"{host} leads to a private address")
    plain = socket.create_connection((places[0], port), timeout=CONNECT_SECONDS)
    plain.settimeout(POST_SECONDS)
    if address.scheme == "http":
        return plain
    # The handshake comes later, when a timer watches over it.
    context = ssl.create_default_context()
    return context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)


def is_public(address: Address) -> bool:
    """Tell whether an address is one that anybody on the internet could reach."""
    inner = _embedded(address) if isinstance(address, IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the address that a gateway would reach for one of these."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _is_private_literal(host: str) -> bool:
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return False  # a name: where it leads is looked at when something is sent there


def _cut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def _no_way(message: str) -> Refused:
    return Refused(message, "InvalidTransportEndpoint")
