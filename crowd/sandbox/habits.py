"""How a simulated worker fills in a page nobody told them the truth about.

What is asked, in words and pictures, is hashed to the answer that careful people would agree on, so that the
same question has the same right answer wherever it stands. Each person then answers by their own confusions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256

import numpy as np

from crowd.sandbox.form import Field, Form
from workers.simulated import Person, people

WORDS = ("apple", "bridge", "candle", "desert", "engine", "forest", "garden", "harbour", "island", "jacket")
# How often somebody opens a page and gives it back.
RETURNS = {"good": 0.01, "sloppy": 0.04}
# Of answers in words: whoever does not care writes the same everywhere.
CARELESS = "good"


class Habits:
    """The ways of the `number`th person of a crowd, who is the same person whatever is asked."""

    def __init__(self, mix: Mapping[str, float], size: int, number: int, seed: int) -> None:
        self._mix, self._size, self._number, self._seed = mix, size, number, seed
        self._rng = np.random.default_rng((seed, number))
        self.kind = self._person(2).kind

    def seconds(self, form: Form) -> float:
        """Draw how long this person takes for a page."""
        person = self._person(2)
        return sum(person.seconds(self._rng) for _ in range(max(1, len(form.questions))))

    def gives_back(self) -> bool:
        """Draw whether this person gives a page back that they have opened."""
        return bool(self._rng.random() < RETURNS.get(self.kind, 0.0))

    def fill_in(self, form: Form) -> list[tuple[str, str]]:
        """Return the fields of a form as they are sent, without those that are fixed."""
        if form.is_crowd:
            said = [self._crowd_values(each) for each in form.questions]
            return [
                ("taskAnswers", json.dumps([{name: value for each in said for name, value in each.items()}]))
            ]
        filled = [(each.name, value) for each in form.questions for value in self._values(each)]
        # The market takes no form without an answer: whoever ticked nothing ticks something.
        return filled or [(each.name, each.options[0]) for each in form.questions[:1] if each.options]

    def _values(self, asked: Field) -> list[str]:
        if asked.kind == "text":
            return [self._words(asked)]
        if asked.kind == "number":
            return [f"{self._measure(asked):g}"]
        if asked.kind in ("many", "labels"):
            return [option for option in asked.options if self._choose(asked, ("no", "yes"), option)]
        return [asked.options[self._choose(asked, tuple(asked.options))]] if asked.options else []

    def _crowd_values(self, asked: Field) -> dict[str, object]:
        """Return what Crowd HTML Elements send: a value for each name, of a switch whether it is on."""
        if not asked.names:
            return {asked.name: self._crowd_value(asked)}
        chosen, said = self._choose(asked, tuple(asked.options)), dict[str, dict[str, bool]]()
        for number, (name, option) in enumerate(zip(asked.names, asked.options, strict=True)):
            said.setdefault(name, {})[option] = number == chosen
        return dict(said)

    def _crowd_value(self, asked: Field) -> object:
        values = self._values(asked)
        if asked.kind in ("one", "many"):
            return {option: option in values for option in asked.options}
        if asked.kind == "label":
            return {"label": values[0] if values else ""}
        if asked.kind == "labels":
            return {"labels": values}
        return values[0]

    def _choose(self, asked: Field, options: tuple[str, ...], about: str = "") -> int:
        if len(options) < 2:
            return 0
        truth = hashed(asked, about) % len(options)
        return self._person(len(options)).answer(truth, self._rng)

    def _words(self, asked: Field) -> str:
        right = self._choose(asked, ("wrong", "right"), "words") == hashed(asked, "words") % 2
        if self.kind not in ("good", "sloppy"):
            return CARELESS
        number = hashed(asked) if right else int(self._rng.integers(len(WORDS)))
        return f"{WORDS[number % len(WORDS)]} {WORDS[number // 16 % len(WORDS)]}"

    def _measure(self, asked: Field) -> float:
        """Return a number on a scale of twenty steps."""
        step = self._choose(asked, tuple(map(str, range(21))), "number")
        return round(asked.least + (asked.most - asked.least) * step / 20)

    def _person(self, options: int) -> Person:
        return crowd_of(tuple(sorted(self._mix.items())), self._size, options, self._seed)[self._number]


@cache
def crowd_of(mix: tuple[tuple[str, float], ...], size: int, options: int, seed: int) -> tuple[Person, ...]:
    """Return the people of a crowd as they answer questions with so many options.

    Who is of which kind is drawn first, so it does not depend on the options.
    """
    return people(dict(mix), size, options, np.random.default_rng(seed))


def hashed(asked: Field, about: str = "") -> int:
    """Return a number that what is asked determines; its name only where there are no words."""
    text = "\n".join((asked.asked or asked.name, *asked.options, about))
    return int.from_bytes(sha256(text.encode()).digest()[:6])
