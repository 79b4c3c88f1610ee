"""The short way of a call that boto3 has made ready: signed, sent and read with little else around it.

By itself botocore goes through half a dozen layers for each request, which takes longer than the endpoint.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from botocore import parsers
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, HeadersDict
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.httpsession import get_cert_path
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.utils import get_environ_proxies, parse_timestamp
from urllib3 import exceptions as failures

from crowd.channels.mturk.errors import Unreadable

KEEPALIVE = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
# Which of botocore's errors a failure is, the first that fits.
FAILURES: tuple[tuple[type[Exception], Any], ...] = (
    (failures.NewConnectionError, EndpointConnectionError),
    (failures.ConnectTimeoutError, ConnectTimeoutError),
    (failures.ReadTimeoutError, ReadTimeoutError),
    (failures.ProtocolError, ConnectionClosedError),
)

Read = Callable[[Any], Any]


def pool(
    endpoint: str, bundle: str | None, *, connections: int, timeout: urllib3.Timeout
) -> urllib3.PoolManager:
    """Return connections to an endpoint, through a proxy where the environment wants one.

    `bundle` is the file of the authorities to trust where it is not botocore's own.
    """
    options: dict[str, Any] = {
        "maxsize": connections,
        "timeout": timeout,
        "socket_options": [*urllib3.connection.HTTPConnection.default_socket_options, KEEPALIVE],
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": bundle or get_cert_path(verify=True),
    }
    proxy = get_environ_proxies(endpoint).get(urlsplit(endpoint).scheme)
    if proxy is None:
        return urllib3.PoolManager(**options)
    proxy = proxy if "//" in proxy else f"http://{proxy}"
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.util.make_headers(proxy_basic_auth=unquote(auth)) if auth else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


@dataclass(frozen=True, slots=True)
class Wire:
    """Answers botocore's event `before-call`, which may bring the reply instead of botocore."""

    events: Any  # of the client: whoever watches what goes out sees it here too
    signing_name: str
    region: str
    pool: urllib3.PoolManager

    def __call__(
        self,
        model: OperationModel,
        params: dict[str, Any],
        request_signer: Any,  # noqa: ANN401 - botocore's
        **_: object,
    ) -> tuple[Any, dict[str, Any]]:
        """Send a request; return the response and what it says.

        Raises:
            BotoCoreError: no reply came, as botocore would say it.
            Unreadable: the reply is none of the protocol.
        """
        request = AWSRequest(params["method"], params["url"], params["headers"], params["body"])
        request_signer.get_auth_instance(self.signing_name, self.region).add_auth(request)
        headers = HeadersDict({name: value.encode() for name, value in request.headers.items()})
        ready = AWSPreparedRequest(request.method, request.url, headers, request.data, stream_output=False)
        event = f"before-send.{model.service_model.service_id.hyphenize()}.{model.name}"
        _, response = self.events.emit_until_response(event, request=ready)
        if response is None:
            response = self._sent(ready)
        return response, told(model, response)

    def _sent(self, ready: AWSPreparedRequest) -> Response:
        try:
            found = self.pool.request(
                ready.method,
                ready.url,
                body=ready.body,
                headers=ready.headers,
                retries=False,
                redirect=False,
                decode_content=False,
            )
        except failures.HTTPError as error:
            raise _as_botocore(error, ready.url) from error
        return Response(found.status, found.headers, found.data)


@dataclass(frozen=True, slots=True)
class Response:
    """A response as the client looks at it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def told(model: OperationModel, response: Any) -> dict[str, Any]:  # noqa: ANN401 - ours, or a test's
    """Return what a response says: a reply of the protocol, or a refusal as botocore has it.

    Raises:
        Unreadable: it is cut short, or something else altogether.
    """
    body = response.content
    if response.status_code < 300:
        return _outcome(model, _object(body))
    # A refusal that was cut short says nothing; one that is no JSON at all is not the protocol's.
    refusal = _object(body) if body.lstrip().startswith(b"{") else {}
    parts = {"status_code": response.status_code, "headers": response.headers, "body": body, "context": {}}
    said: dict[str, Any] = _parser().parse(parts, None)
    return said | ({"TurkErrorCode": refusal["TurkErrorCode"]} if "TurkErrorCode" in refusal else {})


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if not isinstance(found, dict):
        raise Unreadable("it is not an object")
    return found


def _outcome(model: OperationModel, found: dict[str, Any]) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = _reader(model)(found)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable(str(error)) from None
    return reply


@lru_cache(maxsize=256)
def _reader(model: OperationModel) -> Read:
    return _structure(model.output_shape)


def _structure(shape: StructureShape) -> Read:
    """Return what reads an object of this shape: as it is, but for times, and for what nobody knows."""
    known = {name: _of(member) for name, member in shape.members.items()}
    return lambda found: {
        name: known[name](value) for name, value in found.items() if value is not None and name in known
    }


def _of(shape: Shape) -> Read:
    if isinstance(shape, StructureShape):
        return _structure(shape)
    if isinstance(shape, ListShape):
        member = _of(shape.member)
        return lambda found: [member(each) for each in found]
    return _moment if shape.type_name == "timestamp" else _same


def _same(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return value


def _moment(value: float | str) -> datetime:
    if isinstance(value, str):
        moment: datetime = parse_timestamp(value)
        return moment
    return datetime.fromtimestamp(value, UTC)


@cache
def _parser() -> Any:  # noqa: ANN401 - botocore's
    return parsers.create_parser("json")


def _as_botocore(error: failures.HTTPError, url: str) -> Exception:
    kind: Any = next((said for failure, said in FAILURES if isinstance(error, failure)), HTTPClientError)
    known: Exception = kind(endpoint_url=url, error=error)
    return known
