"""Keys are made once, shown once, and good until they end; tokens of workers likewise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from crowd.db import Database
from crowd.errors import Forbidden, NotFound, Unauthorized, Unprocessable
from crowd.models import ApiKey, WorkerToken
from crowd.models.requester import SCOPES
from crowd.services import roster
from crowd.services.access import keys
from crowd.services.access.keys import Principal
from tests.integration import world
from tests.integration.world import START, World


def create(
    shop: World, *scopes: str, principal: Principal | None = None, **values: object
) -> tuple[ApiKey, str]:
    return shop.do(
        lambda s, _: keys.create(
            s, principal or shop.principal, label="test", scopes=scopes, now=START, **values
        )
    )


def authenticate(shop: World, secret: str) -> Principal:
    return shop.do(lambda s, _: keys.authenticate(s, secret, now=shop.clock())[1])


def test_a_key_opens_what_it_was_made_for(database: Database) -> None:
    shop = world.make(database)
    key, secret = create(shop, "write", "read")
    principal = authenticate(shop, secret)
    assert (principal.requester_id, principal.key_id) == (shop.principal.requester_id, key.id)
    principal.require("read")
    with pytest.raises(Forbidden, match="lacks the scope 'spend'; it has: read, write"):
        principal.require("spend")


def test_admin_opens_everything(database: Database) -> None:
    shop = world.make(database)
    principal = authenticate(shop, create(shop, "admin")[1])
    for scope in SCOPES:
        principal.require(scope)


def test_a_key_is_stored_nowhere(database: Database) -> None:
    shop = world.make(database)
    secret = create(shop, "read")[1].rsplit("_", 1)[-1]
    with database.read() as session:
        rows = session.execute(text("SELECT * FROM api_key")).all()
        rows += session.execute(text("SELECT * FROM audit_entry")).all()
    assert not any(secret in str(row) for row in rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret.swapcase(),
        lambda secret: "cw_000000000000_" + secret.split("_", 2)[2],
        lambda secret: secret.replace("cw_", "cww_"),
        lambda secret: "",
        lambda secret: "cw__",
        lambda secret: "cw_a\x00b_c",
    ],
)
def test_nothing_but_the_key_itself_is_admitted(database: Database, change) -> None:
    shop = world.make(database)
    secret = create(shop, "read")[1]
    with pytest.raises(Unauthorized):
        authenticate(shop, change(secret))


def test_a_key_ends_when_it_expires_or_is_revoked(database: Database) -> None:
    shop = world.make(database)
    _, short = create(shop, "read", expires_at=START + timedelta(hours=1))
    key, revoked = create(shop, "read")
    authenticate(shop, short)
    shop.clock.forward(3600)
    with pytest.raises(Unauthorized, match="expired or was revoked"):
        authenticate(shop, short)
    for _ in range(2):
        shop.do(lambda s, _: keys.revoke(s, shop.principal, key.public_id, now=START))
    with pytest.raises(Unauthorized, match="expired or was revoked"):
        authenticate(shop, revoked)


def test_the_key_of_another_requester_cannot_be_seen_or_revoked(database: Database) -> None:
    shop = world.make(database)
    other = world.make(database, slug="other", requester="someone else")
    key, _ = create(other, "read")
    with pytest.raises(NotFound, match="no API key"):
        shop.do(lambda s, _: keys.revoke(s, shop.principal, key.public_id, now=START))
    assert shop.do(lambda s, _: keys.of_requester(s, shop.principal)) == []


def test_a_key_for_one_project_makes_and_sees_keys_for_that_project_only(database: Database) -> None:
    shop = world.make(database)
    wide, _ = create(shop, "read")
    narrow = replace(shop.principal, project_id=shop.project_id)
    made, secret = create(shop, "read", principal=narrow)
    assert authenticate(shop, secret).project_id == shop.project_id
    assert [key.id for key in shop.do(lambda s, _: keys.of_requester(s, narrow))] == [made.id]
    with pytest.raises(NotFound):
        shop.do(lambda s, _: keys.revoke(s, narrow, wide.public_id, now=START))


@pytest.mark.parametrize("scopes", [(), ("everything",), ("read", "root")])
def test_scopes_are_those_there_are(database: Database, scopes: tuple[str, ...]) -> None:
    shop = world.make(database)
    with pytest.raises(Unprocessable, match="choose from read, write, spend, admin"):
        create(shop, *scopes)


def test_the_time_of_use_is_written_now_and_then(database: Database) -> None:
    shop = world.make(database)
    key, _ = create(shop, "read")
    assert keys.is_use_worth_noting(key, now=START)
    shop.do(lambda s, _: keys.note_use(s, key.id, now=START))
    [key] = shop.rows(select(ApiKey))
    assert key.last_used_at == START
    assert not keys.is_use_worth_noting(key, now=START + timedelta(minutes=9))
    assert keys.is_use_worth_noting(key, now=START + timedelta(minutes=11))


def test_a_worker_comes_with_a_token_until_it_is_revoked(database: Database) -> None:
    shop = world.make(database)
    worker, token = shop.do(lambda s, _: roster.invite(s, shop.principal, name="ann", now=START))
    assert shop.do(lambda s, _: keys.authenticate_worker(s, token)).id == worker.id
    for wrong in (token + "x", token.replace("cww_", "cw_"), "cww_x_y"):
        with pytest.raises(Unauthorized):
            shop.do(lambda s, _, wrong=wrong: keys.authenticate_worker(s, wrong))

    def revoke(session, _project) -> None:
        session.scalars(select(WorkerToken)).one().revoked_at = START

    shop.do(revoke)
    with pytest.raises(Unauthorized, match="revoked"):
        shop.do(lambda s, _: keys.authenticate_worker(s, token))
