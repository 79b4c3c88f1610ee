"""Every method by name, and the one function that runs any of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aggregation import crowdkit
from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.dawid_skene import dawid_skene
from aggregation.glad import glad
from aggregation.history import History
from aggregation.mace import mace
from aggregation.narrowing import narrow, widen
from aggregation.panel import panel
from aggregation.pinned import dawid_skene_hierarchical, dawid_skene_map, dawid_skene_skill, one_coin
from aggregation.votes import majority

DEFAULT = "panel"
# What a method is told beside the answers; all else are its settings.
TOLD = ("gold", "history")


@dataclass(frozen=True, slots=True)
class Aggregator:
    """A method: `run(answers, gold=..., **parameters)` gives a consensus."""

    name: str
    run: Callable[..., Consensus]

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @property
    def parameters(self) -> Mapping[str, object]:
        """Names and defaults of what can be set."""
        taken = inspect.signature(self.run).parameters.values()
        return {p.name: p.default for p in taken if p.kind is p.KEYWORD_ONLY and p.name not in TOLD}

    @property
    def takes_history(self) -> bool:
        """Tell whether it can be told what the workers did before."""
        return "history" in inspect.signature(self.run).parameters


AGGREGATORS: dict[str, Aggregator] = {
    name: Aggregator(name, run)
    for name, run in (
        ("panel", panel),
        ("majority", majority),
        ("dawid-skene", dawid_skene),
        ("one-coin", one_coin),
        ("dawid-skene-map", dawid_skene_map),
        ("dawid-skene-hierarchical", dawid_skene_hierarchical),
        ("dawid-skene-skill", dawid_skene_skill),
        ("glad", glad),
        ("mace", mace),
        ("crowdkit-glad", crowdkit.glad),
        ("crowdkit-mace", crowdkit.mace),
        ("wawa", crowdkit.wawa),
        ("kos", crowdkit.kos),
        ("mmsr", crowdkit.mmsr),
        ("zbs", crowdkit.zbs),
    )
}


def aggregate(
    answers: Answers,
    method: str = DEFAULT,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    **parameters: object,
) -> Consensus:
    """Turn answers into a consensus.

    Args:
        answers: The answers.
        method: A name in `AGGREGATORS`. Whatever it is, a label that nobody used gets probability 0.
        gold: Known labels by item name. The own methods learn from them; crowd-kit's only take them over.
            Items that are not among the answers are ignored.
        history: What the workers did before, as `aggregation.history` keeps it.
        **parameters: Settings of the method.

    Raises:
        ValueError: The method or a parameter is unknown, or its value is out of range.
    """
    if method not in AGGREGATORS:
        raise ValueError(f"method: {method!r} is unknown; choose one of {', '.join(AGGREGATORS)}")
    chosen = AGGREGATORS[method]
    unknown = sorted(set(parameters) - set(chosen.parameters))
    if unknown:
        listed = ", ".join(chosen.parameters) or "no parameters"
        raise ValueError(f"{method}: unknown parameter {unknown[0]!r}; it takes {listed}")
    told: dict[str, object] = {"gold": gold}
    if history is not None:
        if not chosen.takes_history:
            able = ", ".join(name for name, each in AGGREGATORS.items() if each.takes_history)
            raise ValueError(f"{method} learns nothing from what workers did before; these do: {able}")
        told["history"] = history
    return widen(chosen.run(narrow(answers, gold), **told, **parameters), answers.labels)
