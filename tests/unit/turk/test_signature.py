"""Signatures: botocore's are right, and anything changed afterwards makes them wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.datastructures import Headers

from crowd.services.market.refusals import Refused
from crowd.turk import signature
from crowd.turk.signature import Request, verify

TARGET = "MTurkRequesterServiceV20170117.GetAccountBalance"
SECRET = "wJalrXUtnFEMI"


def signed(
    *, path: str = "/mturk/", service: str = signature.SERVICE, region: str = "us-east-1", **headers: str
) -> Request:
    request = AWSRequest("POST", f"http://crowd.test:8081{path}", data=b"{}")
    request.headers["X-Amz-Target"] = TARGET
    for name, value in headers.items():
        request.headers[name.replace("_", "-")] = value
    SigV4Auth(Credentials("AKCRONE", SECRET), service, region).add_auth(request)
    sent = Headers([(name, str(value)) for name, value in request.headers.items()])
    sent.setdefault("Host", "crowd.test:8081")
    return Request(path, "", sent, b"{}")


def check(request: Request, *, now: datetime | None = None, secret: str = SECRET) -> str:
    return verify(request, lambda _: secret, now=now or datetime.now(UTC))


def refused(request: Request, **options: Any) -> str:
    with pytest.raises(Refused) as caught:
        check(request, **options)
    return caught.value.kind


@pytest.mark.contract(3)
@pytest.mark.parametrize("path", ["/mturk/", "/mturk", "/", "/a b/mturk/", "/a/~x/"])
@pytest.mark.parametrize("region", ["us-east-1", "sandbox"])
def test_what_botocore_signs_is_right(path: str, region: str):
    assert check(signed(path=path, region=region)) == "AKCRONE"


def test_spaces_in_a_signed_header_do_not_count():
    request = signed(X_Custom="a   b ")
    assert check(request) == "AKCRONE"


@pytest.mark.contract(3)
def test_whatever_is_changed_is_noticed():
    request = signed()
    changes = [
        replace(request, body=b'{"a": 1}'),
        replace(request, path="/other/"),
        replace(request, query="a=1"),
        *(
            replace(request, headers=Headers({**dict(request.headers), name: value}))  # type: ignore[arg-type,call-overload]
            for name, value in (("Host", "elsewhere"), ("X-Amz-Target", "Other"))
        ),
    ]
    assert {refused(change) for change in changes} == {"InvalidSignatureException"}
    assert refused(request, secret="another") == "InvalidSignatureException"


@pytest.mark.contract(3)
def test_a_signature_of_strange_letters_is_a_wrong_one():
    request = signed()
    said = request.headers.get("Authorization") or ""
    strange = Headers({**dict(request.headers), "Authorization": f"{said[:-1]}é"})  # type: ignore[arg-type,call-overload]
    assert refused(replace(request, headers=strange)) == "InvalidSignatureException"


@pytest.mark.contract(3)
@pytest.mark.parametrize(("minutes", "is_fresh"), [(-16, False), (-14, True), (14, True), (16, False)])
def test_a_signature_is_good_for_a_quarter_of_an_hour(minutes: int, is_fresh: bool):
    request, now = signed(), datetime.now(UTC) + timedelta(minutes=minutes)
    if is_fresh:
        assert check(request, now=now)
    else:
        assert refused(request, now=now) == "InvalidSignatureException"


@pytest.mark.contract(3)
def test_a_signature_for_another_service_is_not_for_us():
    assert refused(signed(service="s3")) == "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        (";x-amz-target", ""),
        ("host;", ""),
        ("host;x-amz-date", "x-amz-date;host"),
        ("Credential=AKCRONE", "Credential=../AKCRONE"),
        ("SignedHeaders=", "SignedHeaders=absent;"),
        ("/us-east-1/", "/us-east-1/more/"),
    ],
)
def test_a_header_that_says_too_little_is_refused(old: str, new: str):
    request = signed()
    header = str(request.headers.get("Authorization"))
    assert old in header
    broken = Headers({**dict(request.headers), "Authorization": header.replace(old, new)})  # type: ignore[call-overload]
    assert refused(replace(request, headers=broken)) == "IncompleteSignatureException"


@pytest.mark.parametrize("stamp", ["", "yesterday", "20260101T000000Z", "20261345T000000Z"])
def test_a_date_that_is_none_is_refused(stamp: str):
    request = signed()
    broken = Headers({**dict(request.headers), "X-Amz-Date": stamp})  # type: ignore[call-overload]
    assert refused(replace(request, headers=broken)) == "IncompleteSignatureException"
