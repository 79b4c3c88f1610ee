"""Recorded people: asked once more about an item, the channel gives the next recorded answer."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crowd.channels.base import Built, Desk, Order, Submission, Unfilled


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded answer."""

    item: str
    worker: str
    value: str


class Replay:
    """Hands out recorded answers one by one, in the order given, and never one twice."""

    name = "replay"
    built: Built = "publish"

    def __init__(self, recorded: Iterable[Recorded]) -> None:
        self._queues: dict[str, deque[Recorded]] = defaultdict(deque)
        for answer in recorded:
            self._queues[answer.item].append(answer)
        self._offered: dict[str, Order] = {}
        self._published = 0

    def publish(self, orders: Sequence[Order]) -> list[str]:
        """Take the pages in; nothing is handed out before `collect`."""
        return [self._offer(order) for order in orders]

    def expire(self, hits: Iterable[str]) -> None:
        """Forget these pages."""
        for hit in hits:
            self._offered.pop(hit, None)

    def collect(self, desk: Desk) -> int:
        """Deliver the next recorded answers to every offered page, worker by worker."""
        pages = 0
        for hit in list(self._offered):
            pages += self._work(hit, self._offered.pop(hit), desk)
        return pages

    def _offer(self, order: Order) -> str:
        self._published += 1
        hit = f"replay-{self._published}"
        self._offered[hit] = order
        return hit

    def _work(self, hit: str, order: Order, desk: Desk) -> int:
        by_worker: dict[str, dict[str, str]] = defaultdict(dict)
        missing: dict[str, int] = {}
        for question in order.page.questions:
            answers = self._take(question.key, order.assignments)
            for answer in answers:
                by_worker[answer.worker][question.name] = answer.value
            if len(answers) < order.assignments:
                missing[question.name] = order.assignments - len(answers)
        desk.deliver(
            hit, [Submission(f"{hit}:{worker}", worker, values) for worker, values in by_worker.items()]
        )
        if missing:
            desk.close(Unfilled(hit, missing, "no recorded answer is left"))
        return len(by_worker)

    def _take(self, item: str, count: int) -> list[Recorded]:
        queue = self._queues[item]
        return [queue.popleft() for _ in range(min(count, len(queue)))]
