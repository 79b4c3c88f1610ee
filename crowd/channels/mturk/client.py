"""A boto3 client for one endpoint of the protocol: one attempt per call, short waits, exact replies."""

from __future__ import annotations

import os
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


def connect(endpoint: str, *, region: str = REGION, connections: int = 32, **session: Any) -> Any:  # noqa: ANN401
    """Return a client for an endpoint, with the credentials of the usual AWS chain.

    `session` is given to `boto3.Session`: a profile's name, or keys that a test brings.

    Raises:
        Misconfigured: there are no credentials.
        Unprocessable: the endpoint is not an address.
    """
    import boto3
    import botocore.session
    import urllib3
    from botocore.config import Config

    from crowd.channels.mturk import wire

    check_address(endpoint)
    core = botocore.session.Session()
    found = boto3.Session(region_name=region, botocore_session=core, **session)
    if found.get_credentials() is None:
        raise Misconfigured(
            "no credentials for the endpoint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    # By itself botocore puts its name together anew for every call, as long as it takes to sign it.
    config = Config(user_agent=f"crowd/{__version__}")
    client = found.client("mturk", endpoint_url=endpoint, config=config)
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    bundle = core.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    pool = wire.pool(endpoint, bundle, connections=connections, timeout=timeout)
    name = client.meta.service_model.signing_name
    # Nothing is repeated here, as botocore does by itself: without a token that posts or pays again.
    client.meta.events.register("before-call.mturk", wire.Wire(client.meta.events, name, region, pool))
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
