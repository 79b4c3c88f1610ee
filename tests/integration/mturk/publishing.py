"""A publisher that is killed while it publishes."""

from __future__ import annotations

from datetime import timedelta

from crowd.channels.mturk.calls import Caller
from crowd.db import Database
from crowd.services.mturk.channel import Mturk
from tests.integration.mturk.killed import client, warm
from tests.integration.world import START

__all__ = ["publish", "warm"]


def publish(database: Database, url: str, project_id: int, seconds: int) -> None:
    """Publish so many seconds after the start: whoever was killed holds the lease for a while."""
    channel = Mturk(Caller(client(url)), url)
    channel.publish(database, project_id, clock=lambda: START + timedelta(seconds=seconds))
