"""Key pairs for programs of the MTurk protocol: by API and page, shown once, each requester's own."""

from __future__ import annotations

import re

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from sqlalchemy import select

from crowd.models import AuditEntry
from crowd.models.market import AccessKey
from tests.integration.market.conftest import Body


@pytest.fixture
def balance(app):
    """Ask for an account's balance as a program does, with a key pair."""

    def ask(access_key_id: str, secret: str) -> str:
        def answer(request, **_):
            text = {
                name: value.decode() if isinstance(value, bytes) else value
                for name, value in request.headers.items()
            }
            sent = app.test_client().post("/mturk", data=request.body, headers=text)
            return AWSResponse(request.url, sent.status_code, dict(sent.headers), Body(sent.data))

        client = boto3.client(
            "mturk",
            endpoint_url="http://localhost/mturk",
            region_name="us-east-1",
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
        )
        client.meta.events.register("before-send.mturk", answer)
        return client.get_account_balance()["AvailableBalance"]

    return ask


def test_a_pair_made_over_http_opens_the_account_until_it_is_revoked(ann, balance):
    made = ann.post("/mturk-keys", {"label": "my program"}).get_json()
    assert balance(made["id"], made["secret"]) == "0.00"
    [listed] = ann.get("/mturk-keys").get_json()["keys"]
    assert (listed["id"], listed["label"], listed["revoked_at"]) == (made["id"], "my program", None)
    assert made["secret"] not in ann.get("/mturk-keys").text
    assert ann("DELETE", f"/mturk-keys/{made['id']}").get_json()["revoked_at"] is not None
    with pytest.raises(ClientError, match="security token"):
        balance(made["id"], made["secret"])


def test_a_repeated_request_makes_no_second_pair(ann, database):
    first, second = (
        ann.post("/mturk-keys", {"label": "x"}, headers={"Idempotency-Key": "once"}).get_json()
        for _ in range(2)
    )
    assert first == second
    with database.read() as session:
        assert len(session.scalars(select(AccessKey)).all()) == 1
        done = session.scalars(select(AuditEntry.action).where(AuditEntry.subject.like("market_key:%"))).all()
    assert done == ["market_key.create"]


def test_pairs_come_in_pages_and_only_ones_own(ann, bob):
    for number in range(3):
        ann.post("/mturk-keys", {"label": f"k{number}"})
    first = ann.get("/mturk-keys?limit=2").get_json()
    rest = ann.get(f"/mturk-keys?limit=2&after={first['next']}").get_json()
    assert [each["label"] for each in first["keys"] + rest["keys"]] == ["k2", "k1", "k0"]
    assert rest["next"] is None
    assert bob.get("/mturk-keys").get_json()["keys"] == []
    assert bob("DELETE", f"/mturk-keys/{first['keys'][0]['id']}").status_code == 404


def test_the_page_shows_a_secret_once_and_ends_a_pair(ann_sees, balance):
    shown = ann_sees.sent("/mturk-keys", label="my program", days="30")
    access_key_id = re.search(r"AWS_ACCESS_KEY_ID=(\w+)", shown).group(1)
    secret = re.search(r"AWS_SECRET_ACCESS_KEY=([\w-]+)", shown).group(1)
    assert "AWS_ENDPOINT_URL_MTURK=http://localhost/mturk" in shown
    assert balance(access_key_id, secret) == "0.00"
    again = ann_sees.see("/mturk-keys")
    assert access_key_id in again
    assert secret not in again
    assert "revoked" in ann_sees.sent(f"/mturk-keys/{access_key_id}/revoke")
    with pytest.raises(ClientError, match="security token"):
        balance(access_key_id, secret)


@pytest.fixture
def ann_sees(browse):
    return browse()


@pytest.mark.parametrize(
    "fields", [{"label": " "}, {"label": "x" * 201}, {"label": "x", "days": "0"}, {"label": "x", "days": "²"}]
)
def test_what_cannot_be_made_is_said(ann_sees, fields):
    assert ann_sees.send("/mturk-keys", **fields).status_code == 422
    assert "None yet." in ann_sees.see("/mturk-keys")


def test_a_key_that_may_not_is_told_so(browse, key):
    assert "admin" in browse("read", "write").see("/mturk-keys", 403)
    assert key("read", "write", "spend").post("/mturk-keys", {"label": "x"}).status_code == 403
