"""A publisher in a process of its own, which can be killed."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection

from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.client import connect
from crowd.db import Database
from crowd.services.mturk.channel import Mturk
from tests.fakes.wire import KEYS
from tests.integration import crashing
from tests.integration.world import START


def serve(url: str, parent: Connection) -> None:
    """Publish when the parent asks, or in a child that may be killed."""
    crashing.ACTS["publish"] = publish
    crashing.serve(url, parent)


def publish(database: Database, project_id: int, endpoint: str, seconds: int) -> None:
    """Publish so many seconds after the start: whoever was killed holds the lease for a while."""
    channel = Mturk(Caller(connect(endpoint, **KEYS)), endpoint)
    channel.publish(database, project_id, clock=lambda: START + timedelta(seconds=seconds))
