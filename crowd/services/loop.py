"""One turn of the loop: answers come in, are judged and merged, and the next questions go out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.channels import Channel, Pool
from crowd.channels.mturk.errors import CallError
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import BudgetExceeded, Conflict, Misconfigured
from crowd.models import Answer, Assignment, Project
from crowd.services import (
    assign,
    cases,
    choose,
    conclude,
    decide,
    grade,
    judge,
    merge,
    pack,
    pay,
    predict,
    publish,
    rules,
    second_channel,
)
from crowd.services.decide import Decided
from crowd.services.desk import ProjectDesk
from crowd.services.experts import gold_cases
from crowd.services.honesty import audit_slice, stop
from crowd.services.mturk import channel as mturk
from crowd.services.mturk.channel import Mturk
from crowd.services.reports import guidance
from crowd.services.trust import standings
from crowd.task_types import TASK_TYPES

log = structlog.get_logger("crowd.loop")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn did; `idle` when it did nothing, so that another turn would do nothing either."""

    expired: int = 0
    handed_over: int = 0  # places: to the second channel
    published: int = 0
    collected: int = 0
    graded: int = 0
    restricted: int = 0
    fired: int = 0  # acts of rules
    decided: Decided = field(default_factory=Decided)
    audited: int = 0  # answers asked for to check labels that are settled
    gold_disputed: int = 0  # gold that good workers contradict: asked no more until a reviewer has looked
    gold_warning: str | None = None  # why more gold is wanted
    paid: int = 0
    version: int | None = None
    model_version: str | None = None
    asked: int = 0
    strategy: str | None = None  # by which the items asked about were chosen
    fallback: str | None = None  # why they were drawn at random against the project's strategy
    stopped: str | None = None  # why no further item is asked about
    paused_funds: bool = False  # the endpoint had no money for all of it; `crowd publish --resume` goes on
    unreached: str | None = None  # why the endpoint of one of two channels was left out of it

    @property
    def idle(self) -> bool:
        """Tell whether nothing moved."""
        moved = (
            self.handed_over,
            self.published,
            self.collected,
            self.graded,
            self.fired,
            self.audited,
            self.asked,
        )
        return not any((*moved, self.decided.more))


def step(database: Database, project_id: int, *, clock: Clock) -> Turn:
    """Take a turn with the channels that a project has.

    Where the endpoint of one of two channels cannot be asked, the own people go on alone: what was under way
    with it is for the next turn.

    Raises:
        Misconfigured: there are no credentials for the endpoint, and no own people.
        CallError: the endpoint failed, and there are no own people.
    """
    with database.read() as session:
        project = _project(session, project_id)
    try:
        return turn(database, project_id, channel_of(project), clock=clock)
    except (Misconfigured, CallError) as error:
        if project.second_channel is None:
            raise
        unreached = error.message
        if isinstance(error, Misconfigured):
            mturk.say_once(str(project.endpoint), unreached)
        else:
            log.warning("endpoint failed", project=project.slug, endpoint=project.endpoint, why=unreached)
    return replace(turn(database, project_id, Pool(), clock=clock), unreached=unreached)


def turn(
    database: Database, project_id: int, channel: Channel | Mturk, *, clock: Clock, ask: bool = True
) -> Turn:
    """Run every step once, in the order of the picture in the docs, each in a transaction of its own.

    Without `ask` what is under way is finished and learned from, and no further item is asked about.
    This is the one service that spans transactions: what a channel did must be on record before the
    next step starts. A crash between two steps loses nothing, the next turn goes on from there.
    """
    expired = database.transact(lambda session: assign.sweep(session, now=clock()))
    handed_over = _hand_over(database, project_id, channel, clock)
    published = _publish(database, project_id, channel, clock)
    collected = _collect(database, project_id, channel, clock)
    graded = database.transact(
        lambda session: grade.grade(session, _project(session, project_id), now=clock())
    )
    database.transact(lambda session: standings.refresh(session, _project(session, project_id)))
    fired = database.transact(lambda session: rules.run(session, _project(session, project_id), now=clock()))
    decided, audited = database.transact(lambda session: _conclude_and_decide(session, project_id, clock))
    gold = database.transact(
        lambda session: gold_cases.tend(session, _project(session, project_id), now=clock())
    )
    database.transact(lambda session: cases.refresh(session, _project(session, project_id), now=clock()))
    _keep_advice(database, project_id, clock)
    paid = _pay(database, project_id, channel, clock)
    following = database.transact(lambda session: _next(session, project_id, clock, ask=ask))
    return Turn(
        expired=expired,
        handed_over=handed_over,
        published=published,
        collected=collected,
        graded=graded.grades,
        restricted=len(graded.restricted),
        fired=fired,
        decided=decided,
        audited=audited,
        gold_disputed=gold.disputed,
        gold_warning=gold.warning,
        paid=paid,
        version=following.version,
        model_version=following.model_version,
        asked=following.asked,
        strategy=following.strategy,
        fallback=following.fallback,
        stopped=following.stopped,
        paused_funds=_waits_for_funds(database, project_id, channel),
    )


def channel_of(project: Project) -> Channel | Mturk:
    """Return the channel of a project whose people are not part of one program's run.

    Where one of two channels is an endpoint's it is that one: the pool comes by itself.
    """
    if Mturk.name in project.channels:
        return mturk.of(project)
    if project.channel != "pool":
        raise Conflict(f"the people of a {project.channel} project live in the command that made it")
    return Pool()


def _hand_over(database: Database, project_id: int, channel: Channel | Mturk, clock: Clock) -> int:
    def work(session: Session) -> int:
        project = _project(session, project_id)
        if project.second_channel == Mturk.name and not isinstance(channel, Mturk):
            return 0  # it cannot be asked
        return second_channel.hand_over(session, project, now=clock())

    return database.transact(work)


def _publish(database: Database, project_id: int, channel: Channel | Mturk, clock: Clock) -> int:
    if isinstance(channel, Mturk):
        return _publish_there(database, project_id, channel, clock)
    if channel.built == "accept":
        return 0
    # Not `transact`: a channel must not be handed the same pages twice.
    with database.write() as session:
        return pack.publish_pages(session, _project(session, project_id), channel, now=clock())


def _publish_there(database: Database, project_id: int, channel: Mturk, clock: Clock) -> int:
    """Publish to an endpoint; where the budget falls short of that, a second channel's people go on."""
    try:
        return channel.publish(database, project_id, clock=clock).done
    except BudgetExceeded as error:
        with database.read() as session:
            if _project(session, project_id).second_channel is None:
                raise
        log.warning("nothing published", project=project_id, error=str(error))
        return 0


def _collect(database: Database, project_id: int, channel: Channel | Mturk, clock: Clock) -> int:
    if isinstance(channel, Mturk):
        return channel.collect(database, project_id, clock=clock).submissions
    return channel.collect(ProjectDesk(database, project_id, clock))


def _pay(database: Database, project_id: int, channel: Channel | Mturk, clock: Clock) -> int:
    """Pay what is due; an endpoint is told what work is worth, and pays by itself."""
    paid = database.transact(lambda session: pay.settle(session, _project(session, project_id), now=clock()))
    if not isinstance(channel, Mturk):
        return paid
    before = _paid(database, project_id)
    database.transact(lambda session: judge.judge(session, _project(session, project_id), now=clock()))
    channel.send(database, clock=clock)
    return paid + _paid(database, project_id) - before


def _paid(database: Database, project_id: int) -> int:
    paid = select(func.count()).where(Assignment.project_id == project_id, Assignment.payment == "paid")
    with database.read() as session:
        return session.scalar(paid) or 0


def _waits_for_funds(database: Database, project_id: int, channel: Channel | Mturk) -> bool:
    with database.read() as session:
        return isinstance(channel, Mturk) and mturk.is_paused(session, _project(session, project_id))


def _conclude_and_decide(session: Session, project_id: int, clock: Clock) -> tuple[Decided, int]:
    project = _project(session, project_id)
    if session.scalar(select(func.count()).where(Answer.project_id == project.id)) == 0:
        return Decided(), 0
    run = conclude.conclude(session, project, now=clock())
    decided = decide.decide(session, project, run, now=clock())
    audit_slice.evaluate(session, project, run, now=clock())
    drawn = audit_slice.draw(session, project, run, now=clock())
    if not decided.more:  # the wave is over: now it is worth showing the result beside the other methods'
        conclude.conclude_all(session, project, now=clock())
    return decided, drawn.asked


def _keep_advice(database: Database, project_id: int, clock: Clock) -> None:
    """Look for it apart from what writes: nobody waits while all answers are read."""
    with database.read() as session:
        found = guidance.renewed(session, _project(session, project_id), now=clock())
    if found is not None:
        database.transact(lambda session: session.merge(found))


def _next(session: Session, project_id: int, clock: Clock, *, ask: bool) -> Turn:
    """Once everything asked is answered: freeze what is known, learn from it, ask about the next items."""
    project = _project(session, project_id)
    if project.state != "active" or publish.outstanding(session, project):
        return Turn()
    known = merge.candidates(session, project)
    version = merge.freeze(session, project, now=clock()) if known else None
    predictions = predict.train(session, project, now=clock()) if _has_labels(project) else None
    stopped = stop.verdict(session, project) if ask else None
    ask = ask and not (stopped and stopped.stop)
    batch = choose.choose(session, project, now=clock()) if ask else None
    return Turn(
        version=version.number if version else None,
        model_version=predictions.model_version if predictions else None,
        asked=publish.ask_batch(session, project, batch, now=clock()) if batch else 0,
        strategy=batch.strategy if batch else None,
        fallback=choose.fallback(batch) if batch else None,
        stopped=stopped.text if stopped and stopped.stop else None,
    )


def _has_labels(project: Project) -> bool:
    """Tell whether answers are labels: of texts, numbers and boxes the model learns nothing."""
    return TASK_TYPES[project.task_type].is_categorical


def _project(session: Session, project_id: int) -> Project:
    return session.get_one(Project, project_id)
