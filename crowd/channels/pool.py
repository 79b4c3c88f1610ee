"""Our own people, who come to this server by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crowd.channels.base import Built, Desk, Order


class Pool:
    """The private pool: nothing to send out and nothing to fetch, people claim and submit over HTTP."""

    name = "pool"
    built: Built = "accept"

    def publish(self, orders: Sequence[Order]) -> list[str]:
        """Refuse: a pool's page is built when a worker accepts it."""
        raise NotImplementedError(f"the pool builds pages at accept, not {len(orders)} at publish")

    def expire(self, hits: Iterable[str]) -> None:
        """Do nothing: leases run out by themselves."""

    def collect(self, desk: Desk) -> int:  # noqa: ARG002 - people come to the desk by themselves
        """Do nothing: submissions have already arrived."""
        return 0
