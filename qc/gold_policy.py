"""How much gold a worker gets: much at first, little once they have shown what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

# Each share lies between these: more gold than ordinary work is no work.
LEAST, MOST = 0.0, 0.5
PROMOTE = ("review", "automatic", "never")


@dataclass(frozen=True, slots=True)
class GoldPolicy:
    """The share of gold among a worker's questions, by how far they are and how good they proved to be.

    Simulated over 200 answers, 40 % of the first 20 and 5 % after them finds spammers two to four times
    sooner than the same amount of gold spread evenly.
    """

    share: float = 0.4  # of the first answers
    first: int = 20  # answers, gold included
    then: float = 0.05
    proven: float = 0.01  # once the lower bound of their skill reaches `proven_at`
    proven_at: float = 0.8
    exposure: int | None = None  # workers one gold is shown to before it is retired; None: never
    promote: str = "review"  # items that could be gold where it is short, see `PROMOTE`

    def __post_init__(self) -> None:
        """Refuse what is no policy."""
        found = list(faults(asdict(self)))
        if found:
            raise ValueError("; ".join(f"{name} {text}" for name, text in found))

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Return the policy that these fields say; what is left out is the default.

        Raises:
            ValueError: a field is unknown or its value none that it takes; `faults` names each.
        """
        found = list(faults(data))
        if found:
            raise ValueError("; ".join(f"{name} {text}" for name, text in found))
        return cls(**data)

    def to_data(self) -> dict[str, Any]:
        """Return the fields, as they are stored."""
        return asdict(self)


def share(policy: GoldPolicy, answers: int, skill_low: float | None) -> float:
    """Return the share of gold among a worker's next questions.

    Args:
        policy: The project's.
        answers: What the worker has answered so far, gold included.
        skill_low: The lower bound of how often they are right; None where nothing is known.
    """
    if answers < policy.first:
        return policy.share
    is_proven = skill_low is not None and skill_low >= policy.proven_at
    return policy.proven if is_proven else policy.then


def faults(data: object) -> list[tuple[str, str]]:
    """Return what is wrong with a policy's fields, each by name; "" where it is no policy at all."""
    names = [field.name for field in fields(GoldPolicy)]
    if not isinstance(data, Mapping):
        return [("", f"takes {', '.join(names)}")]
    found = [(str(name), f"is unknown; there are {', '.join(names)}") for name in data if name not in names]
    for name, value in data.items():
        if name in CHECKS and not CHECKS[name][0](value):
            found.append((name, CHECKS[name][1]))
    if found:
        return found
    given = {field.name: data.get(field.name, field.default) for field in fields(GoldPolicy)}
    if not given["share"] >= given["then"] >= given["proven"]:
        return [("share", "must not be below `then`, nor `then` below `proven`: gold gets less, not more")]
    return []


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_share(value: Any) -> bool:  # noqa: ANN401 - whatever stands in a file
    return _is_number(value) and LEAST <= value <= MOST


def _is_count(value: Any, least: int) -> bool:  # noqa: ANN401
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


_SHARE = f"must be a number from {LEAST:g} to {MOST:g}"
CHECKS = {
    "share": (_is_share, _SHARE),
    "first": (lambda value: _is_count(value, 0), "must be a whole number of answers, at least 0"),
    "then": (_is_share, _SHARE),
    "proven": (_is_share, _SHARE),
    "proven_at": (lambda value: _is_number(value) and 0 < value <= 1, "must be a number above 0, at most 1"),
    "exposure": (
        lambda value: value is None or _is_count(value, 1),
        "must be a whole number of workers, at least 1; leave it out to retire none",
    ),
    "promote": (lambda value: value in PROMOTE, f"choose from {', '.join(PROMOTE)}"),
}
