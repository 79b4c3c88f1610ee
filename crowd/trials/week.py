"""A week in the life of a project: simulated people through the real services, with all that goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from crowd.channels.base import Page
from crowd.channels.simulated import Simulated
from crowd.db import Database
from crowd.models import Project
from crowd.services import intake, loop
from crowd.services.access import keys
from crowd.services.access.keys import Principal
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from workers.simulated import Person

SLUG = "animals"
LABELS = ("cat", "dog", "wolf")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
ITEMS, GOLD, A_DAY = 260, 18, 36
WRONG_GOLD = "gold-05"  # a wolf, and the requester took it for a dog
SETTINGS = ProjectSettings(
    title="Which animal is it?",
    channel="simulated",
    overlap=3,
    max_overlap=5,
    confidence=0.9,
    price_micros=20_000,
    batch_size=A_DAY,
    audit_share=0.1,
    seed=11,
)
CAP = 60_000_000
# What is said of animals: words of their own, some that two of them share, and noise.
WORDS = {
    "cat": ("purrs", "whiskers", "sofa", "climbs", "meows", "tail"),
    "dog": ("barks", "leash", "fetches", "tail", "pack", "runs"),
    "wolf": ("howls", "forest", "pack", "snow", "runs", "tail"),
}
NOISE = ("grey", "old", "young", "small", "big", "today", "near", "quiet")
RULES = {
    "ring-banned": "collect rings; when member == true and size >= 3; do ban",
    "ring-set-aside": "collect rings; when member == true and size >= 3; do exclude",
}


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the week, by the day they arrive."""

    regulars: tuple[Person, ...]
    spammers: tuple[Person, ...]
    ring: tuple[Person, ...]


@dataclass
class Stage:
    """The project, what is true of its items, and the clock of the week."""

    database: Database
    project_id: int
    principal: Principal
    truth: dict[str, str]
    cast: Cast
    rng: np.random.Generator
    day: int = 0
    ticks: int = 0
    told: dict[str, str] = field(default_factory=dict)  # what the ring tells each other, by item

    def now(self) -> datetime:
        """Return the time, a little later whenever somebody looks."""
        self.ticks += 1
        return MONDAY + timedelta(days=self.day, milliseconds=200 * self.ticks)

    def project(self, session: Session) -> Project:
        """Return the project in this session."""
        return session.get_one(Project, self.project_id)

    @cached_property
    def ringleaders(self) -> frozenset[str]:
        """The names of those who copy from each other."""
        return frozenset(person.name for person in self.cast.ring)


class Visitors(Simulated):
    """The people who come on a day; members of the ring answer what they agreed on."""

    def __init__(self, stage: Stage, people: Sequence[Person]) -> None:
        super().__init__(people, stage.truth, LABELS, stage.rng)
        self._stage = stage

    def _answer(self, name: str, page: Page) -> dict[str, str]:
        if name not in self._stage.ringleaders:
            return super()._answer(name, page)
        for question in page.questions:
            if question.key not in self._stage.told:
                code = self._people[name].answer(self._code[self._truth[question.key]], self._rng)
                self._stage.told[question.key] = LABELS[code]
        return {question.name: self._stage.told[question.key] for question in page.questions}


def cast(rng: np.random.Generator) -> Cast:
    """Make nine regulars who mix up dogs and wolves, five spammers, and a ring of four."""
    regulars = [_regular(f"regular-{n:02d}", rng) for n in range(1, 10)]
    flat = np.full((3, 3), 1 / 3)
    always = np.tile(np.array([0.02, 0.96, 0.02]), (3, 1))
    mostly = np.tile(np.array([0.6, 0.3, 0.1]), (3, 1))
    spammers = [
        Person(f"spammer-{n}", "random", matrix, 1.5)
        for n, matrix in enumerate((flat, flat, always, always, mostly), 1)
    ]
    # The ring looks a little: it is right about half of the time, so that gold alone is slow to tell.
    source = 0.25 + 0.25 * np.eye(3)
    ring = [Person(f"ring-{n}", "sloppy", source, 3.0) for n in range(1, 5)]
    return Cast(tuple(regulars), tuple(spammers), tuple(ring))


def open_project(database: Database, seed: int = 7) -> Stage:
    """Make the project with its items and gold; one gold is wrong and nobody knows."""
    rng = np.random.default_rng(seed)
    names = [f"item-{n:03d}" for n in range(ITEMS)]
    gold = [f"gold-{n:02d}" for n in range(GOLD)]
    truth = {
        name: LABELS[code] for name, code in zip(names, rng.integers(3, size=ITEMS).tolist(), strict=True)
    }
    truth |= {name: LABELS[n % 3] for n, name in enumerate(gold)}
    known = truth | {WRONG_GOLD: "dog"}
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=MONDAY))
        project = projects.create(
            session, principal, slug=SLUG, labels=LABELS, settings=SETTINGS, cap_micros=CAP, now=MONDAY
        )
        rows = [
            ItemRow(name, {"text": _said(truth[name], rng)}, f"items.csv line {n}")
            for n, name in enumerate([*names, *gold], 2)
        ]
        intake.add_items(session, project, rows, now=MONDAY)
        listed = [GoldRow(name, known[name], f"gold.csv line {n}") for n, name in enumerate(gold, 2)]
        intake.add_gold(session, project, listed, source="requester", now=MONDAY)
        return Stage(database, project.id, principal, truth, cast(rng), rng)


def work(stage: Stage, people: Sequence[Person]) -> loop.Turn:
    """Let these people work through a day: new items are asked about, and all of it is decided."""
    visitors = Visitors(stage, people)
    first = last = loop.turn(stage.database, stage.project_id, visitors, clock=stage.now)
    while not last.idle:
        last = loop.turn(stage.database, stage.project_id, visitors, clock=stage.now, ask=False)
    return first


def _regular(name: str, rng: np.random.Generator) -> Person:
    right = rng.uniform(0.78, 0.92)
    mixed = 0.9 * (1 - right)
    rest = 1 - right - mixed
    matrix = np.array(
        [
            [right + mixed / 2, rest / 2 + mixed / 4, rest / 2 + mixed / 4],
            [rest, right, mixed],
            [rest, mixed, right],
        ]
    )
    return Person(name, "good", matrix, 6.0)


def _said(label: str, rng: np.random.Generator) -> str:
    words = [*rng.choice(WORDS[label], 2, replace=False), *rng.choice(NOISE, 3)]
    return " ".join(rng.permutation(words).tolist())
