"""What a project's settings and labels have to be: every fault found at once, each with its field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from crowd.channels.mturk import posting
from crowd.errors import Problem
from crowd.models.project import ORDERINGS, REVIEWS
from crowd.selection.strategies import STRATEGIES
from crowd.services import estimate
from crowd.services.setup import two_channels
from crowd.task_types import TASK_TYPES
from qc import gold_policy, stopping
from workers import qualification

CHANNELS = ("pool", "mturk", "simulated", "replay")
MAX_LABELS = 1000
LONGEST_LABEL = 200
LONGEST_DEFINITION = 2000
LONGEST_TITLE = 128
KINDS = ("other", "cannot_tell")
DETAILS = ("definition", "parent", "key", "kind")
QUIZ = ("questions", "pass_mark", "attempts")
COOLING = "cooling_seconds"  # between two attempts
LONGEST_COOLING = 30 * 86_400


def faults(values: Mapping[str, Any], labels: Sequence[str], details: Mapping[str, Any]) -> list[Problem]:
    """Return all that is wrong with settings, labels and their details."""
    problems = [Problem(name, text) for name, is_right, text in RULES if not is_right(values)]
    problems += [Problem("qualifications", text) for text in qualification.faults(values["qualifications"])]
    problems += _quiz_faults(values["quiz"])
    problems += _gold_faults(values["gold_policy"])
    problems += _stop_faults(values)
    problems += two_channels.faults(values)
    problems += _posting_faults(values)
    if values["task_type"] not in TASK_TYPES:
        return [*problems, Problem("task_type", f"choose from {', '.join(TASK_TYPES)}")]
    kind = TASK_TYPES[values["task_type"]]
    if kind.has_labels:
        problems += _label_faults(labels) or list(detail_faults(details, labels))
    elif labels or details:
        problems.append(Problem("labels", f"answers of type {kind.name} are no labels; give none"))
    options = _option_faults(values["task_type"], values["task_options"], labels)
    return problems + [each for each in options if each.where not in {found.where for found in problems}]


def detail_faults(details: Mapping[str, Any], labels: Sequence[str]) -> Iterator[Problem]:
    """Find what is wrong with the details of labels: definition, parent, key and kind, each optional."""
    keys: dict[str, str] = {}
    for label, about in details.items():
        where = f"label_details.{label}"
        if label not in labels:
            yield Problem(where, "is not in the label set")
        elif not isinstance(about, Mapping) or set(about) - set(DETAILS):
            yield Problem(where, f"takes {', '.join(DETAILS)}")
        else:
            yield from (Problem(f"{where}.{name}", text) for name, text in _about_faults(about))
            if "key" in about and keys.setdefault(str(about["key"]), label) != label:
                yield Problem(
                    f"{where}.key", f"{about['key']!r} is the key of {keys[str(about['key'])]!r} too"
                )
    yield from _circles(details)


def _about_faults(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    definition, parent, key = (about.get(name, "-") for name in ("definition", "parent", "key"))
    if not isinstance(definition, str) or len(definition) > LONGEST_DEFINITION:
        yield "definition", f"must be text of at most {LONGEST_DEFINITION} characters"
    if not isinstance(parent, str) or not 1 <= len(parent) <= LONGEST_LABEL:
        yield "parent", f"must be text of 1 to {LONGEST_LABEL} characters"
    if not isinstance(key, str) or len(key) != 1 or not key.isprintable() or key.isspace():
        yield "key", "must be one character that can be typed"
    if "kind" in about and about["kind"] not in KINDS:
        yield "kind", f"choose from {', '.join(KINDS)}"


def _circles(details: Mapping[str, Any]) -> Iterator[Problem]:
    parents = {label: about.get("parent") for label, about in details.items() if isinstance(about, Mapping)}
    for label, parent in parents.items():
        above, seen = parent, {label}
        while isinstance(above, str) and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == label:
            yield Problem(f"label_details.{label}.parent", "leads back to the label itself")


def _label_faults(labels: Sequence[str]) -> list[Problem]:
    if not 1 <= len(labels) <= MAX_LABELS:
        return [Problem("labels", f"between 1 and {MAX_LABELS} labels are needed, not {len(labels)}")]
    if len(set(labels)) != len(labels):
        return [Problem("labels", "every label may appear once")]
    if any(not label.strip() or label != label.strip() for label in labels):
        return [Problem("labels", "a label cannot be empty or begin or end with a space")]
    return []


def _option_faults(task_type: str, options: object, labels: Sequence[str]) -> list[Problem]:
    if not isinstance(options, Mapping):
        return [Problem("task_options", "must be an object")]
    found = TASK_TYPES[task_type].faults(options, labels)
    return [
        Problem(fault.where if fault.where == "labels" else f"task_options.{fault.where}", fault.message)
        for fault in found
    ]


def _quiz_faults(quiz: object) -> Iterator[Problem]:
    if quiz is None:
        return
    if not isinstance(quiz, Mapping) or set(quiz) - {COOLING} != set(QUIZ):
        yield Problem("quiz", f"takes {', '.join(QUIZ)}, and if you like {COOLING}")
        return
    for name in ("questions", "attempts"):
        if not isinstance(quiz[name], int) or isinstance(quiz[name], bool) or not 1 <= quiz[name] <= 100:
            yield Problem(f"quiz.{name}", "must be a whole number between 1 and 100")
    mark = quiz["pass_mark"]
    if not isinstance(mark, int | float) or isinstance(mark, bool) or not 0 < mark <= 1:
        yield Problem("quiz.pass_mark", "must be a number above 0 and at most 1")
    pause = quiz.get(COOLING, 0)
    if not isinstance(pause, int) or isinstance(pause, bool) or not 0 <= pause <= LONGEST_COOLING:
        yield Problem(f"quiz.{COOLING}", f"must be a whole number of seconds from 0 to {LONGEST_COOLING}")


def _gold_faults(policy: object) -> Iterator[Problem]:
    found = [] if policy is None else gold_policy.faults(policy)
    yield from (Problem(f"gold_policy.{name}".rstrip("."), text) for name, text in found)


def _stop_faults(values: Mapping[str, Any]) -> Iterator[Problem]:
    stop = values["stop"]
    yield from (Problem(f"stop.{key}" if key else "stop", text) for key, text in stopping.faults(stop))
    if isinstance(stop, Mapping) and "worth_micros" in stop and not values["price_micros"]:
        yield Problem("stop.worth", "is weighed against the price of answers, and they are free")


def _posting_faults(values: Mapping[str, Any]) -> Iterator[Problem]:
    endpoint, stored = values["endpoint"], values["posting"]
    if posting.CHANNEL in (values["channel"], values["second_channel"]):
        yield from (Problem(name, text) for name, text in posting.faults(stored, endpoint))
        yield from _pool_only_faults(values)
        if len(values["title"]) > LONGEST_TITLE:
            yield Problem("title", f"has at most {LONGEST_TITLE} characters at an endpoint")
    elif endpoint is not None or stored:
        name = "endpoint" if endpoint is not None else "posting"
        yield Problem(name, "is only for a project one of whose channels is mturk")


def _pool_only_faults(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find settings that would do nothing where nobody but an endpoint's workers is asked."""
    if (values["channel"], values["second_channel"]) != (posting.CHANNEL, None):
        return
    if values["quiz"] is not None:
        yield Problem("quiz", "is for the pool; at an endpoint require a qualification with a test")
    if values["hourly_micros"] is not None:
        yield Problem("hourly_micros", "is for the pool; an endpoint pays by the HIT")
    if values["posting"].get("mode", "html") != "html":
        return
    for name in ("qualifications", "worker_cap", "worker_day_cap"):
        if values[name]:
            yield Problem(name, "needs the mode external; in the mode html set posting.requirements instead")


Rule = tuple[str, Callable[[Mapping[str, Any]], bool], str]


def _at_least_one(name: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda v: v[name] is None or v[name] >= 1


RULES: tuple[Rule, ...] = (
    ("overlap", lambda v: v["overlap"] >= 1, "at least 1 answer is needed"),
    ("max_overlap", lambda v: v["max_overlap"] >= v["overlap"], "cannot be below overlap"),
    (
        "confidence",
        lambda v: v["confidence"] is None or 0.5 <= v["confidence"] < 1,
        "lies between 0.5 and 1 (not 1)",
    ),
    ("hit_size", lambda v: 1 <= v["hit_size"] <= 100, "lies between 1 and 100"),
    ("gold_share", lambda v: 0 <= v["gold_share"] <= 0.5, "lies between 0 and 0.5"),
    ("audit_share", lambda v: 0 <= v["audit_share"] <= 1, "lies between 0 and 1; 0.03 is a good start"),
    ("lease_seconds", lambda v: 10 <= v["lease_seconds"] <= 86_400, "lies between 10 and 86400"),
    ("price_micros", lambda v: v["price_micros"] >= 0, "cannot be negative"),
    (
        "label_value_micros",
        lambda v: v["label_value_micros"] is None or v["label_value_micros"] > v["price_micros"] > 0,
        "must be above the price of an answer, and that above 0; leave it out to buy by confidence alone",
    ),
    (
        "expert_price_micros",
        lambda v: v["expert_price_micros"] is None or v["expert_price_micros"] > 0,
        "must be above 0; leave it out where there is no expert",
    ),
    ("random_share", lambda v: 0 <= v["random_share"] <= 1, "lies between 0 and 1"),
    ("batch_size", lambda v: v["batch_size"] >= 1, "at least 1 item is needed"),
    ("strategy", lambda v: v["strategy"] in STRATEGIES, f"choose from {', '.join(STRATEGIES)}"),
    (
        "method",
        lambda v: v["task_type"] not in TASK_TYPES or v["method"] in estimate.methods(v["task_type"]),
        "the task type has no such method; leave it out for the default",
    ),
    ("channel", lambda v: v["channel"] in CHANNELS, f"choose from {', '.join(CHANNELS)}"),
    ("ordering", lambda v: v["ordering"] in ORDERINGS, f"choose from {', '.join(ORDERINGS)}"),
    (
        "routing",
        lambda v: not v["routing"] or v["ordering"] == "depth",
        "goes with the ordering depth: breadth asks about every item once first",
    ),
    ("review", lambda v: v["review"] in REVIEWS, f"choose from {', '.join(REVIEWS)}"),
    ("worker_cap", _at_least_one("worker_cap"), "at least 1 answer"),
    ("worker_day_cap", _at_least_one("worker_day_cap"), "at least 1 answer"),
    (
        "hourly_micros",
        lambda v: v["hourly_micros"] is None or v["hourly_micros"] > 0,
        "must be above 0; leave it out to pay by the answer",
    ),
    (
        "price_micros",
        lambda v: v["hourly_micros"] is None or v["price_micros"] > 0,
        "is needed with hourly pay: it is the most that one answer may cost",
    ),
    (
        "fair_hourly_micros",
        lambda v: v["fair_hourly_micros"] is None or v["fair_hourly_micros"] > 0,
        "must be above 0",
    ),
)
