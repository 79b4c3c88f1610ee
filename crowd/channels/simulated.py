"""Simulated people: seeded, with known confusion matrices, speeds and faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from crowd.channels.base import Built, Desk, Order, Page
from workers.simulated import Person


class Simulated:
    """People who come to the desk one after another until there is nothing left for any of them.

    Args:
        people: who comes.
        truth: the right label of every item, by item key; the project never sees it.
        labels: the label set the people's matrices are indexed by.
        rng: the source of all chance.
    """

    name = "simulated"
    built: Built = "accept"

    def __init__(
        self,
        people: Sequence[Person],
        truth: Mapping[str, str],
        labels: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        self._people = {person.name: person for person in people}
        self._code = {label: code for code, label in enumerate(labels)}
        self._labels = tuple(labels)
        self._truth = truth
        self._rng = rng

    def publish(self, orders: Sequence[Order]) -> list[str]:
        """Refuse: simulated people accept pages as the pool's people do."""
        raise NotImplementedError(f"simulated people build pages at accept, not {len(orders)} at publish")

    def expire(self, hits: Iterable[str]) -> None:
        """Do nothing: leases run out by themselves."""

    def collect(self, desk: Desk) -> int:
        """Let everyone work in turns, in a new random order each time, until nobody finds anything."""
        pages = 0
        present = list(self._people)
        while present:
            self._rng.shuffle(present)
            busy = [name for name in present if self._work(name, desk)]
            pages += len(busy)
            present = busy
        return pages

    def _work(self, name: str, desk: Desk) -> bool:
        page = desk.claim(name)
        if page is None:
            return False
        desk.submit(name, page.token, self._answer(name, page), self._seconds(name, page))
        return True

    def _answer(self, name: str, page: Page) -> dict[str, str]:
        person = self._people[name]
        codes = {q.name: person.answer(self._code[self._truth[q.key]], self._rng) for q in page.questions}
        return {name_: self._labels[code] for name_, code in codes.items()}

    def _seconds(self, name: str, page: Page) -> float:
        return sum(self._people[name].seconds(self._rng) for _ in page.questions)
