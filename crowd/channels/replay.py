"""Recorded people: asked once more about an item, the channel gives the next recorded answer."""

from __future__ import annotations

import secrets
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crowd.channels.base import Built, Delivery, Desk, Order, Submission, Unfilled

# HITs handed in together: many, because every delivery is a transaction; not all, so that it stays short.
AT_ONCE = 50


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

    def __init__(
        self, recorded: Iterable[Recorded], *, watch: Callable[[int], None] = lambda _: None
    ) -> None:
        """Take the recording; `watch` is told how many answers were handed out so far."""
        self._queues: dict[str, deque[Recorded]] = defaultdict(deque)
        for answer in recorded:
            self._queues[answer.item].append(answer)
        self._dismissed: frozenset[str] = frozenset()
        self._offered: dict[str, Order] = {}
        self._published = 0
        self._handed_out = 0
        self._watch = watch
        # One database may hold several replays.
        self._replay = secrets.token_hex(4)

    def dismiss(self, workers: Collection[str]) -> None:
        """Hand out no more answers of these workers, and of nobody dismissed before who is not named now."""
        self._dismissed = frozenset(workers)

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
        while self._offered:
            hits = list(self._offered)[:AT_ONCE]
            worked = [self._work(hit, self._offered.pop(hit)) for hit in hits]
            desk.deliver([delivery for delivery, _ in worked])
            if unfilled := [rest for _, rest in worked if rest.places]:
                desk.close(unfilled)
            pages += sum(len(delivery.submissions) for delivery, _ in worked)
            self._watch(self._handed_out)
        return pages

    def _offer(self, order: Order) -> str:
        self._published += 1
        hit = f"{self._replay}-{self._published}"
        self._offered[hit] = order
        return hit

    def _work(self, hit: str, order: Order) -> tuple[Delivery, Unfilled]:
        by_worker: dict[str, dict[str, str]] = defaultdict(dict)
        missing: dict[str, int] = {}
        for question in order.page.questions:
            answers = list(self._next(question.key, order.assignments))
            for answer in answers:
                by_worker[answer.worker][question.name] = answer.value
            if len(answers) < order.assignments:
                missing[question.name] = order.assignments - len(answers)
        pages = [Submission(f"{hit}:{worker}", worker, values) for worker, values in by_worker.items()]
        return Delivery(hit, pages), Unfilled(hit, missing, "no recorded answer is left")

    def _next(self, item: str, count: int) -> Iterator[Recorded]:
        queue = self._queues[item]
        while queue and count:
            answer = queue.popleft()
            if answer.worker not in self._dismissed:
                count -= 1
                self._handed_out += 1
                yield answer
