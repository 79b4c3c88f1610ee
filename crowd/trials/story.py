"""What happened in the week, day by day, and the report its requester would read."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import AuditPick, Consensus, Item, Restriction, Worker
from crowd.services import cases, conclude, roster
from crowd.services.experts import appeals, golds, rulings
from crowd.services.experts.rulings import Ruling
from crowd.services.honesty import accuracy, stop
from crowd.services.reports import guidance
from crowd.services.rules import trial
from crowd.services.setup import projects, rule_book
from crowd.trials import week
from crowd.trials.week import Cast, Stage
from qc.rules import read
from workers.money import display
from workers.simulated import Person

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SUSPECTED = "regular-03"  # honest, and taken for one of the ring
WORTH = 150_000
FEW = 3
EXPERT = "expert"


@dataclass
class Week:
    """The story as it goes on, and what came out."""

    days: list[tuple[str, list[str]]] = field(default_factory=list)
    accuracy: accuracy.Accuracy | None = None
    right: float = 0.0  # of settled labels, which only a simulation knows
    stopped: str | None = None
    advice: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()
    answers: int = 0
    spent_micros: int = 0


def act(database: Database) -> Week:
    """Play the whole week in a migrated, empty database."""
    stage, story = week.open_project(database), Week()
    crew = stage.cast
    extras = {2: _see_gold_disputes, 3: _suspect, 4: _hear_appeals, 5: _set_stop_rule, 6: _ask_expert}
    for stage.day, name in enumerate(DAYS):
        before = _kept_out(stage)
        told: list[str] = []
        present = _present(crew, stage.day)
        turn = week.work(stage, present)
        told += _arrivals(stage) + _worked(stage, turn.asked, turn.stopped, before)
        if stage.day in extras:
            told += extras[stage.day](stage)
        story.stopped = turn.stopped or story.stopped
        story.days.append((name, told))
    week.work(stage, crew.regulars)
    return _finish(stage, story)


def report(story: Week) -> str:
    """Return the report as Markdown."""
    lines = [line for name, told in story.days for line in (f"**{name}.** {' '.join(told)}", "")]
    assert story.accuracy is not None
    return "\n".join(
        [
            *lines,
            "```text",
            *accuracy.lines(story.accuracy),
            f"really    {story.right:.1%} (only a simulation knows)",
            f"bought    {story.answers} answers for {display(story.spent_micros)}",
            f"kept out  {', '.join(story.kept_out)}",
            f"stop rule {story.stopped}",
            "```",
            "",
            *(f"- {question}" for question in story.advice),
            "",
        ]
    )


def _present(crew: Cast, day: int) -> tuple[Person, ...]:
    """Return who comes on a day; while the ring begins, most regulars have other things to do."""
    regulars = crew.regulars[:FEW] if day in (3, 4) else crew.regulars
    return regulars + (crew.spammers if day > 0 else ()) + (crew.ring if day > 2 else ())


def _arrivals(stage: Stage) -> list[str]:
    return {
        0: [f"{len(stage.cast.regulars)} regulars begin."],
        1: [f"{len(stage.cast.spammers)} people join who do not look at the items."],
        3: [f"{len(stage.cast.ring)} people join who answer what they agreed on beforehand."],
    }.get(stage.day, [])


def _worked(stage: Stage, asked: int, stopped: str | None, before: frozenset[str]) -> list[str]:
    with stage.database.read() as session:
        seen = projects.overview(session, stage.project(session))
    told = [f"No new items are asked about: {stopped}."] if stopped else []
    told += [f"{asked} answers are asked for to begin with."] if asked else []
    told.append(f"{seen.items.get('settled', 0)} labels are settled, {display(seen.spent_micros)} is spent.")
    caught = sorted(_kept_out(stage) - before)
    return [*told, *([f"Kept out: {', '.join(caught)}."] if caught else [])]


def _see_gold_disputes(stage: Stage) -> list[str]:
    """A reviewer looks at gold that good workers contradict."""
    told = []
    with stage.database.write() as session:
        project = stage.project(session)
        for case in cases.queue(session, project, kind="gold_dispute", limit=50):
            key = session.get_one(Item, case.item_id).key
            if key == week.WRONG_GOLD:
                ruling = Ruling("corrected", stage.truth[key], "the picture shows a wolf")
            else:
                ruling = Ruling("kept")
            rulings.close(session, stage.principal, project, case, ruling, now=stage.now())
            told.append(f"{key} is {ruling.outcome}")
    return [f"A reviewer sees gold that workers contradict: {', '.join(told)}."] if told else []


def _suspect(stage: Stage) -> list[str]:
    """The requester fears a ring, tries rules on the past, enacts them, and goes too far by hand."""
    hit = set()
    with stage.database.write() as session:
        project = stage.project(session)
        for name, line in week.RULES.items():
            rule_book.add(session, stage.principal, project, name, rule_book.of_line(line), now=stage.now())
            body = rule_book.one(session, project, name).body
            tried = trial.attempt(session, project, read(body), now=stage.now())
            hit |= {each.subject for each in tried.hits}
            rule_book.activate(session, stage.principal, project, name, now=stage.now())
        worker = _worker(session, SUSPECTED)
        roster.restrict(
            session,
            worker,
            project=stage.project(session),
            kind="suspended",
            reason="looks like one of the ring",
            facts={},
            actor=stage.principal.actor,
            now=stage.now(),
        )
    found = f"{len(hit)} workers" if hit else "nobody yet"
    told = f"The requester tries rules against rings on the past: they hit {found}, and are enacted."
    return [told, f"The requester suspends {SUSPECTED} too, by hand and by mistake."]


def _hear_appeals(stage: Stage) -> list[str]:
    """One who was honest and one who was not appeal; a reviewer hears both."""
    told = []
    guilty = sorted(_kept_out(stage) - {SUSPECTED})[-1]
    for name, outcome in ((SUSPECTED, "upheld"), (guilty, "declined")):
        with stage.database.write() as session:
            worker, project = _worker(session, name), stage.project(session)
            newest = roster.restrictions(session, worker, limit=50)[-1]
            words = "I have looked at every picture."
            case = appeals.file(session, worker, "restriction", str(newest.id), words, now=stage.now())
            ruling = Ruling(outcome, note="the answers speak for themselves")
            rulings.close(session, stage.principal, project, case, ruling, now=stage.now())
        told.append(f"{name} appeals: {outcome}.")
    return told


def _set_stop_rule(stage: Stage) -> list[str]:
    with stage.database.write() as session:
        project, changes = stage.project(session), {"stop": {"worth_micros": WORTH}}
        projects.update(session, stage.principal, project, changes, now=stage.now())
    return [f"The requester says that one more right label is worth {display(WORTH)}."]


def _ask_expert(stage: Stage) -> list[str]:
    """An expert looks at all that was drawn for the audit slice."""
    with stage.database.write() as session:
        project = stage.project(session)
        drawn = select(AuditPick.item_id).where(AuditPick.project_id == project.id).order_by(AuditPick.id)
        item_ids = session.scalars(drawn).all()
        for item_id in item_ids:
            right = stage.truth[session.get_one(Item, item_id).key]
            golds.told(session, project, item_id, right, reviewer=EXPERT, now=stage.now())
    return [f"An expert looks at the {len(item_ids)} labels that were drawn by lot."]


def _finish(stage: Stage, story: Week) -> Week:
    with stage.database.write() as session:
        project = stage.project(session)
        seen = projects.overview(session, project)
        story.accuracy = accuracy.measure(session, project)
        story.right = _right(stage, session)
        story.advice = guidance.advise(session, project).questions
        verdict = stop.verdict(session, project)
        story.stopped = verdict.text if verdict and verdict.stop else story.stopped
        story.answers, story.spent_micros = seen.answers, seen.spent_micros
    story.kept_out = tuple(sorted(_kept_out(stage)))
    return story


def _right(stage: Stage, session: Session) -> float:
    run = conclude.latest_run(session, stage.project(session))
    query = select(Item.key, Consensus.label).join(Consensus, Consensus.item_id == Item.id)
    query = query.where(Consensus.run_id == (run.id if run else 0), Item.state == "settled")
    rows = session.execute(query).all()
    return sum(stage.truth[key] == label for key, label in rows) / max(len(rows), 1)


def _kept_out(stage: Stage) -> frozenset[str]:
    query = select(Worker.name).join(Restriction, Restriction.worker_id == Worker.id)
    with stage.database.read() as session:
        return frozenset(session.scalars(query.where(Restriction.lifted_at.is_(None))))


def _worker(session: Session, name: str) -> Worker:
    return session.scalars(select(Worker).where(Worker.name == name)).one()
