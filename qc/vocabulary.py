"""What rules can watch and do: collectors with their facts, and actions with their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

About = Literal["worker", "item"]
Kind = Literal["number", "flag", "duration", "choice", "count", "share", "text", "name"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a worker or an item; `number` takes any comparison, `flag` true or false."""

    name: str
    says: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Collector:
    """A source of facts about all workers, or all items, of a project."""

    name: str
    about: About
    says: str
    evidence: str
    """What is counted to tell new evidence from old."""
    facts: tuple[Fact, ...]
    has_window: bool = False
    """Whether it can look at the newest part only."""
    recalls: bool = True
    """Whether it can tell what was known at an earlier moment."""
    sweeps: bool = False
    """Whether it reads all answers, so that it looks again only once there are enough more."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an action is told."""

    name: str
    kind: Kind
    says: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule can do about a worker or an item."""

    name: str
    about: tuple[About, ...]
    says: str
    parameters: tuple[Parameter, ...] = ()


_FLAGGED = (
    Fact("value", "the statistic itself"),
    Fact(
        "threshold", "from where it is flagged; one look in a hundred flags anybody where nobody stands out"
    ),
    Fact("flagged", "whether it is beyond the threshold", "flag"),
    Fact("answers", "answers that were looked at"),
)
_ANSWERS: Final = "answers"
_FOR: Final = Parameter("for", "duration", "how long; until it is lifted, unless given")
_SCOPE: Final = Parameter("scope", "choice", "this project (unless given) or all", choices=("project", "all"))

_COLLECTORS = (
    Collector(
        "gold",
        "worker",
        "Answers held against gold.",
        "graded answers",
        (
            Fact("graded", "answers to gold that were graded"),
            Fact("right", "those that were right"),
            Fact("accuracy", "how often they are right, estimated from these"),
            Fact("accuracy_low", "lower end of its 90 % interval"),
            Fact("accuracy_high", "upper end of its 90 % interval"),
        ),
        has_window=True,
    ),
    Collector(
        "spam",
        "worker",
        "The sequential test for answers that have nothing to do with the item.",
        _ANSWERS,
        (
            Fact("evidence_of_spam", "log likelihood ratio: 2.9 is 19 to 1, 4.6 is 99 to 1"),
            Fact("graded", "answers to gold among them"),
            Fact("answers", "answers given"),
        ),
        recalls=False,
    ),
    Collector(
        "speed",
        "worker",
        "Seconds for an answer, beside the other workers'.",
        _ANSWERS,
        _FLAGGED,
        sweeps=True,
    ),
    Collector("repetition", "worker", "The longest run of one label.", _ANSWERS, _FLAGGED, sweeps=True),
    Collector(
        "sequences",
        "worker",
        "Answers nearly identical to another worker's where one of the two differs from most.",
        _ANSWERS,
        _FLAGGED,
        sweeps=True,
    ),
    Collector(
        "volume", "worker", "The share of all answers that one worker gave.", _ANSWERS, _FLAGGED, sweeps=True
    ),
    Collector(
        "rings",
        "worker",
        "Groups of workers who share their errors.",
        _ANSWERS,
        (
            Fact("member", "whether the worker belongs to such a group", "flag"),
            Fact("size", "workers in the group"),
            Fact("excess", "standard errors of agreement above what independent errors give"),
            Fact("answers", "answers given"),
        ),
        recalls=False,
        sweeps=True,
    ),
    Collector(
        "skips",
        "worker",
        "Questions handed back unanswered.",
        "questions answered or skipped",
        (
            Fact("asked", "questions answered or skipped"),
            Fact("skipped", "questions skipped"),
            Fact("skip_rate", "their share"),
            Fact("cannot_tell", "of them, those because nobody could tell"),
            Fact("cannot_tell_rate", "their share"),
        ),
        has_window=True,
    ),
    Collector(
        "today",
        "worker",
        "The work of this day (UTC).",
        _ANSWERS,
        (
            Fact("pages", "pages handed in"),
            Fact("answers", "answers on them"),
            Fact("active_hours", "time at work, without idle time"),
        ),
    ),
    Collector(
        "rejections",
        "worker",
        "What reviewers said of the pages.",
        "pages with a verdict",
        (
            Fact("reviewed", "pages with a verdict"),
            Fact("rejected", "those not used, paid or not"),
            Fact("rejected_share", "their share"),
        ),
        has_window=True,
    ),
    Collector(
        "quality",
        "worker",
        "What the answers tell, as `crowd workers quality` measures it.",
        _ANSWERS,
        (
            Fact("informedness", "1 for a worker who is never wrong, 0 for one who does not look"),
            Fact("informedness_low", "lower end of its 90 % interval"),
            Fact("informedness_high", "upper end of its 90 % interval"),
            Fact("information", "bits that an answer tells"),
            Fact("information_ratio", "that, beside what an answer of this crowd tells on the average"),
            Fact("answers", "answers given"),
        ),
        recalls=False,
        sweeps=True,
    ),
    Collector(
        "items",
        "item",
        "What was said of an item.",
        "answers and skips",
        (
            Fact("answers", "answers that count"),
            Fact("disagreement", "share of answers other than the most common one"),
            Fact("cannot_tell", "workers who could not tell"),
            Fact("cannot_tell_share", "their share of all who saw it"),
            Fact("confidence", "of the newest consensus; unknown before there is one"),
        ),
    ),
)

_ACTIONS = (
    Action(
        "set_skill",
        ("worker",),
        "Say what a worker can do; qualifications can ask for it.",
        (
            Parameter("name", "name", "of the skill", required=True),
            Parameter("value", "share", "from 0 to 1, or the name of a fact of the collector", required=True),
            Parameter("for", "duration", "how long it holds; for good, unless given"),
        ),
    ),
    Action("pause", ("worker",), "Keep a worker out for a while, without reproach.", (_FOR, _SCOPE)),
    Action("suspend", ("worker",), "Keep a worker out until it is clear what happened.", (_FOR, _SCOPE)),
    Action("exam", ("worker",), "Give a worker pages of gold before anything else counts."),
    Action("ban", ("worker",), "Keep a worker out.", (_FOR, _SCOPE)),
    Action("exclude", ("worker",), "Set a worker's answers aside; the items ask for others."),
    Action(
        "hold_payment",
        ("worker",),
        "Let what is due to a worker wait, so that somebody can look first; it ends by itself.",
        (Parameter("for", "duration", "how long, at most 30d", required=True),),
    ),
    Action(
        "raise_overlap",
        ("item",),
        "Ask for answers until an item has this many, as far as the budget reaches.",
        (Parameter("to", "count", "answers, at most 100", required=True),),
    ),
    Action(
        "notify",
        ("worker", "item"),
        "Write to the worker, or show it to the requester among the firings.",
        (
            Parameter("to", "choice", "who is told", required=True, choices=("worker", "requester")),
            Parameter("text", "text", "what; the worker must be told something"),
        ),
    ),
    Action("open_case", ("worker", "item"), "Put it before a reviewer (`crowd review`)."),
)

COLLECTORS: Final[Mapping[str, Collector]] = {each.name: each for each in _COLLECTORS}
ACTIONS: Final[Mapping[str, Action]] = {each.name: each for each in _ACTIONS}
