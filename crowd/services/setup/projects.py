"""Projects: made, changed, paused; and what they look like at a glance."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.errors import Conflict, Problem, bad_input, bad_inputs
from crowd.models import Answer, Budget, Gold, Item, LabelSet, Project
from crowd.models.states import TRANSITIONS, advance
from crowd.services import audit, bought, estimate, locks, publish
from crowd.services.access.keys import Principal
from crowd.services.bought import Bought
from crowd.services.people.fair_pay import FairPay, fair_pay
from crowd.services.setup import instructions, label_sets, rule_book, two_channels, validation
from crowd.services.setup.instructions import Wording
from crowd.task_types import TASK_TYPES
from qc import gold_policy
from qc.gold_policy import GoldPolicy

GOLD_SHARE = 0.1
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SLUG_FAULT = "use lower-case letters, digits and dashes, at most 63, none of them first"


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """Everything about a project that a requester may set; the comments are on the model."""

    title: str = ""
    task_type: str = "choice"
    task_options: dict[str, Any] = field(default_factory=dict)
    channel: str = "pool"
    second_channel: str | None = None
    second_when: str | None = None  # None: "overflow" where there is a second channel
    second_price_micros: int | None = None
    patience_seconds: int | None = None  # None: an hour, with overflow
    endpoint: str | None = None
    posting: dict[str, Any] = field(default_factory=dict)
    overlap: int = 3
    max_overlap: int | None = None  # None: three more than `overlap` with a target confidence, else `overlap`
    confidence: float | None = None
    label_value_micros: int | None = None
    expert_price_micros: int | None = None
    hit_size: int = 10
    gold_share: float | None = None  # None: as `gold_policy` says
    gold_policy: dict[str, Any] | None = None  # None: the default where `gold_share` is None, else flat
    lease_seconds: int = 900
    audit_share: float = 0.0
    stop: dict[str, Any] | None = None
    price_micros: int = 0
    hourly_micros: int | None = None
    fair_hourly_micros: int | None = None
    review: str = "automatic"
    ordering: str = "depth"
    routing: bool = False
    qualifications: list[dict[str, Any]] = field(default_factory=list)
    quiz: dict[str, Any] | None = None
    worker_cap: int | None = None
    worker_day_cap: int | None = None
    leaderboard: bool = False
    strategy: str = "margin"
    random_share: float = 0.25
    batch_size: int = 100
    seed: int | None = None  # None: drawn at random, so that nobody can tell where gold will stand
    model: str | None = None
    method: str | None = None  # None: the task type's default
    fuse_predictions: bool = True


def create(
    session: Session,
    principal: Principal,
    *,
    slug: str,
    labels: Sequence[str],
    settings: ProjectSettings,
    cap_micros: int,
    details: Mapping[str, Any] | None = None,
    wording: Wording | None = None,
    now: datetime,
) -> Project:
    """Make a project with its first label set and its budget."""
    principal.require_all_projects()
    details = details or {}
    values = _checked(settings, slug=slug, labels=labels, details=details, cap_micros=cap_micros)
    locks.name(session, f"projects:{principal.requester_id}")
    if session.scalar(_by_slug(principal, slug)) is not None:
        taken = f"there is a project {slug!r} already"
        raise Conflict(taken, problems=(Problem("slug", taken),))
    project = Project(requester_id=principal.requester_id, slug=slug, created_at=now, **values)
    project.title = project.title or slug
    session.add(project)
    session.flush()
    label_sets.begin(session, project, labels, details, now=now)
    instructions.begin(session, project, wording or Wording(), labels, now=now)
    session.add(Budget(project_id=project.id, cap=cap_micros, held=0, spent=0))
    rule_book.begin(session, project, now=now)
    audit.act(session, principal, "project.create", f"project:{project.id}", project=project, now=now)
    return project


def update(
    session: Session, principal: Principal, project: Project, changes: dict[str, Any], *, now: datetime
) -> Project:
    """Change settings; a channel and its price only while nothing is on offer there."""
    locks.change(session, project)
    current = {field.name: getattr(project, field.name) for field in fields(ProjectSettings)}
    if "max_overlap" not in changes and changes.keys() & {"overlap", "confidence", "label_value_micros"}:
        changes = {**changes, "max_overlap": None}
    if "gold_share" in changes and "gold_policy" not in changes:
        changes = {**changes, "gold_policy": None}
    changes = two_channels.without(changes, project.channel)
    held = label_sets.current(session, project)
    values = _checked(
        replace(ProjectSettings(**current), **changes),
        slug=project.slug,
        labels=held.labels,
        details=held.details,
        cap_micros=0,
    )
    frozen = _frozen(session, project, {name for name in changes if changes[name] != current[name]})
    if frozen:
        raise Conflict(f"{', '.join(sorted(frozen))} cannot change while answers are on offer")
    for name, value in values.items():
        setattr(project, name, value)
    project.revision += 1
    subject, about = f"project:{project.id}", {name: values[name] for name in sorted(changes)}
    audit.act(session, principal, "project.update", subject, project=project, details=about, now=now)
    return project


def _frozen(session: Session, project: Project, changed: set[str]) -> set[str]:
    """Return those of the changed settings that answers on offer rest on."""
    own = {"price_micros", "channel", "task_type"}
    there = {"second_channel", "second_price_micros"}
    (own if project.channel == CHANNEL else there).add("endpoint")
    stuck = own & changed if own & changed and publish.outstanding(session, project) else set()
    if project.second_channel is None or not there & changed:
        return stuck
    on_offer = publish.outstanding(session, project, channel=project.second_channel)
    return stuck | (there & changed if on_offer else set())


def set_cap(
    session: Session, principal: Principal, project: Project, cap_micros: int, *, now: datetime
) -> Budget:
    """Change what the project may cost in all."""
    row = locks.budget(session, project.id)
    if cap_micros < row.held + row.spent:
        raise Conflict("the cap cannot fall below what is already held and spent")
    row.cap = cap_micros
    subject, about = f"project:{project.id}", {"cap_micros": cap_micros}
    audit.act(session, principal, "budget.cap", subject, project=project, details=about, now=now)
    return row


def move(session: Session, principal: Principal, project: Project, state: str, *, now: datetime) -> Project:
    """Pause, resume or close a project; answers to pages already claimed are still taken."""
    locks.change(session, project)
    if project.state == state:
        return project
    if (project.state, state) not in TRANSITIONS[Project, "state"]:
        raise Conflict(f"a project that is {project.state} cannot become {state}")
    revision = {"revision": Project.revision + 1}
    advance(session, Project, "state", (project.state, state), Project.id == project.id, **revision)
    session.refresh(project)
    audit.act(session, principal, f"project.{state}", f"project:{project.id}", project=project, now=now)
    return project


def labels(session: Session, project: Project) -> LabelSet:
    """Return the label set in force."""
    return label_sets.current(session, project)


@dataclass(frozen=True, slots=True)
class Overview:
    """How far a project is."""

    items: dict[str, int]  # by state
    open_answers: int
    answers: int
    gold: int
    cap_micros: int
    held_micros: int
    spent_micros: int
    fair_pay: FairPay | None = None  # None while too few pages say anything
    channels: tuple[Bought, ...] = ()


def overview(session: Session, project: Project) -> Overview:
    """Count what a project holds."""
    states = select(Item.state, func.count(), func.sum(Item.open)).where(Item.project_id == project.id)
    rows = session.execute(states.group_by(Item.state)).all()
    gold = select(func.count()).where(Gold.project_id == project.id, Gold.retired_at.is_(None))
    answers = select(func.count()).where(Answer.project_id == project.id)
    budget = session.scalars(select(Budget).where(Budget.project_id == project.id)).one()
    return Overview(
        items={state: count for state, count, _ in rows},
        open_answers=sum(open_ or 0 for *_, open_ in rows),
        answers=session.scalar(answers) or 0,
        gold=session.scalar(gold) or 0,
        cap_micros=budget.cap,
        held_micros=budget.held,
        spent_micros=budget.spent,
        fair_pay=fair_pay(session, project),
        channels=bought.by_channel(session, project),
    )


def _checked(
    settings: ProjectSettings,
    *,
    slug: str,
    labels: Sequence[str],
    details: Mapping[str, Any],
    cap_micros: int,
) -> dict[str, Any]:
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    if values["max_overlap"] is None:
        adaptive = settings.confidence is not None or settings.label_value_micros is not None
        values["max_overlap"] = settings.overlap + (3 if adaptive else 0)
    if values["method"] is None and settings.task_type in TASK_TYPES:
        values["method"] = estimate.methods(settings.task_type)[0]
    if values["seed"] is None:
        values["seed"] = secrets.randbelow(2**31)
    values |= _gold(settings)
    values |= two_channels.completed(values)
    problems = validation.faults(values, labels, details)
    if not SLUG.fullmatch(slug):
        problems.append(Problem("slug", SLUG_FAULT))
    if cap_micros < 0:
        problems.append(Problem("cap", "cannot be negative"))
    if problems:
        raise bad_inputs(problems, what="project")
    return values


def _gold(settings: ProjectSettings) -> dict[str, Any]:
    """Return how much gold is asked: a policy in full, and the share on pages made for nobody."""
    share, policy = settings.gold_share, settings.gold_policy
    if share is None and policy is None:
        policy = {}
    if policy is not None and not gold_policy.faults(policy):
        policy = GoldPolicy.from_data(policy).to_data()
    return {"gold_share": GOLD_SHARE if share is None else share, "gold_policy": policy}


def _by_slug(principal: Principal, slug: str) -> Select[int]:
    return select(Project.id).where(Project.requester_id == principal.requester_id, Project.slug == slug)


def require_label(label: str, allowed: Sequence[str], where: str) -> None:
    """Raise unless the label belongs to the label set."""
    if label not in allowed:
        shown = ", ".join(allowed[:10]) + (", …" if len(allowed) > 10 else "")
        raise bad_input(where, f"{label!r} is not in the label set ({shown})")
