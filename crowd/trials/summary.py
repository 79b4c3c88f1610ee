"""The demo's result in numbers, for machines and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crowd.trials.digits import MIX, Findings, Outcome, Standing
from crowd.trials.measure import METHOD_NAMES, caught
from workers.money import display, dollars
from workers.simulated import BAD

DIGITS = 6
WIDTH = 12


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the result as plain values, equal for equal plans."""
    plan = outcome.plan
    return {
        "seed": plan.seed,
        "rounds": len(outcome.rounds) - 1,
        "images": plan.images,
        "seed_labels": plan.seeds,
        "people": plan.people,
        "selected": _side(outcome.selected, [played.selected for played in outcome.rounds]),
        "random": _side(outcome.at_random, [played.at_random for played in outcome.rounds]),
    }


def as_text(outcome: Outcome) -> str:
    """Return the result as a short table: what was bought, what it is worth, who was caught."""
    ends = outcome.rounds[-1].selected, outcome.rounds[-1].at_random
    sides = outcome.selected, outcome.at_random
    rows = [
        ("", "crowd", "at random", ""),
        ("answers bought", *(f"{end.answers:,}" for end in ends), ""),
        ("  of them gold", *(f"{side.gold_answers:,}" for side in sides), "to check workers"),
        ("dollars", *(display(end.spent_micros) for end in ends), ""),
        ("images labeled", *(f"{end.labeled:,}" for end in ends), ""),
        ("labels right", "", "", ""),
        *_methods(sides),
        ("workers caught", *(_caught(side, *BAD) for side in sides), "of those who never look"),
        ("  wrongly", *(_caught(side, "good") for side in sides), "of the good ones"),
        ("  in between", *(_caught(side, "sloppy") for side in sides), "of the sloppy ones"),
    ]
    lines = [
        f"{name:<20}{mine:>{WIDTH}}{other:>{WIDTH}}  {note}".rstrip() for name, mine, other, note in rows
    ]
    return "\n".join([*lines, "", *_curves(outcome)])


def _side(found: Findings, standings: Sequence[Standing]) -> dict[str, Any]:
    """Return one side; `by_round` begins before anyone was asked."""
    end = standings[-1]
    return {
        "answers": end.answers,
        "gold_answers": found.gold_answers,
        "cost": dollars(end.spent_micros),
        "labels": end.labeled,
        "label_accuracy": {name: round(labels.accuracy, DIGITS) for name, labels in found.labels.items()},
        "mean_confidence": {name: round(labels.claimed, DIGITS) for name, labels in found.labels.items()},
        "model_accuracy": round(end.model_accuracy, DIGITS),
        "caught": {
            kind: dict(zip(("out", "people"), caught(found.workers, kind), strict=True)) for kind in MIX
        },
        "by_round": [_standing(standing) for standing in standings],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "answers": standing.answers,
        "cost": dollars(standing.spent_micros),
        "labels": standing.labeled,
        "label_accuracy": round(standing.label_accuracy, DIGITS) if standing.labeled else None,
        "model_accuracy": round(standing.model_accuracy, DIGITS),
        "caught": standing.caught,
        "version": standing.version.content_hash,
    }


def _methods(sides: Sequence[Findings]) -> list[tuple[str, str, str, str]]:
    return [
        (f"  {name}", *(f"{100 * side.labels[method].accuracy:.1f} %" for side in sides), "")  # type: ignore[misc]
        for method, name in METHOD_NAMES.items()
    ]


def _caught(side: Findings, *kinds: str) -> str:
    out, people = caught(side.workers, *kinds)
    return f"{out} of {people}"


def _curves(outcome: Outcome) -> list[str]:
    """Return the model's accuracy round by round, in percent."""
    rounds = outcome.rounds
    return [
        f"{'model accuracy, %':<20}" + "".join(f"{played.number or 'start':>7}" for played in rounds),
        f"{'  crowd':<20}" + "".join(f"{100 * played.selected.model_accuracy:7.1f}" for played in rounds),
        f"{'  at random':<20}"
        + "".join(f"{100 * played.at_random.model_accuracy:7.1f}" for played in rounds),
    ]
