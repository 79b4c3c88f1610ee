"""`crowd workers` and `crowd keys`: secrets are shown once, and who is banned stays out."""

from __future__ import annotations

import pytest

from crowd.clock import utc_now
from crowd.errors import Forbidden, Unauthorized
from crowd.services.access import keys


def test_a_worker_is_invited_once_under_a_name(crowd, told):
    ann = told("workers", "invite", "ann", "--token")
    assert ann["token"].startswith("cww_")
    result = crowd("workers", "invite", "ann", "--token")
    relink = f"crowd workers relink {ann['worker']}"
    assert (result.exit_code, result.stderr) == (
        1,
        f"error: there is a worker 'ann' already; {relink} makes them a new link\n",
    )


def test_a_banned_worker_gets_no_page_until_the_ban_is_lifted(told, reviews, answer):
    told("batch", "create", reviews, "--size", "2")
    ann = told("workers", "invite", "ann", "--token")
    told("workers", "ban", reviews, ann["worker"], "--reason", "asked to leave")
    with pytest.raises(Forbidden, match="the worker is banned"):
        answer(ann["token"], lambda text: "good")
    assert told("workers", "lift", reviews, ann["worker"])["lifted"] == 1
    assert answer(ann["token"], lambda text: "good") == 1


def test_excluded_answers_are_asked_again(told, reviews, answer):
    told("batch", "create", reviews, "--size", "2")
    ann = told("workers", "invite", "ann", "--token")
    answer(ann["token"], lambda text: "good")
    told("step", reviews)
    banned = told("workers", "ban", reviews, ann["worker"], "--reason", "not reading", "--exclude")
    assert banned == {"worker": ann["worker"], "excluded": 2}
    assert told("step", reviews)["decided"]["more"] == 2
    (row,) = told("workers", "list", reviews)["workers"]
    assert (row["answers"], row["restriction"]) == (2, "banned: not reading")


def test_an_unknown_worker_is_refused(crowd, reviews):
    result = crowd("workers", "ban", reviews, "w000000000000", "--reason", "x")
    assert (result.exit_code, result.stderr) == (1, "error: no worker 'w000000000000'\n")


def test_a_key_works_until_it_is_revoked(crowd, told, database):
    made = crowd("keys", "create", "--label", "laptop", "--scopes", "read,write")
    key = made.stdout.strip()
    assert (key.split("_")[0], made.stderr) == ("cw", "keep it: it is not shown again\n")
    with database.write() as session:
        assert keys.authenticate(session, key, now=utc_now())[1].scopes == {"read", "write"}
    (row,) = told("keys", "list")["keys"]
    assert (row["label"], row["revoked"]) == ("laptop", None)
    told("keys", "revoke", row["id"])
    with database.write() as session, pytest.raises(Unauthorized):
        keys.authenticate(session, key, now=utc_now())


@pytest.mark.parametrize(
    ("options", "code"),
    [(("--scopes", "root"), 2), (("--scopes", ""), 2), (("--project", "none"), 1), (("--days", "0"), 2)],
)
def test_a_key_that_makes_no_sense_is_refused(crowd, told, options, code):
    assert crowd("keys", "create", "--label", "x", *options).exit_code == code
    assert told("keys", "list")["keys"] == []


def test_no_secret_is_listed(crowd, told):
    key = told("keys", "create", "--label", "laptop")["key"]
    token = told("workers", "invite", "ann", "--token")["token"]
    shown = crowd("keys", "list").stdout + crowd("workers", "invite", "ann", "--token").stderr
    assert key.rpartition("_")[2] not in shown
    assert token.rpartition("_")[2] not in shown


def test_the_printed_secret_is_good_enough_for_a_server(crowd):
    from crowd.settings import check_secret

    secret = crowd("keys", "secret").stdout.strip()
    assert check_secret(secret) == secret
