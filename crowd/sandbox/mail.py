"""What carries notices in a sandbox: some are lost, some come twice, some late, as the conditions have it."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from threading import Timer

import structlog

from crowd.sandbox.faults import Conditions
from crowd.services.market.notices import Post
from crowd.services.market.transport import Outgoing, Undelivered

log = structlog.get_logger("crowd.sandbox")


class Mail:
    """Sends notices by `post`, but for what the conditions of the moment do to them."""

    def __init__(self, post: Post, conditions: Callable[[], Conditions]) -> None:
        self._post = post
        self._conditions = conditions
        self._numbers = count(1)

    def __call__(self, outgoing: Outgoing) -> None:
        """Send one message, or none, or two."""
        found = self._conditions()
        chance = random.Random(f"{found.seed}/notice/{next(self._numbers)}")
        copies = 0 if chance.random() < found.notices_lost else 1 + (chance.random() < found.notices_doubled)
        for _ in range(copies):
            if found.notices_late:
                self._send_later(outgoing, found.notices_late)
            else:
                self._post(outgoing)

    def _send_later(self, outgoing: Outgoing, seconds: float) -> None:
        timer = Timer(seconds, self._try, [outgoing])
        timer.daemon = True
        timer.start()

    def _try(self, outgoing: Outgoing) -> None:
        try:
            self._post(outgoing)
        except Undelivered as error:
            # To the market it was sent long ago: nobody will send it again.
            log.warning("a late notice did not arrive", error=str(error))
