"""The answers of a crowd as three columns of codes: what every method here reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Answers:
    """N answers: `label[n]` is what `worker[n]` said about `item[n]`, as codes into the tuples of names.

    `items` may hold items without an answer and `labels` labels that nobody used.
    """

    item: Codes
    worker: Codes
    label: Codes
    items: tuple[str, ...]
    workers: tuple[str, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit their names or each other."""
        for field, codes, names in (
            ("item", self.item, self.items),
            ("worker", self.worker, self.workers),
            ("label", self.label, self.labels),
        ):
            if codes.shape != self.item.shape or codes.ndim != 1:
                raise ValueError(
                    f"{field}: {codes.shape} codes, item has {self.item.shape}; give one per answer"
                )
            if codes.size and not 0 <= codes.min() <= codes.max() < len(names):
                raise ValueError(f"{field}: codes must lie between 0 and {len(names) - 1}, one per name")
        if self.items and not self.labels:
            raise ValueError("labels: items are given but no label is known; give the label set")

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.item)

    @classmethod
    def from_columns(
        cls,
        items: Sequence[str],
        workers: Sequence[str],
        labels: Sequence[str],
        *,
        label_set: Sequence[str] | None = None,
        item_ids: Sequence[str] | None = None,
        repeats: Literal["last", "all"] = "last",
    ) -> Answers:
        """Code three columns of names; names are sorted, so the order of rows does not matter.

        Args:
            items: The item of each answer.
            workers: The worker of each answer.
            labels: The label of each answer.
            label_set: Every label there is, in the order wanted; by default the labels seen, sorted.
            item_ids: Every item there is, answered or not; by default the items seen.
            repeats: What several rows of one worker on one item mean. `last`: exact duplicates are dropped
                and of differing rows the last given counts (a worker who changed his mind). `all`: each row
                is a reading of its own (a worker who was asked several times on purpose).

        Raises:
            ValueError: The columns differ in length, or a row names a label or an item that is not listed.
        """
        if not len(items) == len(workers) == len(labels):
            sizes = f"{len(items)} items, {len(workers)} workers, {len(labels)} labels"
            raise ValueError(f"columns differ in length: {sizes}")
        if repeats not in {"last", "all"}:
            raise ValueError(f"repeats: {repeats!r} is unknown; give 'last' or 'all'")
        item_names = _names(items if item_ids is None else item_ids)
        worker_names = _names(workers)
        label_names = _names(labels) if label_set is None else _distinct(label_set)
        item = _encode(items, item_names, "item")
        worker = _encode(workers, worker_names, "worker")
        label = _encode(labels, label_names, "label")
        keep = _canonical(item, worker, label, len(worker_names), len(label_names), repeats)
        return cls(item[keep], worker[keep], label[keep], item_names, worker_names, label_names)

    @classmethod
    def from_codes(
        cls,
        item: Codes,
        worker: Codes,
        label: Codes,
        items: tuple[str, ...],
        workers: tuple[str, ...],
        labels: tuple[str, ...],
    ) -> Answers:
        """Take columns of codes as `from_columns` takes names: by item and worker, the last answer counts."""
        keep = _canonical(item, worker, label, len(workers), len(labels), "last")
        return cls(item[keep], worker[keep], label[keep], items, workers, labels)

    def codes_of(self, gold: Mapping[str, str] | None) -> Codes:
        """Return the known label of each item as a code, or -1; items that are not here are left out.

        Raises:
            ValueError: A gold label is not in the label set.
        """
        codes = np.full(len(self.items), UNKNOWN, dtype=np.int32)
        if not gold:
            return codes
        position = {name: code for code, name in enumerate(self.labels)}
        for code, name in enumerate(self.items):
            label = gold.get(name)
            if label is None:
                continue
            if label not in position:
                raise ValueError(f"gold: item {name!r} has label {label!r}, not among {_listed(self.labels)}")
            codes[code] = position[label]
        return codes


def _names(column: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(column)))


def _distinct(label_set: Sequence[str]) -> tuple[str, ...]:
    if len(set(label_set)) != len(label_set):
        raise ValueError(f"label_set: a label is listed twice in {_listed(label_set)}")
    return tuple(label_set)


def _encode(column: Sequence[str], names: tuple[str, ...], field: str) -> Codes:
    position = {name: code for code, name in enumerate(names)}
    try:
        return np.fromiter(map(position.__getitem__, column), dtype=np.int32, count=len(column))
    except KeyError:
        row = next(row for row, name in enumerate(column) if name not in position)
        raise ValueError(f"row {row + 1}: {field} {column[row]!r} is not among {_listed(names)}") from None


def _canonical(
    item: Codes, worker: Codes, label: Codes, workers: int, labels: int, repeats: str
) -> NDArray[np.int64]:
    """Return the rows to keep, by item and worker, so that sums over answers always run the same way."""
    claim = item.astype(np.int64) * max(workers, 1) + worker
    if repeats == "all":
        return np.argsort(claim * max(labels, 1) + label, kind="stable")
    order = np.argsort(claim, kind="stable")
    ordered = claim[order]
    return order[np.append(ordered[1:] != ordered[:-1], True)] if ordered.size else order


def _listed(names: Sequence[str], limit: int = 8) -> str:
    more = f", … ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(map(repr, names[:limit])) + more
