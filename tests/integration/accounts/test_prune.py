"""What is over is deleted by the scheduler; what may still be needed stays."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crowd.errors import Unauthorized
from crowd.jobs import chores
from crowd.models import Attempts, IdempotencyRecord, WebSession
from crowd.services.access import keys

OVER = {WebSession: 13, Attempts: 25, IdempotencyRecord: 30 * 24 + 1}  # hours


def counts(database):
    with database.read() as session:
        return {model: session.scalar(select(func.count()).select_from(model)) for model in OVER}


def reply(database, ann, clock):
    def work(session):
        key, _ = keys.create(session, ann, label="x", scopes=["read"], now=clock())
        session.flush()
        facts = {"route": "POST /x", "body_digest": "x", "status": 200, "body": {}}
        session.add(IdempotencyRecord(api_key_id=key.id, key="k", created_at=clock(), **facts))

    database.transact(work)


def test_each_thing_in_its_time(database, door, add, ann, clock):
    door.enter(add("mia")[1])
    reply(database, ann, clock)
    with pytest.raises(Unauthorized):
        door.sign_in("nobody", "wrong", address="203.0.113.7")
    left = counts(database)
    assert left == {WebSession: 1, Attempts: 2, IdempotencyRecord: 1}
    start = clock()
    for model, hours in OVER.items():
        assert chores.prune(database, clock) == 0
        clock.advance(hours=hours - (clock() - start).total_seconds() / 3600)
        assert chores.prune(database, clock) == left[model]
        left[model] = 0
        assert counts(database) == left
