"""Every kind of answer with its methods: labels, sets, numbers, texts, boxes, spans, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aggregation import crowdkit, registry
from aggregation.boxes import merge_boxes
from aggregation.label_sets import label_majority, label_panel
from aggregation.quantities import mean, median, precision_weighted
from aggregation.rankings import bradley_terry, counting, crowd_bradley_terry
from aggregation.spans import merge_spans
from aggregation.transcripts import rover


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of answer: what it is called, and its methods by name, the default first."""

    name: str
    methods: Mapping[str, Callable[..., Any]]

    @property
    def default(self) -> str:
        """Return the method that is used unless another is named."""
        return next(iter(self.methods))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("labels", {name: method.run for name, method in registry.AGGREGATORS.items()}),
        Kind("sets", {"panel": label_panel, "majority": label_majority}),
        Kind("numbers", {"precision": precision_weighted, "mean": mean, "median": median}),
        Kind("texts", {"rover": rover, "crowdkit-rover": crowdkit.rover}),
        Kind("boxes", {"boxes": merge_boxes}),
        Kind("spans", {"spans": merge_spans}),
        Kind(
            "comparisons",
            {
                "crowd-bradley-terry": crowd_bradley_terry,
                "bradley-terry": bradley_terry,
                "counting": counting,
            },
        ),
    )
}


def estimate(kind: str, answers: object, method: str | None = None, **parameters: object) -> Any:  # noqa: ANN401 - each kind has its own result
    """Run a method of a kind, its default unless one is named.

    Raises:
        ValueError: The kind or the method is unknown, or a value is out of range.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is unknown; choose one of {', '.join(KINDS)}")
    methods = KINDS[kind].methods
    name = method or KINDS[kind].default
    if name not in methods:
        raise ValueError(f"method: {name!r} is unknown for {kind}; choose one of {', '.join(methods)}")
    if kind == "labels":
        return registry.aggregate(answers, name, **parameters)  # type: ignore[arg-type]
    return methods[name](answers, **parameters)
