"""Simulated workers. They know what a browser shows: they sign in, look, accept, answer, submit."""

from __future__ import annotations

import heapq
import json
import re
import sys
import time
from collections.abc import Sequence
from http.client import HTTPException
from threading import Condition, Thread
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from crowd.sandbox import form
from crowd.sandbox.browser import Browser, Seen
from crowd.sandbox.form import Form
from crowd.sandbox.habits import Habits

HOME: Final = "/work/"
# What is offered, and what is in hand: after an interruption people go on where they were.
OFFER: Final = re.compile(r"/work/(?:groups|assignments)/[A-Z0-9]+$")
SUBMIT: Final = "/mturk/externalSubmit"
# Seconds until somebody who found no work looks again: at first, at most, and at most of those in a hurry.
SOON, LATER, SOONER = 0.5, 5.0, 1.0
# Seconds until somebody looks again at what they could not have: others may have given it back.
AGAIN = 5.0
AT_ONCE: Final = 8


class Someone:
    """A simulated worker with a browser, a token, and habits."""

    def __init__(self, browser: Browser, token: str, habits: Habits, *, speed: float) -> None:
        self._browser = browser
        self._token = token
        self._habits = habits
        self._speed = speed
        self._passed: dict[str, float] = {}  # HITs refused or given back, and when to look at them again
        self._finished: tuple[str, list[tuple[str, str]]] | None = None
        self._patience = SOON

    def turn(self) -> float:
        """Hand in what is done, or begin something; return the seconds until the next turn."""
        try:
            if self._finished is not None:
                address, fields = self._finished
                self._finished = None
                self._browser.post_from_frame(address, fields)
            return self._begin()
        except (OSError, HTTPException, ValueError):
            # The server is away, or a page is not what it should be: look again later.
            return self._wait()

    def _begin(self) -> float:
        for address in self._offers():
            filled = self._take(address)
            if filled is not None:
                self._patience = SOON
                self._finished, seconds = filled
                return seconds / self._speed if self._speed else 0.0
            self._passed[address] = time.monotonic() + AGAIN
        return self._wait()

    def _offers(self) -> list[str]:
        page = self._browser.get(HOME)
        if "/signin" in page.address:
            self._browser.post(f"/work/enter/{self._token}", [])
            page = self._browser.get(HOME)
        addresses = [page.address_of(link) for link in form.read(page.text).links]
        now = time.monotonic()
        return [
            each
            for each in dict.fromkeys(addresses)
            if OFFER.search(each) and self._passed.get(each, 0.0) <= now
        ]

    def _take(self, address: str) -> tuple[tuple[str, list[tuple[str, str]]], float] | None:
        """Accept a HIT and fill in its page; None where that is not to be."""
        page = self._browser.get(address)
        page = self._press(page, "accept") or page
        frames = form.read(page.text).frames
        if not page.is_fine or "/assignments/" not in page.address or not frames:
            return None
        frame = self._browser.get(page.address_of(frames[0]))
        # A page may ask nothing, and only want to be handed in.
        asked = max(form.read(frame.text).forms, key=lambda each: len(each.questions), default=None)
        if asked is None or self._habits.gives_back():
            self._press(page, "return")
            return None
        return completed(frame, asked, self._habits), self._habits.seconds(asked)

    def _press(self, page: Seen, action: str) -> Seen | None:
        """Send the form of a page whose address ends so."""
        for each in form.read(page.text).forms:
            if each.action.endswith(f"/{action}"):
                return self._browser.post(page.address_of(each.action), each.fixed)
        return None

    def _wait(self) -> float:
        most = LATER if self._speed else SOONER
        seconds, self._patience = self._patience, min(most, self._patience * 2)
        return seconds


def completed(frame: Seen, asked: Form, habits: Habits) -> tuple[str, list[tuple[str, str]]]:
    """Return a filled-in form and where it goes, as the page's script would have it."""
    parameters = dict(parse_qsl(urlsplit(frame.address).query))
    # Old pages have their fields filled in from the address when they load.
    fixed = [(name, parameters.get(name, value)) for name, value in asked.fixed]
    if "assignmentId" not in dict(fixed):
        fixed.append(("assignmentId", parameters.get("assignmentId", "")))
    action = frame.address_of(asked.action) if asked.action else ""
    if not action or urlsplit(action).path.endswith(SUBMIT):
        action = parameters.get("turkSubmitTo", frame.address).rstrip("/") + SUBMIT
    return action, [*fixed, *habits.fill_in(asked)]


class Shift:
    """Everyone's turns, taken in the order in which they fall due, a few at once."""

    def __init__(self, everyone: Sequence[Someone]) -> None:
        self._everyone = everyone
        self._due = [(0.0, number) for number in range(len(everyone))]
        self._changed = Condition()

    def begin(self) -> None:
        """Take turns from now on, in threads that end with the process."""
        for _ in range(min(AT_ONCE, len(self._everyone))):
            Thread(target=self._go_on, daemon=True).start()

    def _go_on(self) -> None:
        while True:
            number = self._next()
            seconds = self._everyone[number].turn()
            with self._changed:
                heapq.heappush(self._due, (time.monotonic() + seconds, number))
                self._changed.notify()

    def _next(self) -> int:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[1]


def main() -> None:
    """Work as the first line of the standard input says, until that is closed."""
    told = json.loads(sys.stdin.readline())
    tokens = told["tokens"]
    everyone = [
        Someone(
            Browser(told["site"]),
            token,
            Habits(told["mix"], len(tokens), number, told["seed"]),
            speed=told["speed"],
        )
        for number, token in enumerate(tokens)
    ]
    Shift(everyone).begin()
    # Whoever started us holds the other end: when they are gone, however they went, so are we.
    sys.stdin.read()


if __name__ == "__main__":
    main()
