"""A boto3 client for one endpoint of the protocol: one attempt per call, short waits, exact replies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from crowd import __version__
from crowd.errors import Misconfigured, bad_input

REGION = "us-east-1"
PRODUCTION = "https://mturk-requester.us-east-1.amazonaws.com"
SANDBOX = "https://mturk-requester-sandbox.us-east-1.amazonaws.com"
CONNECT_SECONDS = 10
READ_SECONDS = 25
# Of operations with such replies it is seen from what was parsed whether one was cut short.
OUTCOMES = {
    "CreateHIT": "HIT",
    "CreateHITType": "HITTypeId",
    "CreateHITWithHITType": "HIT",
    "CreateQualificationType": "QualificationType",
    "GetAccountBalance": "AvailableBalance",
    "GetAssignment": "Assignment",
    "GetHIT": "HIT",
    "GetQualificationScore": "Qualification",
}


class Unreadable(Exception):
    """A reply that should be JSON and is not: botocore would take it for an empty success."""


def connect(endpoint: str, *, region: str = REGION, connections: int = 32, **session: Any) -> Any:  # noqa: ANN401
    """Return a client for an endpoint, with the credentials of the usual AWS chain.

    `session` is given to `boto3.Session`: a profile's name, or keys that a test brings.

    Raises:
        Misconfigured: there are no credentials.
        Unprocessable: the endpoint is not an address.
    """
    import boto3
    from botocore.config import Config

    check_address(endpoint)
    found = boto3.Session(region_name=region, **session)
    if found.get_credentials() is None:
        raise Misconfigured(
            "no credentials for the endpoint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    config = Config(
        # By itself botocore repeats calls, and a repeat without a token posts or pays again.
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=connections,
        tcp_keepalive=True,
        # By itself botocore puts its name together anew for every call, as long as it takes to sign it.
        user_agent=f"crowd/{__version__}",
    )
    client = found.client("mturk", endpoint_url=endpoint, config=config)
    client.meta.events.register("before-parse.mturk", _refuse_unreadable)
    return client


def check_address(endpoint: str) -> None:
    """Refuse what is not the address of a server."""
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_input("endpoint", f"{endpoint!r} is not an address such as https://host/mturk")


def outcome(operation: Any) -> str | None:  # noqa: ANN401 - botocore's model of it
    """Return the member without which a reply of an operation says nothing, if there is one."""
    members = operation.output_shape.members
    return OUTCOMES.get(operation.name) or ("NumResults" if "NumResults" in members else None)


def _refuse_unreadable(operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:  # noqa: ANN401
    body = response_dict["body"]
    if response_dict["status_code"] < 300 and body.startswith(b"{") and outcome(operation_model):
        return  # a page is long: to read it twice is dear
    # A refusal that was cut short says nothing; one that is no JSON at all is not the protocol's.
    if response_dict["status_code"] >= 300 and not body.lstrip().startswith(b"{"):
        return
    try:
        reply = json.loads(body)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if not isinstance(reply, dict):
        raise Unreadable("it is not an object")
