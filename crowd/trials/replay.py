"""Recorded answers through the real pipeline: what would this label quality have cost?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aggregation.answers import Answers
from aggregation.registry import DEFAULT, aggregate
from crowd.channels import Replay
from crowd.clock import Clock, utc_now
from crowd.db import Database
from crowd.errors import bad_input
from crowd.models import Answer, Consensus, Item, Project, Restriction, Slot, Worker
from crowd.services import conclude, intake, loop
from crowd.services.access import keys, scope
from crowd.services.access.keys import Principal
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.trials.recording import Recording

REQUESTER = "local"
# With a model, so that it is trained this many times on the way; without one, all items are one batch.
BATCHES = 10


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """How the recorded answers are bought."""

    overlap: int | None = None  # None: 3 answers, or at least 2 where a confidence is wanted
    confidence: float | None = None
    max_overlap: int | None = None  # None: as in any project
    gold: int = 0  # items hidden among the questions to grade the workers
    method: str = DEFAULT
    model: str | None = None
    batch_size: int | None = None  # None: all items at once, a tenth of them with a model
    price_micros: int = 10_000
    seed: int = 0

    def settings(self, recording: Recording) -> ProjectSettings:
        """Return the settings of the project that replays this recording."""
        items = len(recording.items)
        overlap = self.overlap or (3 if self.confidence is None else 2)
        return ProjectSettings(
            channel="replay",
            overlap=overlap,
            max_overlap=self.max_overlap,
            confidence=self.confidence,
            price_micros=self.price_micros,
            batch_size=self.batch_size or (items if self.model is None else -(-items // BATCHES)),
            seed=self.seed,
            model=self.model,
            method=self.method,
        )


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What was bought and what it was worth.

    Accuracy is the share of right labels among the items with truth that are not gold; an item that ended
    without a label counts as wrong. `full_accuracy` is that of all recorded answers on the same items.
    """

    project: str
    items: int
    workers: int
    labels: int
    answers_available: int
    answers_repeated: int
    answers_bought: int  # gold_answers included
    gold_items: int
    gold_answers: int
    cost_micros: int
    measured: int
    unlabeled: int  # measured items without a label
    accuracy: Mapping[str, float]  # by method
    full_accuracy: Mapping[str, float]
    mean_confidence: float | None  # of the project's method on the measured items that have a label
    restricted: int  # workers

    @property
    def saved(self) -> float:
        """Return the share of the recorded answers that was not bought."""
        return 1 - self.answers_bought / self.answers_available


def replay(
    database: Database,
    recording: Recording,
    plan: ReplayPlan,
    *,
    watch: Callable[[int], None] = lambda _: None,
    clock: Clock = utc_now,
) -> ReplayResult:
    """Buy recorded answers as a project would, until nothing moves; `watch` is told how many so far."""
    gold = draw_gold(recording.truth, plan.gold, np.random.default_rng([plan.seed, 1]))
    project_id = database.transact(lambda session: _found(session, recording, plan, gold, clock))
    channel = Replay(recording.answers, watch=watch)
    while not loop.turn(database, project_id, channel, clock=clock).idle:
        channel.dismiss(database.transact(lambda session: _restricted(session, project_id)))
    with database.read() as session:
        return _result(session, session.get_one(Project, project_id), recording, gold)


def draw_gold(truth: Mapping[str, str], wanted: int, rng: np.random.Generator) -> dict[str, str]:
    """Draw items with their labels, as evenly over the labels as the truth allows."""
    if wanted >= len(truth):
        raise bad_input(
            "--gold", f"must leave items to measure: only {len(truth):,} answered ones have truth"
        )
    decks: dict[str, list[str]] = defaultdict(list)
    for item in rng.permutation(sorted(truth)).tolist():
        decks[truth[item]].append(item)
    gold: dict[str, str] = {}
    while len(gold) < wanted:
        for label in sorted(label for label, deck in decks.items() if deck):
            if len(gold) < wanted:
                gold[decks[label].pop()] = label
    return gold


def _found(
    session: Session, recording: Recording, plan: ReplayPlan, gold: Mapping[str, str], clock: Clock
) -> int:
    """Make the project, with all items and the gold among them."""
    now = clock()
    _require_contents(recording, plan)
    principal = keys.operator(keys.requester(session, REQUESTER, now=now))
    settings = plan.settings(recording)
    project = projects.create(
        session,
        principal,
        slug=_slug(session, principal, recording.name),
        labels=recording.labels,
        settings=settings,
        cap_micros=0,
        now=now,
    )
    # Enough for every recorded answer, with as many places on offer as there can be at a time.
    places = len(recording.answers) + len(recording.items) * project.max_overlap
    projects.set_cap(session, principal, project, plan.price_micros * places, now=now)
    intake.add_items(session, project, recording.items, now=now)
    rows = [GoldRow(item, label, "the recorded truth") for item, label in sorted(gold.items())]
    intake.add_gold(session, project, rows, source="recorded truth", now=now)
    return project.id


def _require_contents(recording: Recording, plan: ReplayPlan) -> None:
    if plan.model is None:
        return
    empty = sum(not row.payload for row in recording.items)
    if not recording.has_contents:
        raise bad_input("--model", f"{recording.name} has no items.csv or items.jsonl for a model to read")
    if empty:
        raise bad_input("--model", f"{empty:,} answered items of {recording.name} have no contents")


def _slug(session: Session, principal: Principal, name: str) -> str:
    """Return a name for the project that is still free."""
    base = re.sub("[^a-z0-9]+", "-", f"replay-{name}".lower()).strip("-")[:50]
    taken = set(session.scalars(select(scope.projects(principal).subquery().c.slug)))
    return next(slug for n in count(1) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


def _restricted(session: Session, project_id: int) -> list[str]:
    query = select(Worker.name).join(Restriction, Restriction.worker_id == Worker.id)
    query = query.where(Restriction.project_id == project_id, Restriction.lifted_at.is_(None))
    return sorted(set(session.scalars(query)))


def _result(
    session: Session, project: Project, recording: Recording, gold: Mapping[str, str]
) -> ReplayResult:
    methods = tuple(dict.fromkeys((project.method, *conclude.COMPANIONS)))
    truth = {item: label for item, label in recording.truth.items() if item not in gold}
    concluded = {method: _concluded(session, project, method) for method in methods}
    labels = {
        method: {item: label for item, (label, _) in found.items()} for method, found in concluded.items()
    }
    full = _full_labels(recording, methods, gold)
    confident = [certainty for item, (_, certainty) in concluded[project.method].items() if item in truth]
    seen = projects.overview(session, project)
    return ReplayResult(
        project=project.slug,
        items=len(recording.items),
        workers=len({answer.worker for answer in recording.answers}),
        labels=len(recording.labels),
        answers_available=len(recording.answers),
        answers_repeated=recording.repeated,
        answers_bought=seen.answers,
        gold_items=len(gold),
        gold_answers=_gold_answers(session, project),
        cost_micros=seen.spent_micros,
        measured=len(truth),
        unlabeled=len(truth) - len(confident),
        accuracy={method: _accuracy(labels[method], truth) for method in methods},
        full_accuracy={method: _accuracy(full[method], truth) for method in methods},
        mean_confidence=float(np.mean(confident)) if confident else None,
        restricted=len(_restricted(session, project.id)),
    )


def _concluded(session: Session, project: Project, method: str) -> dict[str, tuple[str, float]]:
    """Return label and confidence of every item that the method's newest run has answers to."""
    run = conclude.latest_run(session, project, method)
    if run is None:
        return {}
    query = select(Item.key, Consensus.label, Consensus.confidence).join(
        Consensus, Consensus.item_id == Item.id
    )
    query = query.where(Consensus.run_id == run.id, Consensus.votes > 0)
    return {key: (label, confidence) for key, label, confidence in session.execute(query)}


def _full_labels(
    recording: Recording, methods: Sequence[str], gold: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return what the methods make of all recorded answers, with the same gold known to them."""
    answers = Answers.from_columns(
        [answer.item for answer in recording.answers],
        [answer.worker for answer in recording.answers],
        [answer.value for answer in recording.answers],
        label_set=recording.labels,
    )
    chosen = {method: aggregate(answers, method, gold=gold).choice.tolist() for method in methods}
    return {
        method: {item: answers.labels[code] for item, code in zip(answers.items, codes, strict=True)}
        for method, codes in chosen.items()
    }


def _accuracy(labels: Mapping[str, str], truth: Mapping[str, str]) -> float:
    return sum(labels.get(item) == label for item, label in truth.items()) / len(truth)


def _gold_answers(session: Session, project: Project) -> int:
    query = select(func.count()).select_from(Answer).join(Slot, Slot.id == Answer.slot_id)
    return session.scalar(query.where(Answer.project_id == project.id, Slot.gold_id.is_not(None))) or 0
