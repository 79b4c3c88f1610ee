"""The demo's loop: labels bought where they help, beside the same money spent at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy.orm import Session

from aggregation.registry import DEFAULT
from crowd import learning
from crowd.channels import Simulated
from crowd.clock import Clock, utc_now
from crowd.db import Database
from crowd.errors import CrowdError
from crowd.models import Project, TrainingSetVersion
from crowd.services import conclude, export, intake, loop, merge
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from crowd.trials import handwriting, measure
from crowd.trials.handwriting import LABELS, Digits, Image
from workers.simulated import Person, people

REQUESTER = "local"
CAP_MICROS = 1_000_000_000
MODEL = "builtin"
METHOD = DEFAULT
MIX: Mapping[str, float] = {"good": 0.6, "sloppy": 0.2, "random": 0.1, "constant": 0.1}
DISPUTES = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo does. Everything that follows is decided by these numbers."""

    seed: int = 0
    rounds: int = 8
    images: int = 1140  # that may be asked about
    seeds: int = 60  # whose label is known from the start; they are the gold, too
    batch: int = 60  # new images a round
    people: int = 30
    mix: Mapping[str, float] = field(default_factory=lambda: MIX)
    price_micros: int = 20_000
    gold_share: float = 0.15


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the two ways to spend the money."""

    slug: str
    title: str
    settings: ProjectSettings


SELECTED = Arm(
    "digits",
    "Which digit is this?",
    ProjectSettings(overlap=2, max_overlap=5, confidence=0.95, strategy="margin", model=MODEL, method=METHOD),
)
AT_RANDOM = Arm(
    "digits-at-random",
    "Which digit is this? (at random, three answers each)",
    ProjectSettings(overlap=3, strategy="random", method="majority"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an arm stands after a round."""

    version: TrainingSetVersion
    answers: int  # bought so far, gold included
    spent_micros: int
    labeled: int  # images asked about and decided
    label_accuracy: float  # nan before the first label
    model_accuracy: float  # of a model trained on the version, on the held-out images
    caught: int  # workers kept out


@dataclass(frozen=True, slots=True)
class Round:
    """Both arms after equally much work. Round 0 is before anyone was asked."""

    number: int
    selected: Standing
    at_random: Standing


@dataclass(frozen=True, slots=True)
class Findings:
    """What an arm came to in the end."""

    gold_answers: int
    labels: Mapping[str, measure.Labels]  # by method, all from the same answers
    workers: tuple[measure.WorkerRow, ...]
    disputes: tuple[measure.Dispute, ...]
    versions: tuple[TrainingSetVersion, ...]  # oldest first


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole demo."""

    plan: Plan
    rounds: tuple[Round, ...]
    selected: Findings
    at_random: Findings


@dataclass(frozen=True, slots=True)
class Side:
    """An arm in a database, with the people who answer there."""

    database: Database
    project_id: int
    channel: Simulated
    digits: Digits
    crew: Sequence[Person]
    clock: Clock

    @property
    def truth(self) -> measure.Truth:
        """Return the right labels, which the project does not know."""
        return {image.key: image.label for image in self.digits.pool}

    def play(self, batch: int) -> None:
        """Ask about so many new images and go on until each of them is decided."""
        self.database.transact(lambda session: self._resize(session, batch))
        # A turn may ask once more about items thought settled, before it asks about new ones.
        while not (turn := self._turn(ask=True)).asked:
            if turn.idle:
                return
        self.finish()

    def finish(self) -> None:
        """Take turns until all that was asked is decided and frozen as a version."""
        while (turn := self._turn(ask=False)).version is None:
            if turn.idle:
                raise CrowdError("answers are wanted and nobody is left to give them; take more people")

    def standing(self) -> Standing:
        """Measure the newest version by what a model learns from it."""
        with self.database.read() as session:
            project = session.get_one(Project, self.project_id)
            seen = projects.overview(session, project)
            _, version = merge.versions(session, project)[0]
            labels = measure.labels_of(session, project, self.truth, project.method)
            return Standing(
                version=version,
                answers=seen.answers,
                spent_micros=seen.spent_micros,
                labeled=len(labels.right),
                label_accuracy=labels.accuracy,
                model_accuracy=_model_accuracy(session, version, self.digits.test),
                caught=measure.kept_out(session, project),
            )

    def findings(self) -> Findings:
        """Conclude by every method and hold the result against the truth."""
        with self.database.write() as session:
            project = session.get_one(Project, self.project_id)
            for method in measure.METHOD_NAMES:
                conclude.conclude(session, project, method=method, now=self.clock())
            return Findings(
                gold_answers=measure.gold_answers(session, project),
                labels={
                    method: measure.labels_of(session, project, self.truth, method)
                    for method in measure.METHOD_NAMES
                },
                workers=measure.workers(session, project, self.crew),
                disputes=measure.disputes(session, project, self.truth, most=DISPUTES),
                versions=tuple(version for _, version in reversed(merge.versions(session, project))),
            )

    def _turn(self, *, ask: bool) -> loop.Turn:
        return loop.turn(self.database, self.project_id, self.channel, clock=self.clock, ask=ask)

    def _resize(self, session: Session, batch: int) -> None:
        project = session.get_one(Project, self.project_id)
        if project.batch_size != batch:
            principal = keys.operator(keys.requester(session, REQUESTER, now=self.clock()))
            projects.update(session, principal, project, {"batch_size": batch}, now=self.clock())


def run(database: Database, plan: Plan, *, watch: Callable[[Round], None], clock: Clock = utc_now) -> Outcome:
    """Play all rounds in a migrated, empty database; `watch` sees each as it ends."""
    rng = np.random.default_rng(plan.seed)
    digits = handwriting.load(rng, seeds=plan.seeds, pool=plan.images)
    crew = people(plan.mix, plan.people, len(LABELS), rng)
    selected, at_random = (
        _open(database, plan, arm, digits, crew, stream, clock)
        for arm, stream in zip((SELECTED, AT_RANDOM), rng.spawn(2), strict=True)
    )
    rounds = [Round(0, selected.standing(), at_random.standing())]
    for number in range(1, plan.rounds + 1):
        selected.play(plan.batch)
        now = selected.standing()
        at_random.play(_affordable(plan, now.answers - rounds[-1].at_random.answers))
        rounds.append(Round(number, now, at_random.standing()))
        watch(rounds[-1])
    return Outcome(plan, tuple(rounds), selected.findings(), at_random.findings())


def _affordable(plan: Plan, answers: int) -> int:
    """Return how many images a fixed overlap can ask about for so many answers, gold included."""
    return max(1, round(answers * (1 - plan.gold_share) / AT_RANDOM.settings.overlap))


def _open(
    database: Database,
    plan: Plan,
    arm: Arm,
    digits: Digits,
    crew: Sequence[Person],
    rng: np.random.Generator,
    clock: Clock,
) -> Side:
    """Make an arm's project, with the seeds as gold and as the first version of its training set."""
    shown = (*digits.seeds, *digits.pool)
    settings = replace(
        arm.settings,
        title=arm.title,
        channel="simulated",
        gold_share=plan.gold_share,
        price_micros=plan.price_micros,
        batch_size=plan.batch,
        seed=plan.seed,
    )
    with database.write() as session:
        now = clock()
        principal = keys.operator(keys.requester(session, REQUESTER, now=now))
        project = projects.create(
            session,
            principal,
            slug=arm.slug,
            labels=LABELS,
            settings=settings,
            cap_micros=CAP_MICROS,
            now=now,
        )
        rows = [ItemRow(image.key, dict(image.payload), image.key) for image in shown]
        intake.add_items(session, project, rows, now=now)
        gold = [GoldRow(image.key, image.label, image.key) for image in digits.seeds]
        intake.add_gold(session, project, gold, source="seed labels", now=now)
    channel = Simulated(crew, {image.key: image.label for image in shown}, LABELS, rng)
    side = Side(database, project.id, channel, digits, crew, clock)
    side.finish()
    return side


def _model_accuracy(session: Session, version: TrainingSetVersion, test: Sequence[Image]) -> float:
    """Train on an exported version, as a requester would, and score it on images it never saw."""
    examples = list(export.rows(session, version))
    payloads = [example["payload"] for example in examples] + [image.payload for image in test]
    features = learning.features_of(payloads)
    model = learning.load(MODEL, features)
    model.fit(features.take(range(len(examples))), [example["label"] for example in examples])
    table = model.predict_proba(features.take(range(len(examples), len(payloads))))
    said = np.asarray(model.classes_)[table.argmax(axis=1)]
    return float(np.mean(said == np.array([image.label for image in test])))
